"""What shared calendars close, day by day: each edition from the day after its approval on, until the next one."""

# So what is over stays as it was: an edition says nothing about days before it was approved, and once it was, those
# days are the editions' that were in effect on them.

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple, Protocol
from uuid import UUID

import rfc8785

from sla.hours.calendar import CalendarClosure


class EditionClosure(NamedTuple):
    """Local time, to the minute: 2026-12-24T12:00, `to` exclusive."""

    from_: str
    to: str
    name: str

    def to_calendar_closure(self) -> CalendarClosure:
        return CalendarClosure(from_=self.from_, to=self.to, name=self.name)


class ApprovedEdition(Protocol):
    """An approved one, as it is read here."""

    @property
    def calendar_id(self) -> UUID: ...
    @property
    def number(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def first_day(self) -> date | None: ...
    @property
    def parsed_closures(self) -> list[EditionClosure]: ...


class EditionInEffect(NamedTuple):
    """The days of one edition, from the first up to the first of the next one."""

    edition: ApprovedEdition
    first_day: date
    until: date


def editions_in_effect(editions: Sequence[ApprovedEdition]) -> Iterator[EditionInEffect]:
    """Of the approved editions of one calendar, in the order of their approval; those replaced on their day are out."""
    firsts = [(one, one.first_day) for one in editions if one.first_day is not None]
    for (edition, first), (_, following) in pairwise([*firsts, (None, date.max)]):
        if edition is not None and first < following:
            yield EditionInEffect(edition, first, following)


def closures_in_effect(editions: Sequence[ApprovedEdition]) -> list[EditionClosure]:
    """What one calendar closes by its approved editions."""
    return [
        piece
        for one in editions_in_effect(editions)
        for piece in clip_closures(one.edition.parsed_closures, one.first_day, one.until)
    ]


def clip_closures(closed: Sequence[EditionClosure], first_day: date, until: date) -> list[EditionClosure]:
    """The parts from the first day on, up to the day `until`."""
    start, end = f"{first_day}T00:00", f"{until}T00:00"
    pieces = [EditionClosure(max(one.from_, start), min(one.to, end), one.name) for one in closed]
    return [piece for piece in pieces if piece.from_ < piece.to]


def closures_sha256(closed: Sequence[EditionClosure]) -> str:
    """SHA-256 of their canonical JSON (RFC 8785), in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps([list(one) for one in closed])).hexdigest()
