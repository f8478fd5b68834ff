"""Why one issue stands before another in the queue: term by term, and by age where the terms are equal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """What decides where an issue stands."""

    issue_id: UUID
    title: str
    score: int
    opened_at: datetime
    terms: Sequence[Mapping[str, Any]]
    """As the triage documents them."""


@dataclass(frozen=True, slots=True)
class TermDifference:
    name: str
    ahead: int
    """Points."""
    behind: int
    because: str


@dataclass(frozen=True, slots=True)
class QueueComparison:
    """Why `ahead` stands before `behind`."""

    ahead: QueuePlace
    behind: QueuePlace

    @property
    def differing_terms(self) -> list[TermDifference]:
        """The terms in which they differ, the one that decides most first."""
        theirs = {term["name"]: term for term in self.behind.terms}
        found = [
            TermDifference(
                term["name"], term["points"], theirs[term["name"]]["points"], _because(term, theirs[term["name"]])
            )
            for term in self.ahead.terms
            if term["points"] != theirs[term["name"]]["points"]
        ]
        return sorted(found, key=lambda one: one.behind / one.ahead)

    @property
    def because(self) -> str:
        if self.ahead.score == self.behind.score:
            return f"both score {self.ahead.score}, and it was opened earlier"
        return f"it scores {self.ahead.score} against {self.behind.score}"


def _because(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    return f"{mine['name']} {mine['value']} against {theirs['value']}: {mine['because']}; there, {theirs['because']}"
