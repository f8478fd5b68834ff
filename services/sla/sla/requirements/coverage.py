"""Which objectives answer which requirements, which answer none, and what nobody answers."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self
from uuid import UUID

from sla.agreements.objectives import Objective
from sla.agreements.terms import Terms
from sla.requirements.service_levels import LevelComparison, RequiredServiceLevel, compare_to_objective


class Commitment(NamedTuple):
    """One version of an agreement."""

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
    """Null when there is no such requirement of this customer."""


@dataclass(frozen=True, slots=True)
class RequirementCoverage:
    answers: tuple[ObjectiveAnswer, ...]
    objectives_without_requirement: tuple[tuple[Commitment, Objective], ...]
    """Objectives that answer no requirement."""
    unanswered_ids: frozenset[UUID]

    @property
    def met_ids(self) -> frozenset[UUID]:
        """Requirements that some objective gives in full."""
        return frozenset(
            one.requirement_id for one in self.answers if one.comparison is not None and one.comparison.met
        )

    def for_agreement(self, agreement_id: UUID, requirements: Collection[UUID]) -> Self:
        """As far as one agreement goes; what others answer is not open, if only these requirements matter to it."""
        return replace(
            self,
            answers=tuple(one for one in self.answers if one.agreement_id == agreement_id),
            objectives_without_requirement=tuple(
                one for one in self.objectives_without_requirement if one[0].agreement_id == agreement_id
            ),
            unanswered_ids=self.unanswered_ids.intersection(requirements),
        )


def compute_coverage(
    wanted: Mapping[UUID, RequiredServiceLevel], commitments: Iterable[Commitment]
) -> RequirementCoverage:
    kept = list(commitments)
    answers = tuple(answer for one in kept for answer in _answers(wanted, one))
    silent = tuple((one, objective) for one in kept for objective in one.terms.objectives if not objective.answers)
    return RequirementCoverage(answers, silent, frozenset(wanted) - {one.requirement_id for one in answers})


def _answers(wanted: Mapping[UUID, RequiredServiceLevel], commitment: Commitment) -> Iterator[ObjectiveAnswer]:
    for objective in commitment.terms.objectives:
        for requirement_id in objective.answers:
            asked = wanted.get(requirement_id)
            match = None if asked is None else compare_to_objective(asked, objective, commitment.terms)
            yield ObjectiveAnswer(commitment.agreement_id, commitment.version, objective, requirement_id, match)
