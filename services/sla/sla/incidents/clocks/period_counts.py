"""How many incidents kept to an objective in a review period, with the rows it is counted from."""

# A clock counts once: in the period in which it was decided, by being stopped in time or by passing its deadline. So an
# open breach counts as late when it happens, and what is still running at the end of a period is listed, and left to
# the period in which it is decided.

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self
from uuid import UUID

import rfc8785

from sla.hours.spans import to_datetime
from sla.incidents.clocks.verdict import ClockEvaluation, ClockVerdict


class ClockStatus(StrEnum):
    """How a clock stands in a period."""

    IN_TIME = "in_time"
    LATE = "late"
    RUNNING = "running"
    """Not decided by the end of it."""


class AppliedWaiver(NamedTuple):
    waiver_id: UUID
    reason: str


class CountedClock(NamedTuple):
    """One clock. Instants in microseconds."""

    opened_at: int
    incident_id: UUID
    status: ClockStatus
    decided_at: int | None
    """When it was stopped in time, or breached; null while it runs."""
    waiver: AppliedWaiver | None = None
    """The customer does not hold the time in which it opened against the provider: it counts neither way."""


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    rows: tuple[CountedClock, ...]
    """Sorted; each incident once."""
    rows_without_exclusions: tuple[CountedClock, ...] | None = None
    """The rows there would be, had no clock stood still for what was excluded; null where none did."""

    @classmethod
    def from_rows(cls, rows: Iterable[CountedClock], otherwise: Iterable[CountedClock] | None = None) -> Self:
        return cls(tuple(sorted(rows)), None if otherwise is None else tuple(sorted(otherwise)))

    @property
    def waived_rows(self) -> tuple[CountedClock, ...]:
        return tuple(row for row in self.rows if row.waiver is not None)

    @property
    def without_waivers(self) -> Self:
        return type(self)(tuple(row._replace(waiver=None) for row in self.rows))

    @property
    def without_exclusions(self) -> Self:
        """None at all, waivers included."""
        return (
            self if self.rows_without_exclusions is None else type(self)(self.rows_without_exclusions)
        ).without_waivers

    @property
    def in_time(self) -> int:
        return self._count(ClockStatus.IN_TIME)

    @property
    def late(self) -> int:
        return self._count(ClockStatus.LATE)

    @property
    def running(self) -> int:
        return self._count(ClockStatus.RUNNING)

    @property
    def decided(self) -> int:
        """What the share is of: in time and late ones."""
        return self.in_time + self.late

    def digest(self) -> str:
        """SHA-256 of the canonical JSON (RFC 8785) of the rows, in hexadecimal."""
        rows: Any = [_written(row) for row in self.rows]
        if self.rows_without_exclusions is not None:
            rows = {"rows": rows, "otherwise": [_written(row) for row in self.rows_without_exclusions]}
        return hashlib.sha256(rfc8785.dumps(rows)).hexdigest()

    def _count(self, standing: ClockStatus) -> int:
        return sum(row.status is standing for row in self.rows if row.waiver is None)


def _written(row: CountedClock) -> dict[str, Any]:
    waiver = {} if row.waiver is None else {"waiver_id": str(row.waiver.waiver_id)}
    return waiver | {
        "incident_id": str(row.incident_id),
        "opened_at": to_datetime(row.opened_at).isoformat(),
        "standing": row.status.value,
        "decided_at": None if row.decided_at is None else to_datetime(row.decided_at).isoformat(),
    }


def build_counted_clock(
    incident_id: UUID, opened_at: int, judgement: ClockEvaluation, start: int, end: int
) -> CountedClock | None:
    """How a clock counts in a period; None when it does not."""
    decided, ended = judgement.decided_at, judgement.ended_at
    if decided is not None and start <= decided < end:
        standing = ClockStatus.LATE if judgement.verdict is ClockVerdict.LATE else ClockStatus.IN_TIME
        return CountedClock(opened_at, incident_id, standing, decided)
    if judgement.entered_at < end and (ended is None or ended >= end):
        return CountedClock(opened_at, incident_id, ClockStatus.RUNNING, None)
    return None
