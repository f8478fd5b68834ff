"""What is registered: whole periods of the baseline, with room on either side of the placebo date."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sla.improvements.effect.granularity import Granularity
from sla.improvements.effect.regression import MIN_POINTS_BEFORE, MIN_POINTS_BESIDE_PLACEBO
from sla.improvements.registration import MAX_BASELINE_DAYS, Registration


def registration(**changes: Any) -> Registration:
    usual = {
        "measure": {"kind": "incidents"},
        "control": {"kind": "incidents", "priorities": [4, 5]},
        "direction": "decrease",
        "smallest_effect": "1.5",
        "granularity": "month",
        "baseline_from": "2025-01-01",
        "baseline_until": "2025-12-31",
        "placebo_on": "2025-07-01",
        "periods_after": 3,
    }
    return Registration.model_validate(usual | changes)


@pytest.mark.parametrize(
    ("first_day", "last_day", "months"),
    [
        ("2025-01-01", "2025-12-31", (1, 12)),
        ("2025-01-02", "2025-12-31", (2, 12)),
        ("2025-01-01", "2025-12-30", (1, 11)),
        ("2024-12-31", "2026-01-01", (1, 12)),
    ],
)
def test_only_whole_months_count(first_day: str, last_day: str, months: tuple[int, int]) -> None:
    parsed = registration(baseline_from=first_day, baseline_until=last_day)
    days = [
        Granularity.MONTH.first_day(number) for number in (parsed.first_baseline_period, parsed.last_baseline_period)
    ]
    assert days == [date(2025, month, 1) for month in months]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"baseline_until": "2025-06-29", "placebo_on": "2025-04-01"}, "at least 6 whole periods"),
        ({"placebo_on": "2025-03-31"}, "3 whole periods of the baseline on either side"),
        ({"placebo_on": "2025-11-01"}, "3 whole periods of the baseline on either side"),
        ({"baseline_from": "2020-12-26"}, "at most 1830 days"),
        ({"control": {"kind": "incidents"}}, "another series"),
    ],
)
def test_what_could_not_tell_anything_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        registration(**changes)


@pytest.mark.parametrize("day", ["2025-04-01", "2025-10-31"])
def test_a_placebo_date_with_three_months_beside_it_will_do(day: str) -> None:
    assert registration(placebo_on=day).placebo_on == date.fromisoformat(day)


@given(
    granularity=st.sampled_from(Granularity),
    start=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    length=st.integers(1, MAX_BASELINE_DAYS + 10),
    place=st.floats(0, 1),
)
def test_what_is_taken_has_the_points_a_fit_needs(
    granularity: Granularity, start: date, length: int, place: float
) -> None:
    until, placebo = start + timedelta(days=length - 1), start + timedelta(days=int(place * (length - 1)))
    try:
        parsed = registration(granularity=granularity, baseline_from=start, baseline_until=until, placebo_on=placebo)
    except ValidationError:
        return
    assert start <= granularity.first_day(parsed.first_baseline_period)
    assert granularity.first_day(parsed.last_baseline_period + 1) <= until + timedelta(days=1)
    assert parsed.last_baseline_period - parsed.first_baseline_period + 1 >= MIN_POINTS_BEFORE
    number = granularity.period_of(placebo)
    assert number - parsed.first_baseline_period >= MIN_POINTS_BESIDE_PLACEBO
    assert parsed.last_baseline_period + 1 - number >= MIN_POINTS_BESIDE_PLACEBO


def test_what_is_registered_comes_back_as_it_was() -> None:
    parsed = registration(excluded=[{"first_day": "2025-02-01", "last_day": "2025-02-03", "reason": "moved house"}])
    assert Registration.model_validate(parsed.model_dump(mode="json")) == parsed
