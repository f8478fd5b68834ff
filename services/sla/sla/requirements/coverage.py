"""Which objectives answer which requirements, which answer none, and what nobody answers."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self
from uuid import UUID

from sla.agreements.objectives import Objective
from sla.agreements.terms import Terms
from sla.requirements.levels import Match, Wanted, compare


class Commitment(NamedTuple):
    """One version of an agreement."""

    agreement_id: UUID
    version: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class Answer:
    """An objective that names a requirement."""

    agreement_id: UUID
    version: int
    objective: Objective
    requirement_id: UUID
    match: Match | None
    """Null when there is no such requirement of this customer."""


@dataclass(frozen=True, slots=True)
class Coverage:
    answers: tuple[Answer, ...]
    silent: tuple[tuple[Commitment, Objective], ...]
    """Objectives that answer no requirement."""
    unanswered: frozenset[UUID]

    @property
    def met(self) -> frozenset[UUID]:
        """Requirements that some objective gives in full."""
        return frozenset(one.requirement_id for one in self.answers if one.match is not None and one.match.met)

    def of(self, agreement_id: UUID, requirements: Collection[UUID]) -> Self:
        """As far as one agreement goes; what others answer is not open, if only these requirements matter to it."""
        return replace(
            self,
            answers=tuple(one for one in self.answers if one.agreement_id == agreement_id),
            silent=tuple(one for one in self.silent if one[0].agreement_id == agreement_id),
            unanswered=self.unanswered.intersection(requirements),
        )


def cover(wanted: Mapping[UUID, Wanted], commitments: Iterable[Commitment]) -> Coverage:
    kept = list(commitments)
    answers = tuple(answer for one in kept for answer in _answers(wanted, one))
    silent = tuple((one, objective) for one in kept for objective in one.terms.objectives if not objective.answers)
    return Coverage(answers, silent, frozenset(wanted) - {one.requirement_id for one in answers})


def _answers(wanted: Mapping[UUID, Wanted], commitment: Commitment) -> Iterator[Answer]:
    for objective in commitment.terms.objectives:
        for requirement_id in objective.answers:
            asked = wanted.get(requirement_id)
            match = None if asked is None else compare(asked, objective, commitment.terms)
            yield Answer(commitment.agreement_id, commitment.version, objective, requirement_id, match)
