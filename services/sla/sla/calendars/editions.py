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

from sla.hours.calendar import ClosureText


class Closed(NamedTuple):
    """Local time, to the minute: 2026-12-24T12:00, `to` exclusive."""

    from_: str
    to: str
    name: str

    def text(self) -> ClosureText:
        return ClosureText(from_=self.from_, to=self.to, name=self.name)


class Edition(Protocol):
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
    def closed(self) -> list[Closed]: ...


class InEffect(NamedTuple):
    """The days of one edition, from the first up to the first of the next one."""

    edition: Edition
    first_day: date
    until: date


def in_effect(editions: Sequence[Edition]) -> Iterator[InEffect]:
    """Of the approved editions of one calendar, in the order of their approval; those replaced on their day are out."""
    firsts = [(one, one.first_day) for one in editions if one.first_day is not None]
    for (edition, first), (_, following) in pairwise([*firsts, (None, date.max)]):
        if edition is not None and first < following:
            yield InEffect(edition, first, following)


def closed_by(editions: Sequence[Edition]) -> list[Closed]:
    """What one calendar closes by its approved editions."""
    return [piece for one in in_effect(editions) for piece in clipped(one.edition.closed, one.first_day, one.until)]


def clipped(closed: Sequence[Closed], first_day: date, until: date) -> list[Closed]:
    """The parts from the first day on, up to the day `until`."""
    start, end = f"{first_day}T00:00", f"{until}T00:00"
    pieces = [Closed(max(one.from_, start), min(one.to, end), one.name) for one in closed]
    return [piece for piece in pieces if piece.from_ < piece.to]


def digest(closed: Sequence[Closed]) -> str:
    """SHA-256 of their canonical JSON (RFC 8785), in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps([list(one) for one in closed])).hexdigest()
