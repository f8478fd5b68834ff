"""The closures of closure calendars: each edition is in effect from the day after its approval until the next."""

# - What is over stays as it was: an edition says nothing about days before it was approved, and once it was, those
#   days are the editions' that were in effect on them.
# - A promise keeps the editions that were approved when it began to run (`editions_known_to`): a later one changes it
#   neither way. Each minute of a review period is a promise of its own, which begins on its day; the clock of an
#   incident is one promise as long as it runs.

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field

from common.canonical_json import hash_canonical_json
from common.views import read_stored
from sla.hours.calendar import CalendarClosure


@dataclass(frozen=True, slots=True, order=True)
class EditionClosure:
    """A closure in local time to the minute, such as 2026-12-24T12:00."""

    from_: Annotated[str, Field(alias="from", examples=["2026-12-24T12:00"])]
    to: str
    """Exclusive."""
    name: str

    def to_calendar_closure(self) -> CalendarClosure:
        return read_stored(CalendarClosure, {"from": self.from_, "to": self.to, "name": self.name})


class ApprovedEdition(NamedTuple):
    """An approved edition of a closure calendar."""

    number: int
    sha256: str
    approved_at: datetime
    first_day: date
    closures: Sequence[EditionClosure]


Editions = Mapping[UUID, Sequence[ApprovedEdition]]
"""The approved editions of closure calendars, by calendar, in the order of their approval."""


def editions_known_to(editions: Sequence[ApprovedEdition], begun_at: datetime) -> list[ApprovedEdition]:
    """Return the editions that bind a promise which began to run at an instant: those approved by then."""
    return [edition for edition in editions if edition.approved_at <= begun_at]


def editions_in_effect(editions: Sequence[ApprovedEdition]) -> Iterator[tuple[ApprovedEdition, date]]:
    """Yield each edition of one calendar that is ever in effect, and the first day of the next one.

    `editions` are in the order of their approval.
    """
    next_first_days = [edition.first_day for edition in editions[1:]]
    for edition, until in zip(editions, [*next_first_days, date.max], strict=False):
        if edition.first_day < until:
            yield edition, until


def closures_in_effect(editions: Sequence[ApprovedEdition]) -> list[EditionClosure]:
    """Return what one calendar closes by its approved editions."""
    return [
        closure
        for edition, until in editions_in_effect(editions)
        for closure in clip_closures(edition.closures, edition.first_day, until)
    ]


def clip_closures(closures: Sequence[EditionClosure], first_day: date, until: date) -> list[EditionClosure]:
    """Return the parts that lie on days from `first_day` up to `until`, exclusive."""
    start, end = f"{first_day}T00:00", f"{until}T00:00"
    clipped = [EditionClosure(max(closure.from_, start), min(closure.to, end), closure.name) for closure in closures]
    return [closure for closure in clipped if closure.from_ < closure.to]


def closures_sha256(closures: Sequence[EditionClosure]) -> str:
    """Return the SHA-256 of the closures in canonical JSON, in hexadecimal."""
    return hash_canonical_json([list(astuple(closure)) for closure in closures])
