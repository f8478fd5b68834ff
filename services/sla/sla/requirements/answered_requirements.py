"""Which objectives answer which requirements, which objectives answer none, and which requirements are open."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self
from uuid import UUID

from sla.agreements.objectives import Objective
from sla.agreements.terms import Terms
from sla.requirements.required_service_level import LevelComparison, RequiredServiceLevel, compare_to_objective


class Commitment(NamedTuple):
    """The promises of one version of an agreement."""

    agreement_id: UUID
    version: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class ObjectiveAnswer:
    """An objective that names a requirement."""

    agreement_id: UUID
    version: int
    objective: Objective
    requirement_id: UUID
    comparison: LevelComparison | None
    """Null when the customer has no such requirement."""


@dataclass(frozen=True, slots=True)
class RequirementCoverage:
    answers: tuple[ObjectiveAnswer, ...]
    objectives_without_requirement: tuple[tuple[Commitment, Objective], ...]
    unanswered_ids: frozenset[UUID]

    @property
    def met_ids(self) -> frozenset[UUID]:
        """The requirements that at least one objective meets in full."""
        return frozenset(
            answer.requirement_id for answer in self.answers if answer.comparison is not None and answer.comparison.met
        )

    def for_agreement(self, agreement_id: UUID, requirement_ids: Collection[UUID]) -> Self:
        """The coverage by one agreement, which only these requirements concern; what others answer is not open."""
        return replace(
            self,
            answers=tuple(answer for answer in self.answers if answer.agreement_id == agreement_id),
            objectives_without_requirement=tuple(
                (commitment, objective)
                for commitment, objective in self.objectives_without_requirement
                if commitment.agreement_id == agreement_id
            ),
            unanswered_ids=self.unanswered_ids.intersection(requirement_ids),
        )


def compute_coverage(
    service_levels: Mapping[UUID, RequiredServiceLevel], commitments: Collection[Commitment]
) -> RequirementCoverage:
    """Match requirements, by id, with the objectives of the commitments."""
    answers = tuple(_answers(service_levels, commitments))
    return RequirementCoverage(
        answers,
        tuple(
            (commitment, objective)
            for commitment in commitments
            for objective in commitment.terms.objectives
            if not objective.answers
        ),
        frozenset(service_levels) - {answer.requirement_id for answer in answers},
    )


def _answers(
    service_levels: Mapping[UUID, RequiredServiceLevel], commitments: Iterable[Commitment]
) -> Iterator[ObjectiveAnswer]:
    for agreement_id, version, terms in commitments:
        for objective in terms.objectives:
            for requirement_id in objective.answers:
                service_level = service_levels.get(requirement_id)
                comparison = None if service_level is None else compare_to_objective(service_level, objective, terms)
                yield ObjectiveAnswer(agreement_id, version, objective, requirement_id, comparison)
