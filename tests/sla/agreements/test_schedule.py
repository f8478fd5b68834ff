"""Which version binds on a day, and how review periods are cut: every day belongs to one period and one version."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.dates import add_months
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.objectives import CalendarUnit
from sla.agreements.review_periods import calendar_period_of, parse_period_key
from sla.agreements.schedule import Binding, LastDayChange, Schedule, build_schedule
from sla.agreements.terms import Terms

Drawn = Callable[..., Terms]
A_DAY = timedelta(days=1)
PARIS = {"timezone": "Europe/Paris", "hours": "24x7"}


def binding(version: int, terms: Terms) -> Binding:
    return Binding(version, terms, f"sha of {version}", terms.starts_on, terms.ends_on)


def days(schedule: Schedule) -> list[tuple[int, date, date | None]]:
    return [(binding.version, binding.first_day, binding.last_day) for binding in schedule.bindings]


@pytest.fixture
def amended(terms: Drawn) -> Schedule:
    """From 15 January 2026, replaced from 16 March on, to the end of May."""
    first = binding(1, terms(service_hours=PARIS))
    return build_schedule([first, binding(2, terms(service_hours=PARIS, starts_on="2026-03-16", ends_on="2026-05-31"))])


def test_a_period_is_cut_where_a_version_comes_into_force(amended: Schedule) -> None:
    bound_periods = list(amended.periods_until(datetime(2027, 1, 1, tzinfo=UTC)))
    assert [(binding.version, period.key, period.first_day) for binding, period in bound_periods] == [
        (1, "2026-01", date(2026, 1, 15)),
        (1, "2026-02", date(2026, 2, 1)),
        (1, "2026-03", date(2026, 3, 1)),
        (2, "2026-03-16", date(2026, 3, 16)),
        (2, "2026-04", date(2026, 4, 1)),
        (2, "2026-05", date(2026, 5, 1)),
    ]
    assert [period.end for _, period in bound_periods[:-1]] == [period.start for _, period in bound_periods[1:]]
    assert bound_periods[2][1].end == datetime(2026, 3, 15, 23, tzinfo=UTC)
    assert bound_periods[-1][1].end == datetime(2026, 5, 31, 22, tzinfo=UTC)


def test_a_period_is_found_by_day_by_end_and_by_name(amended: Schedule) -> None:
    for bound_period in amended.periods_until(datetime(2027, 1, 1, tzinfo=UTC)):
        period = bound_period[1]
        assert amended.period_by_key(period.key) == bound_period
        assert amended.period_ending_at(period.end) == bound_period
        assert amended.period_on(amended.local_day(period.end - A_DAY)) == bound_period
    assert amended.period_on(date(2026, 1, 14)) is None
    assert amended.period_on(date(2026, 6, 1)) is None


@pytest.mark.parametrize("key", ["2025-12", "2026-06", "2026-01-15", "2026-03-17", "2026-Q1", "2026"])
def test_a_name_that_no_period_has_finds_none(amended: Schedule, key: str) -> None:
    assert amended.period_by_key(key) is None


@pytest.mark.parametrize(
    "key", ["", "2026-13", "2026-Q5", "2026-00", "2026-02-30", "26-01", "2026-1", "2026-01-1x", "0000", "9999"]
)
def test_what_is_no_name_is_refused(amended: Schedule, key: str) -> None:
    with pytest.raises(ValueError, match="is not the key of a review period"):
        amended.period_by_key(key)


def test_a_later_version_from_an_earlier_day_replaces_what_was_to_come(terms: Drawn) -> None:
    versions = [terms(), terms(starts_on="2026-06-01"), terms(starts_on="2026-04-01")]
    schedule = build_schedule([binding(number, version) for number, version in enumerate(versions, 1)])
    assert days(schedule) == [(1, date(2026, 1, 15), date(2026, 3, 31)), (3, date(2026, 4, 1), None)]


def test_a_renewal_moves_the_last_day_and_a_termination_cuts_it(terms: Drawn) -> None:
    version = binding(1, terms(ends_on="2026-06-30"))
    renewed = LastDayChange(1, date(2027, 6, 30), extends=True)
    assert build_schedule([version], [renewed]).last_day == date(2027, 6, 30)
    termination = LastDayChange(1, date(2026, 9, 15), extends=False)
    assert build_schedule([version], [renewed, termination]).last_day == date(2026, 9, 15)


def test_an_amendment_signed_after_a_renewal_says_the_last_day_itself(terms: Drawn) -> None:
    versions = [
        binding(1, terms(ends_on="2026-06-30")),
        binding(2, terms(starts_on="2026-08-01", ends_on="2026-12-31")),
    ]
    schedule = build_schedule(versions, [LastDayChange(1, date(2027, 6, 30), extends=True)])
    assert days(schedule) == [
        (1, date(2026, 1, 15), date(2026, 7, 31)),
        (2, date(2026, 8, 1), date(2026, 12, 31)),
    ]


def test_a_termination_before_an_amendment_comes_into_force_leaves_nothing_of_it(terms: Drawn) -> None:
    versions = [binding(1, terms()), binding(2, terms(starts_on="2026-08-01"))]
    schedule = build_schedule(versions, [LastDayChange(2, date(2026, 5, 15), extends=False)])
    assert days(schedule) == [(1, date(2026, 1, 15), date(2026, 5, 15))]


def test_where_nothing_was_signed_there_is_no_period() -> None:
    nothing = build_schedule([])
    assert (nothing.first_day, nothing.last_day) == (None, None)
    assert nothing.period_on(date(2026, 1, 1)) is None
    assert nothing.period_by_key("2026") is None
    assert nothing.period_ending_at(datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert list(nothing.periods_until(datetime(2026, 1, 1, tzinfo=UTC))) == []


@pytest.mark.parametrize(
    ("unit", "key", "first", "after"),
    [
        (CalendarUnit.CALENDAR_MONTH, "2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        (CalendarUnit.CALENDAR_QUARTER, "2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        (CalendarUnit.CALENDAR_YEAR, "2026", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_units_are_those_of_the_calendar(unit: CalendarUnit, key: str, first: date, after: date) -> None:
    assert calendar_period_of(date(2026, 12, 31), unit) == (key, first, after)
    assert parse_period_key(key) == first


def test_months_are_counted_to_the_end_of_a_short_one() -> None:
    assert add_months(date(2026, 5, 31), 6) == date(2026, 11, 30)
    assert add_months(date(2023, 11, 30), 3) == date(2024, 2, 29)
    assert add_months(date(2026, 12, 15), 60) == date(2031, 12, 15)


def test_a_tacit_renewal_from_the_end_of_a_month_ends_with_a_month(terms: Drawn) -> None:
    half_year = terms(starts_on="2026-09-01", ends_on="2026-11-30", renewal={"months": 6})
    renewal = Lifecycle(build_schedule([binding(1, half_year)])).tacit_renewal
    assert renewal is not None
    assert (renewal.on, renewal.last_day) == (date(2026, 12, 1), date(2027, 5, 31))


FIRST = date(2026, 1, 1)


@st.composite
def histories(draw: Any) -> tuple[list[tuple[int, int | None, str]], list[tuple[int, int, bool]]]:
    """Versions (first day, last day, unit), none before the first; and what moves last days after one of them."""
    versions = []
    for number in range(draw(st.integers(1, 4))):
        start = 0 if number == 0 else draw(st.integers(0, 300))
        length = draw(st.none() | st.integers(0, 400))
        unit = draw(st.sampled_from([unit.value for unit in CalendarUnit]))
        versions.append((start, None if length is None else start + length, unit))
    cut = draw(st.lists(st.tuples(st.integers(1, len(versions)), st.integers(0, 800), st.booleans()), max_size=3))
    return versions, cut


FAR = 2000


def day_by_day(versions: list[tuple[int, int | None, str]], cuts: list[tuple[int, int, bool]]) -> dict[int, int]:
    """Which version binds on each day: written down day by day, and overwritten by what comes later."""
    diary: dict[int, int] = {}
    for number, (start, end, _) in enumerate(versions, 1):
        diary = {day: version for day, version in diary.items() if day < start}
        diary |= dict.fromkeys(range(start, FAR if end is None else end + 1), number)
        for _, last, extends in (cut for cut in cuts if cut[0] == number):
            if extends and diary:
                diary |= dict.fromkeys(range(max(diary), last + 1), diary[max(diary)])
            elif not extends:
                diary = {day: version for day, version in diary.items() if day <= last}
    return diary


@pytest.fixture(scope="module")
def base() -> dict[str, Any]:
    objective = {
        "name": "Availability",
        "kind": "availability",
        "indicator_id": "01900000-0000-7000-8000-0000000000aa",
        "target": "99",
        "method": "time",
        "missing": "ignore",
    }
    return {"name": "Drawn", "service_hours": PARIS, "objectives": [objective]}


@given(history=histories())
def test_every_promised_day_lies_in_one_period_of_the_version_that_binds(base: dict[str, Any], history: Any) -> None:
    drawn, cuts = history
    versions = []
    for number, (start, end, unit) in enumerate(drawn, 1):
        document = base | {"starts_on": FIRST + start * A_DAY, "review_period": unit}
        document |= {} if end is None else {"ends_on": FIRST + end * A_DAY}
        versions.append(binding(number, Terms.model_validate(document)))
    schedule = build_schedule(
        versions, [LastDayChange(version, FIRST + day * A_DAY, extends) for version, day, extends in cuts]
    )
    diary = day_by_day(drawn, cuts)
    period_by_key: dict[str, tuple[Binding, Any]] = {}
    for day in range(500):
        today = FIRST + day * A_DAY
        bound_period = schedule.period_on(today)
        assert (bound_period[0].version if bound_period else None) == diary.get(day)
        if bound_period:
            assert bound_period[1].start <= schedule.midnight(today) < bound_period[1].end
            assert period_by_key.setdefault(bound_period[1].key, bound_period) == bound_period
            assert schedule.period_by_key(bound_period[1].key) == bound_period
