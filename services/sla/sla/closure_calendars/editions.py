"""The closures of closure calendars: each edition is in effect from the day after its approval until the next."""

# So what is over stays as it was: an edition says nothing about days before it was approved, and once it was, those
# days are the editions' that were in effect on them.

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, NamedTuple, Protocol

from pydantic import Field

from common.canonical_json import hash_canonical_json
from sla.hours.calendar import CalendarClosure


@dataclass(frozen=True, slots=True, order=True)
class EditionClosure:
    """A closure in local time to the minute, such as 2026-12-24T12:00."""

    from_: Annotated[str, Field(alias="from", examples=["2026-12-24T12:00"])]
    to: str
    """Exclusive."""
    name: str

    def to_calendar_closure(self) -> CalendarClosure:
        return CalendarClosure(from_=self.from_, to=self.to, name=self.name)


class ApprovedEdition(Protocol):
    """An approved edition of a closure calendar."""

    @property
    def number(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def first_day(self) -> date | None: ...
    @property
    def parsed_closures(self) -> list[EditionClosure]: ...


class EditionInEffect(NamedTuple):
    """An edition with the days on which it is in effect; `until` is the first day of the next one."""

    edition: ApprovedEdition
    first_day: date
    until: date


def editions_in_effect(editions: Sequence[ApprovedEdition]) -> Iterator[EditionInEffect]:
    """Yield the days of each approved edition of one calendar; `editions` are in the order of their approval."""
    first_days = [(edition, edition.first_day) for edition in editions if edition.first_day is not None]
    for (edition, first_day), (_, next_first_day) in pairwise([*first_days, (None, date.max)]):
        if edition is not None and first_day < next_first_day:
            yield EditionInEffect(edition, first_day, next_first_day)


def closures_in_effect(editions: Sequence[ApprovedEdition]) -> list[EditionClosure]:
    """Return what one calendar closes by its approved editions."""
    return [
        closure
        for effect in editions_in_effect(editions)
        for closure in clip_closures(effect.edition.parsed_closures, effect.first_day, effect.until)
    ]


def clip_closures(closures: Sequence[EditionClosure], first_day: date, until: date) -> list[EditionClosure]:
    """Return the parts that lie on days from `first_day` up to `until`, exclusive."""
    start, end = f"{first_day}T00:00", f"{until}T00:00"
    clipped = [EditionClosure(max(closure.from_, start), min(closure.to, end), closure.name) for closure in closures]
    return [closure for closure in clipped if closure.from_ < closure.to]


def closures_sha256(closures: Sequence[EditionClosure]) -> str:
    """Return the SHA-256 of the closures in canonical JSON, in hexadecimal."""
    return hash_canonical_json([list(astuple(closure)) for closure in closures])
