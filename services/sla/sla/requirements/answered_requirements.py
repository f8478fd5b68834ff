"""Which objectives answer which requirements, which objectives answer none, and which requirements are open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sla.agreements.objectives import Objective
from sla.agreements.terms import Terms
from sla.requirements.level_comparison import LevelComparison, compare_to_objective
from sla.requirements.required_service_level import RequiredServiceLevel


@dataclass(frozen=True, slots=True)
class CommittedObjective:
    """An objective that one version of an agreement promises."""

    agreement_id: UUID
    version: int
    terms: Terms
    objective: Objective

    @property
    def objective_id(self) -> UUID:
        return self.objective.id

    @property
    def objective_name(self) -> str:
        return self.objective.name


@dataclass(frozen=True, slots=True)
class ObjectiveAnswer(CommittedObjective):
    """An objective with a requirement that it names."""

    requirement_id: UUID
    requirement_exists: bool
    """Whether it is one of the customer's."""
    met: bool | None
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequirementCoverage:
    answers: list[ObjectiveAnswer]
    without_requirement: list[CommittedObjective]
    unanswered_ids: list[UUID]

    @property
    def not_met(self) -> list[UUID]:
        """The requirements that are answered, but that no objective meets in full."""
        answered_ids = {answer.requirement_id for answer in self.answers if answer.requirement_exists}
        return sorted(answered_ids - {answer.requirement_id for answer in self.answers if answer.met})

    def answers_to(self, requirement_id: UUID) -> list[ObjectiveAnswer]:
        return [answer for answer in self.answers if answer.requirement_id == requirement_id]


def list_committed_objectives(agreement_id: UUID, version: int, terms: Terms) -> list[CommittedObjective]:
    return [CommittedObjective(agreement_id, version, terms, objective) for objective in terms.objectives]


def compute_coverage(
    service_levels: Mapping[UUID, RequiredServiceLevel], commitments: Iterable[CommittedObjective]
) -> RequirementCoverage:
    """Match requirements, by id, with the objectives that are promised."""
    answers, without_requirement = [], []
    for committed in commitments:
        terms, objective = committed.terms, committed.objective
        for requirement_id in objective.answers:
            level = service_levels.get(requirement_id)
            comparison = compare_to_objective(level, objective, terms) if level else LevelComparison(None, ())
            answer_key = committed.agreement_id, committed.version, terms, objective, requirement_id
            answers.append(ObjectiveAnswer(*answer_key, level is not None, *comparison))
        if not objective.answers:
            without_requirement.append(committed)
    unanswered_ids = service_levels.keys() - {answer.requirement_id for answer in answers}
    return RequirementCoverage(answers, without_requirement, sorted(unanswered_ids))
