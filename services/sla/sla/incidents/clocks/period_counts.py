"""Counts of the incidents that met an objective in a review period, with the clocks that were counted."""

# A clock counts once: in the period in which it was decided, by being stopped in time or by passing its deadline. So an
# open breach counts as late when it happens, and what is still running at the end of a period is listed, and left to
# the period in which it is decided.

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from uuid import UUID

from common.canonical_json import hash_canonical_json
from sla.exclusions.exclusion_rules import Exclusion
from sla.hours.spans import Span, to_datetime
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.verdict import ClockVerdict, evaluate_clock


class CountedClock(NamedTuple):
    """A clock that counts in a period; instants in microseconds."""

    opened_at: int
    incident_id: UUID
    status: ClockVerdict
    """In time, late, or running: not decided by the end of the period."""
    decided_at: int | None
    """When it was stopped in time, or breached; null while it runs."""
    waiting_since: int | None = None
    """When the message came that is to be answered; null for clocks of the incident as a whole."""
    waiver: Exclusion | None = None
    """A waiver in whose time the incident opened or the message came, so that it counts neither way."""

    @property
    def started_at(self) -> int:
        return self.opened_at if self.waiting_since is None else self.waiting_since


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    """The clocks that count in a period under one objective."""

    rows: tuple[CountedClock, ...]
    """Sorted; each incident once, or each of its turns."""
    rows_without_exclusions: tuple[CountedClock, ...] | None = None
    """The rows if no clock had stood still for exclusions; null where they are the same."""

    @classmethod
    def from_rows(
        cls, rows: Iterable[CountedClock], rows_without_exclusions: Iterable[CountedClock] | None = None
    ) -> Self:
        sorted_rows = tuple(sorted(rows))
        without = None if rows_without_exclusions is None else tuple(sorted(rows_without_exclusions))
        return cls(sorted_rows, None if without == sorted_rows else without)

    @property
    def without_waivers(self) -> Self:
        return type(self)(tuple(row._replace(waiver=None) for row in self.rows))

    @property
    def without_exclusions(self) -> Self:
        """Return the counts as if nothing had been excluded or waived."""
        counts = self if self.rows_without_exclusions is None else type(self)(self.rows_without_exclusions)
        return counts.without_waivers

    @property
    def in_time(self) -> int:
        return self._count(ClockVerdict.IN_TIME)

    @property
    def late(self) -> int:
        return self._count(ClockVerdict.LATE)

    @property
    def running(self) -> int:
        return self._count(ClockVerdict.RUNNING)

    @property
    def decided(self) -> int:
        """Return how many clocks the share is computed from: those in time and the late ones."""
        return self.in_time + self.late

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON (RFC 8785) of the rows, in hexadecimal."""
        rows: Any = [_to_json(row) for row in self.rows]
        if self.rows_without_exclusions is not None:
            rows = {"rows": rows, "otherwise": [_to_json(row) for row in self.rows_without_exclusions]}
        return hash_canonical_json(rows)

    def _count(self, status: ClockVerdict) -> int:
        return sum(row.status is status for row in self.rows if row.waiver is None)


def _to_json(row: CountedClock) -> dict[str, Any]:
    waiver = {} if row.waiver is None else {"waiver_id": str(row.waiver.id)}
    turn = {} if row.waiting_since is None else {"waiting_since": to_datetime(row.waiting_since).isoformat()}
    return (
        waiver
        | turn
        | {
            "incident_id": str(row.incident_id),
            "opened_at": to_datetime(row.opened_at).isoformat(),
            "standing": row.status.value,
            "decided_at": None if row.decided_at is None else to_datetime(row.decided_at).isoformat(),
        }
    )


def count_clock(incident_id: UUID, context: ClockContext, window: Span, now: int) -> CountedClock | None:
    """Evaluate a clock at `now`, and count it in the window; None when it does not count there."""
    evaluation, opened_at = evaluate_clock(context, now, foresee=False), context.history.opened_at
    if evaluation is None or opened_at is None:
        return None
    waiting_since = context.turn.start if context.turn else None
    decided_at, ended_at = evaluation.decided_at, evaluation.ended_at
    if decided_at is not None and window.start <= decided_at < window.end:
        return CountedClock(opened_at, incident_id, evaluation.verdict, decided_at, waiting_since)
    if evaluation.entered_at < window.end and (ended_at is None or ended_at >= window.end):
        return CountedClock(opened_at, incident_id, ClockVerdict.RUNNING, None, waiting_since)
    return None
