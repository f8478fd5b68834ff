"""Months later and earlier, of days and of last days, against slow arithmetic."""

from calendar import monthrange
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.dates import ONE_DAY, add_months, add_months_to_last_day

days = st.dates(date(1990, 1, 1), date(2150, 12, 31))
months_counts = st.integers(1, 120)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [("2024-01-31", 1, "2024-02-29"), ("2026-11-30", 3, "2027-02-28"), ("2026-03-15", -15, "2024-12-15")],
)
def test_months_later_is_the_same_day_or_the_last_one_of_a_shorter_month(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("last_day", "months", "expected"),
    [
        ("2026-11-30", 6, "2027-05-31"),
        ("2026-05-30", 6, "2026-11-30"),
        ("2024-02-28", 12, "2025-02-28"),
        ("2025-02-28", 36, "2028-02-29"),
        ("2026-12-30", -1, "2026-11-30"),
        ("2026-11-30", -1, "2026-10-31"),
        ("2026-12-31", -3, "2026-09-30"),
    ],
)
def test_what_ends_with_a_month_still_ends_with_a_month(last_day: str, months: int, expected: str) -> None:
    assert add_months_to_last_day(date.fromisoformat(last_day), months) == date.fromisoformat(expected)


@given(days, months_counts)
def test_a_time_of_months_ends_before_its_day_comes_again_or_with_a_shorter_month(first_day: date, months: int) -> None:
    last_day = add_months_to_last_day(first_day - ONE_DAY, months)
    year, month = divmod(first_day.year * 12 + first_day.month - 1 + months, 12)
    length = monthrange(year, month + 1)[1]
    has_the_day = first_day.day <= length
    expected = date(year, month + 1, first_day.day) - ONE_DAY if has_the_day else date(year, month + 1, length)
    assert last_day == expected


@given(days, months_counts)
def test_the_last_possible_day_leaves_the_whole_months_and_the_day_after_it_does_not(
    last_day: date, months: int
) -> None:
    latest = add_months_to_last_day(last_day, -months)
    assert add_months(latest, months) <= last_day < add_months(latest + ONE_DAY, months)
