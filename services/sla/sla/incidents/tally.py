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

from sla.hours.spans import moment
from sla.incidents.judgement import Judgement, Verdict


class Standing(StrEnum):
    """How a clock stands in a period."""

    IN_TIME = "in_time"
    LATE = "late"
    RUNNING = "running"
    """Not decided by the end of it."""


class Waived(NamedTuple):
    waiver_id: UUID
    reason: str


class Row(NamedTuple):
    """One clock. Instants in microseconds."""

    opened_at: int
    incident_id: UUID
    standing: Standing
    decided_at: int | None
    """When it was stopped in time, or breached; null while it runs."""
    waived: Waived | None = None
    """The customer does not hold the time in which it opened against the provider: it counts neither way."""


@dataclass(frozen=True, slots=True)
class IncidentTally:
    rows: tuple[Row, ...]
    """Sorted; each incident once."""
    otherwise: tuple[Row, ...] | None = None
    """The rows there would be, had no clock stood still for what was excluded; null where none did."""

    @classmethod
    def of(cls, rows: Iterable[Row], otherwise: Iterable[Row] | None = None) -> Self:
        return cls(tuple(sorted(rows)), None if otherwise is None else tuple(sorted(otherwise)))

    @property
    def waived(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.waived is not None)

    @property
    def unwaived(self) -> Self:
        return type(self)(tuple(row._replace(waived=None) for row in self.rows))

    @property
    def unexcluded(self) -> Self:
        """None at all, waivers included."""
        return (self if self.otherwise is None else type(self)(self.otherwise)).unwaived

    @property
    def in_time(self) -> int:
        return self._count(Standing.IN_TIME)

    @property
    def late(self) -> int:
        return self._count(Standing.LATE)

    @property
    def running(self) -> int:
        return self._count(Standing.RUNNING)

    @property
    def decided(self) -> int:
        """What the share is of: in time and late ones."""
        return self.in_time + self.late

    def digest(self) -> str:
        """SHA-256 of the canonical JSON (RFC 8785) of the rows, in hexadecimal."""
        rows: Any = [_written(row) for row in self.rows]
        if self.otherwise is not None:
            rows = {"rows": rows, "otherwise": [_written(row) for row in self.otherwise]}
        return hashlib.sha256(rfc8785.dumps(rows)).hexdigest()

    def _count(self, standing: Standing) -> int:
        return sum(row.standing is standing for row in self.rows if row.waived is None)


def _written(row: Row) -> dict[str, Any]:
    waiver = {} if row.waived is None else {"waiver_id": str(row.waived.waiver_id)}
    return waiver | {
        "incident_id": str(row.incident_id),
        "opened_at": moment(row.opened_at).isoformat(),
        "standing": row.standing.value,
        "decided_at": None if row.decided_at is None else moment(row.decided_at).isoformat(),
    }


def row_of(incident_id: UUID, opened_at: int, judgement: Judgement, start: int, end: int) -> Row | None:
    """How a clock counts in a period; None when it does not."""
    decided, ended = judgement.decided_at, judgement.ended_at
    if decided is not None and start <= decided < end:
        standing = Standing.LATE if judgement.verdict is Verdict.LATE else Standing.IN_TIME
        return Row(opened_at, incident_id, standing, decided)
    if judgement.entered_at < end and (ended is None or ended >= end):
        return Row(opened_at, incident_id, Standing.RUNNING, None)
    return None
