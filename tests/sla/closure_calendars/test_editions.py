"""Editions of a shared calendar: each day is closed by the edition that was in effect on it, whatever came later."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla.closure_calendars.editions import (
    ApprovedEdition,
    EditionClosure,
    clip_closures,
    closures_in_effect,
    closures_sha256,
    editions_in_effect,
    editions_known_to,
)

START = date(2026, 3, 1)


def approved(number: int, first_day: date, *closures: EditionClosure) -> ApprovedEdition:
    """Build an edition that was approved at noon of the day before its first."""
    approved_at = datetime.combine(first_day - timedelta(days=1), time(12), UTC)
    return ApprovedEdition(number, "", approved_at, first_day, closures)


def whole_days(first: date, last: date, name: str = "Closed") -> EditionClosure:
    return EditionClosure(f"{first}T00:00", f"{last + timedelta(days=1)}T00:00", name)


def test_a_later_edition_replaces_the_one_before_from_its_day_on() -> None:
    week = whole_days(START, START + timedelta(days=6))
    first, second = approved(1, START, week), approved(2, START + timedelta(days=3))
    assert closures_in_effect([first, second]) == [whole_days(START, START + timedelta(days=2))]


def test_one_that_is_replaced_on_its_first_day_was_never_in_effect() -> None:
    first, second = approved(1, START, whole_days(START, START)), approved(2, START)
    assert [edition.number for edition, _ in editions_in_effect([first, second])] == [2]
    assert closures_in_effect([first, second]) == []


def test_a_promise_keeps_the_editions_that_were_approved_when_it_began_to_run() -> None:
    first, second = approved(1, START), approved(2, START + timedelta(days=3))

    numbers = [
        [edition.number for edition in editions_known_to([first, second], begun_at)]
        for begun_at in (
            first.approved_at - timedelta(microseconds=1),
            first.approved_at,
            second.approved_at - timedelta(microseconds=1),
            second.approved_at,
        )
    ]

    assert numbers == [[], [1], [1], [1, 2]]


def test_nothing_reaches_over_the_days_it_is_clipped_to() -> None:
    noon = EditionClosure("2026-03-01T12:00", "2026-03-05T12:00", "Move")
    assert clip_closures([noon], date(2026, 3, 2), date(2026, 3, 4)) == [
        EditionClosure("2026-03-02T00:00", "2026-03-04T00:00", "Move")
    ]
    assert clip_closures([noon], date(2026, 3, 6), date(2026, 3, 9)) == []


def test_the_digest_is_of_what_is_closed() -> None:
    assert closures_sha256([whole_days(START, START)]) == closures_sha256([whole_days(START, START)])
    assert closures_sha256([whole_days(START, START)]) != closures_sha256([whole_days(START, START, "Move")])


days = st.integers(0, 30)


@given(st.lists(st.tuples(days, st.sets(days, max_size=5)), max_size=5))
def test_every_day_is_closed_as_the_edition_of_that_day_says(drawn: list[tuple[int, set[int]]]) -> None:
    firsts = sorted(first for first, _ in drawn)
    contents = [closed for _, closed in drawn]
    editions = [
        approved(
            number, START + timedelta(days=first), *(whole_days(*[START + timedelta(days=day)] * 2) for day in closed)
        )
        for number, (first, closed) in enumerate(zip(firsts, contents, strict=True), 1)
    ]
    closed_days = {closure.from_[:10] for closure in closures_in_effect(editions)}
    for day in range(31):
        newest = [content for first, content in zip(firsts, contents, strict=True) if first <= day]
        assert (f"{START + timedelta(days=day)}" in closed_days) == (bool(newest) and day in newest[-1])


@given(st.lists(st.tuples(days, st.sets(days, max_size=5)), max_size=5), days)
def test_a_minute_is_closed_as_the_promise_that_begins_with_it_says(
    drawn: list[tuple[int, set[int]]], day: int
) -> None:
    """The one rule for minutes and clocks: what is approved later never reaches a day that has begun."""
    firsts = sorted(first for first, _ in drawn)
    editions = [
        approved(
            number, START + timedelta(days=first), *(whole_days(*[START + timedelta(days=at)] * 2) for at in closed)
        )
        for number, (first, (_, closed)) in enumerate(zip(firsts, drawn, strict=True), 1)
    ]
    minute = datetime.combine(START + timedelta(days=day), time(), UTC)

    def is_closed(closures: list[EditionClosure]) -> bool:
        return any(closure.from_ <= f"{minute:%Y-%m-%dT%H:%M}" < closure.to for closure in closures)

    known = editions_known_to(editions, minute)

    assert is_closed(closures_in_effect(known)) == is_closed(closures_in_effect(editions))
