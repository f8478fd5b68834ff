"""Incidents and the terms of their clocks, written short."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sla.clock_calculator.timeline import TimeClass
from sla.hours.spans import HOUR, MINUTE, Span, to_datetime, to_microseconds
from sla.incidents.clocks.clock_pauses import ClockContext, build_clock_timeline
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockEvaluation, evaluate_clock
from sla.incidents.history import IncidentEventKind, ReportedEvent, build_history

DAY = to_microseconds(datetime(2025, 6, 2, tzinfo=UTC))  # a Monday
OFFICE = {"timezone": "UTC", "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
INCIDENT_ID = UUID(int=1)
ALWAYS = {"timezone": "UTC", "hours": "24x7"}


def at(time: str) -> int:
    """09:30, or 33:30 for half past nine on the next day."""
    return DAY + int(time[:2]) * HOUR + int(time[3:]) * MINUTE


def reported(*lines: str) -> list[ReportedEvent]:
    """Build events from lines like `09:00 opened 2` or `10:00 paused vendor`."""
    events = []
    for number, line in enumerate(lines):
        time, kind, *more = line.split()
        word = more[0] if more else ""
        priority = int(word) if word.isdigit() else None
        events.append(
            ReportedEvent(at(time), IncidentEventKind(kind), str(number), 0, priority, "" if priority else word)
        )
    return events


def clock(
    within: int | None = 4 * HOUR,
    priorities: tuple[int, ...] = (1, 2),
    kind: str = "resolution_time",
    calendar: dict[str, Any] = ALWAYS,
    business_days: int | None = None,
    **policy: Any,
) -> ClockTerms:
    """Build the terms of a clock; with `business_days`, `within` is null."""
    objective = {"name": "Test", "kind": kind, "priorities": priorities, "target": Decimal(90)}
    objective |= {"within": within, "within_business_days": business_days}
    return ClockTerms.model_validate({"objective": objective, "calendar": calendar, "policy": policy})


def evaluate(terms: ClockTerms, now: str, *lines: str) -> ClockEvaluation:
    evaluation = evaluate_clock(ClockContext(build_history(reported(*lines)), terms), at(now))
    assert evaluation is not None
    return evaluation


def timeline_of(context: ClockContext, now: int) -> list[tuple[Span, TimeClass]]:
    evaluation = evaluate_clock(context, now)
    assert evaluation is not None
    end = now if evaluation.stopped_at is None else evaluation.stopped_at
    return build_clock_timeline(context, evaluation.interval.counted_from, end)


def verdict_of(evaluation: ClockEvaluation) -> tuple[str, str | None]:
    decided_at = evaluation.decided_at
    return evaluation.verdict.value, None if decided_at is None else f"{to_datetime(decided_at):%d %H:%M}"
