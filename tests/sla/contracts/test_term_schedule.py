"""Terms, renewals and notice dates: arithmetic of dates, for any today."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice, pairwise
from typing import NamedTuple

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from common.dates import ONE_DAY
from sla.agreements.terms import NoticePeriod
from sla.contracts.errors import ContractDoesNotRenew
from sla.contracts.notice_dates import compute_last_day
from sla.contracts.term_schedule import TermSchedule, TermsVersion
from sla.contracts.terms import ContractTerms, Signatory

START = date(2026, 1, 1)
QUARTER = NoticePeriod(months=3)


class Renewal(NamedTuple):
    """The renewal that a version provides for from a day on."""

    effective_on: date
    months: int | None
    notice: NoticePeriod | None


def build_schedule(start: date, initial_months: int, *renewals: Renewal, ends_on: date | None = None) -> TermSchedule:
    versions = [
        TermsVersion(
            number,
            renewal.effective_on,
            ContractTerms(
                title="Operation",
                provider=Signatory(name="IT"),
                customer=Signatory(name="Example Ltd"),
                timezone="UTC",
                starts_on=start,
                initial_months=initial_months,
                renewal_months=renewal.months,
                notice=renewal.notice,
            ),
        )
        for number, renewal in enumerate(renewals, 1)
    ]
    return TermSchedule(tuple(versions), ends_on)


def tacit(initial_months: int = 60, ends_on: date | None = None) -> TermSchedule:
    """That many months, then 12 more again and again."""
    return build_schedule(START, initial_months, Renewal(START, 12, QUARTER), ends_on=ends_on)


def test_sixty_months_and_twelve_more_are_seventy_two_then_eighty_four() -> None:
    terms = list(islice(tacit().iterate(), 3))
    assert [term.months for term in terms] == [60, 72, 84]
    assert [term.last_day for term in terms] == [date(2030, 12, 31), date(2031, 12, 31), date(2032, 12, 31)]
    assert [term.notice_by for term in terms] == [date(2030, 9, 30), date(2031, 9, 30), date(2032, 9, 30)]


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 5, 31), 6, date(2026, 11, 30)),
        (date(2026, 6, 1), 6, date(2026, 11, 30)),
        (date(2026, 1, 15), 1, date(2026, 2, 14)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 30)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 28)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
    ],
)
def test_a_term_ends_before_the_day_comes_again_or_with_a_shorter_month(start: date, months: int, last: date) -> None:
    assert compute_last_day(start, months) == last


@pytest.mark.parametrize(
    ("last", "notice", "by"),
    [
        (date(2026, 12, 31), NoticePeriod(months=3), date(2026, 9, 30)),
        (date(2026, 11, 30), NoticePeriod(months=1), date(2026, 10, 31)),
        (date(2026, 2, 28), NoticePeriod(months=1), date(2026, 1, 31)),
        (date(2026, 5, 30), NoticePeriod(months=1), date(2026, 4, 30)),
        (date(2026, 12, 31), NoticePeriod(days=90), date(2026, 10, 2)),
        (date(2026, 12, 31), NoticePeriod(days=0), date(2026, 12, 31)),
    ],
)
def test_notice_leaves_its_time_in_full(last: date, notice: NoticePeriod, by: date) -> None:
    assert notice.latest_notice_day(last) == by


@pytest.mark.parametrize(
    ("given_on", "ends_on"),
    [
        (date(2026, 1, 1), date(2030, 12, 31)),
        (date(2030, 9, 30), date(2030, 12, 31)),
        (date(2030, 10, 1), date(2031, 12, 31)),
        (date(2035, 6, 1), date(2035, 12, 31)),
    ],
)
def test_notice_ends_the_first_term_whose_date_has_not_passed(given_on: date, ends_on: date) -> None:
    assert tacit().last_day_after_notice(given_on) == ends_on
    assert tacit(ends_on=ends_on).final_day() == ends_on


def test_what_does_not_renew_itself_needs_no_notice() -> None:
    schedule = build_schedule(START, 12, Renewal(START, None, None))
    assert (schedule.final_day(), len(list(schedule.iterate()))) == (date(2026, 12, 31), 1)
    with pytest.raises(ContractDoesNotRenew):
        schedule.last_day_after_notice(START)


def test_a_renewal_is_by_what_is_agreed_on_the_last_day_of_the_term() -> None:
    """From 2027 on by six months, and from 2029 on no more."""
    later = Renewal(date(2027, 12, 31), 6, NoticePeriod(days=30))
    schedule = build_schedule(START, 12, Renewal(START, 12, QUARTER), later, Renewal(date(2028, 12, 31), None, None))
    assert [(term.months, term.last_day, term.renews) for term in schedule.iterate()] == [
        (12, date(2026, 12, 31), True),
        (24, date(2027, 12, 31), True),
        (30, date(2028, 6, 30), True),
        (36, date(2028, 12, 31), False),
    ]
    assert schedule.final_day() == date(2028, 12, 31)


def test_the_term_of_a_day_has_both_its_ends() -> None:
    schedule = tacit(12, ends_on=date(2027, 12, 31))
    assert schedule.term_on(date(2025, 12, 31)) is None
    assert [getattr(schedule.term_on(day), "number", None) for day in (START, date(2026, 12, 31))] == [1, 1]
    assert getattr(schedule.term_on(date(2027, 1, 1)), "number", None) == 2
    assert schedule.term_on(date(2028, 1, 1)) is None
    assert [term.number for term in schedule.list_begun_by(date(2026, 12, 31))] == [1]
    assert [term.number for term in schedule.list_begun_by(date(2030, 1, 1))] == [1, 2]


def test_after_a_notice_date_the_next_one_counts() -> None:
    schedule = tacit(12)
    assert getattr(schedule.next_terminable_term(date(2026, 9, 30)), "notice_by", None) == date(2026, 9, 30)
    assert getattr(schedule.next_terminable_term(date(2026, 10, 1)), "notice_by", None) == date(2027, 9, 30)


starts = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@given(starts, st.integers(1, 120), st.integers(1, 60), st.one_of(st.none(), st.integers(0, 60)))
def test_terms_follow_each_other_without_gap_and_notice_comes_before_the_end(
    start: date, initial: int, months: int, days: int | None
) -> None:
    notice = NoticePeriod(months=1) if days is None else NoticePeriod(days=days)
    schedule = build_schedule(start, initial, Renewal(start, months, notice))
    terms = list(islice(schedule.iterate(), 12))
    assert terms[0].first_day == start
    for before, after in pairwise(terms):
        assert after.first_day == before.last_day + ONE_DAY
        assert after.months == before.months + months
    for term in terms:
        assert term.first_day <= term.last_day
        assert term.notice_by is not None
        assert term.notice_by <= term.last_day
        assert schedule.last_day_after_notice(term.notice_by) <= term.last_day
        assert schedule.last_day_after_notice(term.notice_by + ONE_DAY) >= term.last_day
        assert abs((start + relativedelta(months=term.months) - term.last_day).days) <= 1


@given(starts, st.integers(1, 60), st.integers(1, 24), st.integers(1, 24))
def test_notice_on_the_last_possible_day_leaves_the_agreed_months(
    start: date, initial: int, months: int, notice_months: int
) -> None:
    schedule = build_schedule(start, initial, Renewal(start, months, NoticePeriod(months=notice_months)))
    for term in islice(schedule.iterate(), 6):
        assert term.notice_by is not None
        assert term.notice_by + relativedelta(months=notice_months) <= term.last_day
        assert term.notice_by + ONE_DAY + relativedelta(months=notice_months) > term.last_day


def test_notice_of_a_contract_that_began_on_the_last_day_of_a_year() -> None:
    schedule = build_schedule(date(2025, 12, 31), 12, Renewal(date(2025, 12, 31), 12, NoticePeriod(months=1)))
    assert [str(term.notice_by) for term in islice(schedule.iterate(), 2)] == ["2026-11-30", "2027-11-30"]
    assert schedule.last_day_after_notice(date(2026, 11, 30)) == date(2026, 12, 30)


@given(starts, st.integers(1, 60), st.integers(1, 24), st.integers(0, 4000))
def test_notice_is_honoured_to_the_day(start: date, initial: int, months: int, later: int) -> None:
    """The end leaves at least the notice, and the term before it would have left less."""
    schedule = build_schedule(start, initial, Renewal(start, months, NoticePeriod(days=30)))
    given_on = start + timedelta(days=later)
    ends_on = schedule.last_day_after_notice(given_on)
    assert ends_on - given_on >= timedelta(days=30)
    ended_schedule = replace(schedule, ends_on=ends_on)
    before = [term.last_day for term in ended_schedule.iterate()][:-1]
    assert all(day - given_on < timedelta(days=30) for day in before)
    assert ended_schedule.final_day() == ends_on


@given(
    given_on=st.dates(date(2024, 1, 1), date(2034, 1, 1)),
    notice=st.builds(lambda months: NoticePeriod(months=months), st.integers(1, 60))
    | st.builds(lambda days: NoticePeriod(days=days), st.integers(0, 1830)),
)
def test_the_earliest_last_day_is_the_first_that_leaves_the_whole_notice(given_on: date, notice: NoticePeriod) -> None:
    earliest = notice.earliest_last_day(given_on)
    assert notice.latest_notice_day(earliest) >= given_on
    assert notice.latest_notice_day(earliest - ONE_DAY) < given_on
