"""Assessments: from minutes, slices and sets of time alike, and exact where floats are not."""

from decimal import Decimal
from fractions import Fraction
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.agreements.objectives import BudgetingMethod, MissingData
from sla.compliance.evaluation.assessment import (
    Assessment,
    AssessmentRule,
    assess_minutes,
    assess_slices,
    assess_time,
)
from sla.compliance.evaluation.rounded_figures import round_figures
from sla.hours.spans import MINUTE, Span, union


class Minute(NamedTuple):
    good: int
    events: int
    in_service: bool
    excluded: bool


@st.composite
def minutes(draw: st.DrawFn) -> Minute:
    events = draw(st.sampled_from([0, 1, 1, 2, 3, 7, 60]))
    return Minute(draw(st.integers(0, events)), events, draw(st.booleans()), draw(st.integers(0, 3)) == 0)


WINDOWS = st.lists(minutes(), max_size=40)
PROMISES = st.builds(
    AssessmentRule,
    target=st.sampled_from([Fraction(1), Fraction(999, 1000), Fraction(1, 2), Fraction(0)]),
    method=st.sampled_from(BudgetingMethod),
    missing=st.sampled_from(MissingData),
    slice_target=st.none() | st.sampled_from([Fraction(1, 3), Fraction(19, 20)]),
)


def spans_of(window: list[Minute], chosen: list[bool]) -> list[Span]:
    assert len(window) == len(chosen)
    return union(Span(at * MINUTE, (at + 1) * MINUTE) for at, is_chosen in enumerate(chosen) if is_chosen)


def by_minutes(promise: AssessmentRule, window: list[Minute]) -> Assessment:
    columns = np.array(window, dtype=np.int64).reshape(-1, 4).T
    return assess_minutes(promise, columns[0], columns[1], columns[1] > 0, columns[2] > 0, columns[3] > 0)


def one_by_one(promise: AssessmentRule, window: list[Minute]) -> Fraction | None:
    """The attainment as measurement.md words it."""
    scope = [minute for minute in window if minute.in_service and not minute.excluded]
    measured = [minute for minute in scope if minute.events]
    if promise.method is BudgetingMethod.OCCURRENCES:
        events = sum(minute.events for minute in measured)
        return Fraction(sum(minute.good for minute in measured), events) if events else None
    scores = [Fraction(minute.good, minute.events) for minute in measured]
    if promise.method is not BudgetingMethod.RATIO_TIMESLICES:
        scores = [Fraction(score >= promise.slice_floor) for score in scores]
    if promise.missing is not MissingData.IGNORE:
        scores += [Fraction(promise.missing is MissingData.GOOD)] * (len(scope) - len(measured))
    return sum(scores, Fraction(0)) / len(scores) if scores else None


@given(PROMISES, WINDOWS)
def test_minutes_equal_the_words_of_the_method(promise: AssessmentRule, window: list[Minute]) -> None:
    assessment, expected = by_minutes(promise, window), one_by_one(promise, window)
    assert (assessment.ratio and Fraction(*assessment.ratio)) == expected
    assert assessment.met == (None if expected is None else expected >= promise.target)


@given(PROMISES, st.lists(minutes(), min_size=1, max_size=40))
def test_minutes_equal_slices(promise: AssessmentRule, window: list[Minute]) -> None:
    sliced = assess_slices(
        promise,
        np.array([minute.good for minute in window]),
        np.array([minute.events for minute in window]),
        Span(0, len(window) * MINUTE),
        spans_of(window, [minute.in_service for minute in window]),
        spans_of(window, [minute.excluded for minute in window]),
        None,
    )
    if promise.method is not BudgetingMethod.TIME:
        assert sliced == by_minutes(promise, window)


@given(PROMISES, WINDOWS)
def test_minutes_equal_sets_of_time(promise: AssessmentRule, window: list[Minute]) -> None:
    promise = AssessmentRule(promise.target, BudgetingMethod.TIME, promise.missing)
    assessment = assess_time(
        promise,
        spans_of(window, [minute.in_service for minute in window]),
        spans_of(window, [minute.good < minute.events for minute in window]),
        spans_of(window, [minute.excluded for minute in window]),
        spans_of(window, [minute.events > 0 for minute in window]),
    )
    expected = by_minutes(promise, window)
    amounts = [
        (assessed.in_scope, assessed.bad, assessed.excluded, assessed.unknown, assessed.met, assessed.attained)
        for assessed in (assessment, expected)
    ]
    assert amounts[0] == amounts[1]
    burnt, expected_burnt = (assessed.burn_rate for assessed in (assessment, expected))
    assert (burnt and burnt.to_percent(9)) == (expected_burnt and expected_burnt.to_percent(9))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**9)), min_size=1, max_size=60))
def test_ratios_are_averaged_exactly(pairs: list[tuple[int, int]]) -> None:
    good = np.array([min(pair) for pair in pairs], dtype=np.int64)
    events = np.array([max(pair) for pair in pairs], dtype=np.int64)
    everywhere = np.ones(len(pairs), dtype=bool)
    assessment = assess_minutes(
        AssessmentRule(Fraction(1, 2), BudgetingMethod.RATIO_TIMESLICES),
        good,
        events,
        everywhere,
        everywhere,
        ~everywhere,
    )
    expected = sum((Fraction(min(pair), max(pair)) for pair in pairs), Fraction(0)) / len(pairs)
    assert assessment.ratio is not None
    assert Fraction(*assessment.ratio) == expected


def test_counts_too_large_for_the_target_do_not_overflow() -> None:
    promise = AssessmentRule(Fraction(Decimal("99.999999999999")) / 100, BudgetingMethod.TIMESLICES)
    events = np.array([2**53, 2**53], dtype=np.int64)
    good = events - np.array([1, 10**4])
    everywhere = np.ones(2, dtype=bool)
    assert assess_minutes(promise, good, events, everywhere, everywhere, ~everywhere).bad == 1


def test_ninety_days_of_five_objectives_are_a_matter_of_milliseconds() -> None:
    """A smoke alarm, far above what `make bench` measures."""
    random = np.random.default_rng(8)
    events = random.integers(0, 30, 90 * 1440)
    good = events - (random.random(events.size) < 0.001) * (events > 0)
    in_service = random.random(events.size) < 0.9
    excluded = random.random(events.size) < 0.01
    begun = perf_counter()
    for method in [*BudgetingMethod, BudgetingMethod.TIME]:
        assess_minutes(AssessmentRule(Fraction(999, 1000), method), good, events, events > 0, in_service, excluded)
    assert perf_counter() - begun < 1


def test_only_time_counts_a_minute_without_events_as_good() -> None:
    """A minute in which monitors saw nothing happen is up; of slices and events there is none to count in it."""
    none, everywhere = np.zeros(3, dtype=np.int64), np.ones(3, dtype=bool)
    measured = np.array([True, True, False])
    figures = {"time": ("100.0000", MINUTE), "timeslices": ("None", 3), "ratio_timeslices": ("None", 3)}
    for method, (attained, unknown) in (figures | {"occurrences": ("None", 1)}).items():
        promise = AssessmentRule(Fraction(1, 2), BudgetingMethod(method))
        assessment = assess_minutes(promise, none, none, measured, everywhere, ~everywhere)
        assert (str(assessment.attained), assessment.unknown) == (attained, unknown)
        assert str(assessment.coverage) == "66.6666"


def test_counters_out_of_step_stay_between_nothing_and_all() -> None:
    everywhere = np.ones(2, dtype=bool)
    for good, attained in [([3, 2], "100.0000"), ([-1, 0], "0.0000")]:
        for method in [BudgetingMethod.OCCURRENCES, BudgetingMethod.RATIO_TIMESLICES]:
            assessment = assess_minutes(
                AssessmentRule(Fraction(1, 2), method),
                np.array(good),
                np.array([2, 2]),
                everywhere,
                everywhere,
                ~everywhere,
            )
            assert str(assessment.attained) == attained


def test_sums_beyond_64_bits_are_exact() -> None:
    events, everywhere = np.full(8, 2**62, dtype=np.int64), np.ones(8, dtype=bool)
    for method in [BudgetingMethod.OCCURRENCES, BudgetingMethod.RATIO_TIMESLICES, BudgetingMethod.TIMESLICES]:
        promise = AssessmentRule(Fraction(9, 10), method)
        assessment = assess_minutes(promise, events - 2**60, events, everywhere, everywhere, ~everywhere)
        assert str(assessment.attained) == ("0.0000" if method is BudgetingMethod.TIMESLICES else "75.0000")


@pytest.mark.parametrize(("down", "met", "attained"), [(2592, True, "99.9000"), (2593, False, "99.8999")])
def test_a_second_decides_and_shows(down: int, met: bool, attained: str) -> None:
    """Rounded to the nearest, as the calculator does, both print the same."""
    month = Span(0, 30 * 86_400)
    assessment = assess_time(
        AssessmentRule(Fraction(999, 1000), BudgetingMethod.TIME), [month], [Span(500, 500 + down)], [], None
    )
    assert (str(assessment.attained), assessment.met) == (attained, met)
    assert str(round_figures(assessment)["attained"]) == "99.9000"
