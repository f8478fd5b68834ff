"""Targets in business days: local days with service hours, after the day of the start."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sla.clock_calculator.actions import answer_clock_query
from sla.clock_calculator.errors import TargetOutOfReach
from sla.clock_calculator.views import ClockQuery, ClockReadingView

OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDAR = {"timezone": "UTC", "hours": OFFICE, "closures": [{"from": "2026-06-10"}]}
NOW = datetime(2026, 6, 30, tzinfo=UTC)


def at(day: int, time: str) -> str:
    """An instant in June 2026, of which the 1st is a Monday and the 10th is closed."""
    return f"2026-06-{day:02}T{time}:00Z"


def read(start: str, days: int, *pauses: tuple[str, str | None], **more: Any) -> ClockReadingView:
    query: dict[str, Any] = {"calendar": CALENDAR, "target_business_days": days, "started_at": start}
    query["pauses"] = [{"from": first, "to": last} for first, last in pauses]
    return answer_clock_query(ClockQuery.model_validate(query | more), NOW)


@pytest.mark.parametrize(
    ("start", "days", "due_at"),
    [
        (at(1, "09:00"), 1, at(2, "17:00")),
        (at(1, "16:59"), 1, at(2, "17:00")),
        (at(5, "10:00"), 1, at(8, "17:00")),  # over the weekend
        (at(6, "10:00"), 1, at(8, "17:00")),  # on a Saturday
        (at(9, "10:00"), 1, at(11, "17:00")),  # over the closed 10th
        (at(1, "09:00"), 10, at(16, "17:00")),
    ],
)
def test_a_target_is_over_with_the_service_hours_of_its_last_business_day(start: str, days: int, due_at: str) -> None:
    reading = read(start, days)
    assert reading.due_at == datetime.fromisoformat(due_at)
    assert reading.breached


def test_a_day_of_a_duration_is_24_hours_of_service_time() -> None:
    three_shifts = read(at(1, "09:00"), 1, target_business_days=None, target="P1D")
    assert three_shifts.due_at == datetime.fromisoformat(at(3, "17:00"))


@pytest.mark.parametrize(
    ("pause", "due_at"),
    [
        ((at(2, "12:00"), at(2, "13:00")), at(2, "17:00")),
        ((at(2, "12:00"), at(2, "18:00")), at(3, "17:00")),
        ((at(2, "12:00"), at(4, "10:00")), at(4, "17:00")),
        ((at(2, "12:00"), None), None),
        ((at(2, "17:00"), None), at(2, "17:00")),
    ],
)
def test_a_day_at_whose_end_the_clock_stands_still_does_not_count(
    pause: tuple[str, str | None], due_at: str | None
) -> None:
    assert read(at(1, "09:00"), 1, pause).due_at == (due_at and datetime.fromisoformat(due_at))


def test_the_reading_says_how_many_days_are_left() -> None:
    assert [read(at(1, "09:00"), 3, as_of=at(day, "18:00")).business_days_left for day in (1, 2, 3, 4, 5)] == [
        3,
        2,
        1,
        0,
        0,
    ]
    in_time = read(at(1, "09:00"), 3, stopped_at=at(4, "17:00"))
    assert (in_time.breached, in_time.remaining, in_time.business_days_left) == (False, None, 0)


def test_a_calendar_without_enough_business_days_is_refused_by_name() -> None:
    sparse = CALENDAR | {"closures": [{"from": "2026-06-01", "to": "2190-12-31"}]}
    with pytest.raises(TargetOutOfReach) as refused:
        read(at(1, "09:00"), 1, calendar=sparse)
    assert refused.value.field == "target_business_days"


def test_the_day_is_local_also_when_clocks_change() -> None:
    always = {"timezone": "Europe/Paris", "hours": "24x7"}
    reading = read("2026-03-27T23:30:00Z", 1, calendar=always)  # 00:30 on Saturday the 28th in Paris
    assert reading.due_at == datetime(2026, 3, 29, 22, tzinfo=UTC)
