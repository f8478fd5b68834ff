"""Positions in the outbox: the highest number of an event seen, and the gaps below it, which may still be committed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

MAX_GAPS = 40
"""The gaps that a position may have; a reader with so many waits until one is filled or given up."""
TAG_LENGTH = 12
_NUMBER = r"\d{1,18}"
_POSITION = re.compile(
    rf"({_NUMBER})(?:-([0-9a-f]{{{TAG_LENGTH}}}))?((?:_{_NUMBER}(?:-{_NUMBER})?){{0,{2 * MAX_GAPS}}})", re.ASCII
)


class Gap(NamedTuple):
    """Numbers, from the first to the last, that nothing was seen of yet."""

    first: int
    last: int
    next_transaction: int = 0
    """All transactions that can have drawn the numbers are older than this one."""


@dataclass(frozen=True, slots=True)
class Position:
    number: int = 0
    """The highest number seen; 0 before the first event."""
    tag: str = ""
    """The end of the id of the event with this number: another database has another event there, or none."""
    gaps: tuple[Gap, ...] = ()
    """In ascending order."""

    def __str__(self) -> str:
        gaps = "".join(f"_{gap.first}" if gap.first == gap.last else f"_{gap.first}-{gap.last}" for gap in self.gaps)
        return f"{self.number}-{self.tag}{gaps}" if self.tag else f"{self.number}{gaps}"

    @property
    def is_full(self) -> bool:
        return len(self.gaps) >= MAX_GAPS

    def is_in_gap(self, number: int) -> bool:
        return any(gap.first <= number <= gap.last for gap in self.gaps)

    def advance(self, number: int, tag: str, next_transaction: int) -> "Position":
        """Return the position after the event of this number, which was not seen before.

        Numbers that it leaves out belong to transactions before `next_transaction`, the next one at the time.
        """
        if number <= self.number:
            return replace(self, gaps=tuple(_fill(self.gaps, number)))
        if number == self.number + 1:
            return Position(number, tag, self.gaps)
        return Position(number, tag, (*self.gaps, Gap(self.number + 1, number - 1, next_transaction)))

    def settle(self, oldest_transaction: int, up_to: int | None = None) -> "Position":
        """Give up gaps whose transactions are all over, as no transaction before `oldest_transaction` is under way.

        `up_to` is the last number for which it is sure that all committed events were seen; None means all.
        """
        if not self.gaps:
            return self
        return replace(
            self,
            gaps=tuple(
                gap
                for gap in self.gaps
                if gap.next_transaction > oldest_transaction or (up_to is not None and gap.last > up_to)
            ),
        )

    def skip_to(self, number: int, tag: str = "") -> "Position":
        """Return the position after this number, as if all events before it were seen."""
        ahead = tuple(Gap(max(gap.first, number + 1), gap.last) for gap in self.gaps if gap.last > number)
        return replace(self, gaps=ahead) if number <= self.number else Position(number, tag, ahead)

    def step_towards(self, goal: "Position", number: int, tag: str) -> "Position":
        """Return the position after the event of this number, on the way to a later one in ascending order.

        Open are then the own gaps above this number, and those of `goal` below it.
        """
        ahead = self.skip_to(number, tag)
        below = tuple(gap for gap in goal.gaps if gap.first < number)
        return replace(ahead, gaps=below + ahead.gaps)


def parse_position(text: str) -> Position | None:
    """Read a position as it was written, or None if this is none."""
    match = _POSITION.fullmatch(text)
    if match is None:
        return None
    pairs = (part.partition("-") for part in match[3].split("_")[1:])
    gaps = tuple(Gap(int(first), int(last or first)) for first, _, last in pairs)
    edges = [0, *(number for gap in gaps for number in gap[:2]), int(match[1])]
    is_ascending = all(edges[place] <= edges[place + 1] for place in range(len(edges) - 1))
    return Position(int(match[1]), match[2] or "", gaps) if is_ascending else None


def _fill(gaps: Iterable[Gap], number: int) -> Iterable[Gap]:
    for gap in gaps:
        if not gap.first <= number <= gap.last:
            yield gap
            continue
        if gap.first < number:
            yield gap._replace(last=number - 1)
        if number < gap.last:
            yield gap._replace(first=number + 1)
