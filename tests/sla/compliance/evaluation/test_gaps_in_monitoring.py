"""A hole in monitoring never raises a figure: a slice in which nothing was counted is unknown, however it is asked."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.agreements.terms import Terms
from sla.compliance.calculator.actions import assess_request
from sla.compliance.calculator.views import AssessmentRequest
from sla.compliance.evaluation.assessment import Assessment
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import ObjectiveVerdict, evaluate_period
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.indicators.rollup_rules import SampleRule
from sla.measurements.minutes import MINUTE_MS, Minutes, to_milliseconds
from sla.measurements.rollup.sample_minutes import compute_minute_counts
from sla.measurements.samples import Samples, to_sample_set

START = datetime(2026, 6, 1, tzinfo=UTC)
ALWAYS = {"timezone": "UTC", "hours": "24x7"}
ONE = UUID(int=1)
HALF_GOOD = 50


def read_counters(readings: Sequence[int], hours: int, hold: int) -> Minutes:
    """Roll up two counters, of good and of all events, that are read at these minutes; half of all events are good."""
    at = np.array([to_milliseconds(START) + reading * MINUTE_MS for reading in readings], np.int64)
    good, total = (np.array(readings, np.float64) * rate for rate in (HALF_GOOD, 2 * HALF_GOOD))
    series = np.repeat(np.array([1, 2], np.int64), len(readings))
    samples = to_sample_set(Samples(series, np.concatenate((at, at)), np.concatenate((good, total))))
    roles = np.where(samples.series == 1, np.array([[1], [0], [0]]), np.array([[0], [1], [0]])).astype(np.int8)
    first_hour = to_milliseconds(START) // (60 * MINUTE_MS)
    rule = SampleRule(hold_ms=hold * MINUTE_MS)
    return compute_minute_counts(samples, roles, rule, first_hour, hours * 60).to_minutes(first_hour)


def promise(**changes: Any) -> dict[str, Any]:
    return {
        "name": "It",
        "kind": "ratio",
        "indicator_id": str(ONE),
        "target": "99",
        "method": "timeslices",
        "slice_target": "99",
        "slice_minutes": 30,
        "missing": "ignore",
        "coverage_floor": "0",
    } | changes


def stated(minutes: Minutes, version: RulesVersion = CURRENT_RULES, **changes: Any) -> tuple[Assessment, Any]:
    document = {"name": "T", "service_hours": ALWAYS, "starts_on": "2026-01-01", "objectives": [promise(**changes)]}
    evidence = PeriodEvidence({ONE: minutes})
    evaluation = evaluate_period(Terms.model_validate(document), START, minutes.end, evidence, version)
    return evaluation.outcomes[0].assessment, evaluation.outcomes[0].verdict


def calculated(minutes: Minutes, length: int, **objective: Any) -> Any:
    """Ask the calculator for the slices that the minutes add up to."""
    good, total = (column.reshape(-1, length).sum(axis=1).tolist() for column in (minutes.good, minutes.total))
    slices = [{"good": part, "total": whole} for part, whole in zip(good, total, strict=True)]
    window = {"from": minutes.start.isoformat(), "to": minutes.end.isoformat()}
    question = {"window": window, "calendar": ALWAYS, "slices": slices, "objective": objective}
    return assess_request(AssessmentRequest.model_validate_json(json.dumps(question)))


@pytest.mark.parametrize("missing", ["ignore", "bad"])
@pytest.mark.parametrize("method", ["timeslices", "ratio_timeslices"])
@pytest.mark.parametrize("length", [1, 30])
def test_a_missing_reading_does_not_raise_the_figure(method: str, missing: str, length: int) -> None:
    slice_target = "99" if method == "timeslices" else None
    readings = [minute for minute in range(0, 241, 30) if minute != 90]
    changes = {"method": method, "missing": missing, "slice_target": slice_target, "slice_minutes": length}

    full, gap = (
        stated(read_counters(times, 4, hold=30), **changes)[0] for times in (list(range(0, 241, 30)), readings)
    )

    assert full.ratio is not None
    assert gap.ratio is not None
    assert not gap.ratio.excess_over(full.target).numerator > 0
    assert gap.ratio.numerator * full.ratio.denominator <= full.ratio.numerator * gap.ratio.denominator


@pytest.mark.parametrize("missing", ["ignore", "bad"])
def test_a_slice_in_which_nothing_was_counted_is_unknown(missing: str) -> None:
    minutes = read_counters([minute for minute in range(30, 241, 30) if minute != 90], 4, hold=30)

    assessment, verdict = stated(minutes, missing=missing)
    asked = calculated(minutes, 30, target="99", slice_target="99", method="timeslices", missing=missing)

    assert (str(assessment.attained), str(asked.attained)) == ("0.0000", "0.0000")
    assert (assessment.bad, assessment.unknown) == (asked.bad, asked.unknown)
    assert verdict is ObjectiveVerdict.MISSED


@given(
    readings=st.sets(st.integers(0, 8), min_size=1).map(lambda places: [30 * place for place in sorted(places)]),
    length=st.sampled_from([1, 10, 30, 60]),
    missing=st.sampled_from(["ignore", "good", "bad"]),
    method=st.sampled_from(["timeslices", "ratio_timeslices"]),
)
def test_statement_and_calculator_say_the_same_whatever_is_missing(
    readings: list[int], length: int, missing: str, method: str
) -> None:
    minutes = read_counters(readings, 4, hold=30)
    slice_target = "99" if method == "timeslices" else None

    assessment, _ = stated(minutes, method=method, missing=missing, slice_target=slice_target, slice_minutes=length)
    asked = calculated(minutes, length, target="99", slice_target=slice_target, method=method, missing=missing)

    names = ("in_scope", "bad", "excluded", "unknown", "met")
    assert [getattr(assessment, name) for name in names] == [getattr(asked, name) for name in names]


def test_a_quiet_month_that_was_watched_has_no_cases() -> None:
    """Monitors saw that nothing happened: it is covered, and there is nothing to judge."""
    nothing = np.zeros(240, np.int64)
    quiet = Minutes.from_counts(START, nothing, nothing, np.ones(240, np.bool_))

    assessment, verdict = stated(quiet, coverage_floor="90")

    assert (assessment.attained, str(assessment.coverage), verdict) == (None, "100.0000", ObjectiveVerdict.NO_CASES)


def test_statements_of_the_first_version_are_computed_as_they_were() -> None:
    minutes = read_counters([minute for minute in range(30, 241, 30) if minute != 90], 4, hold=30)

    assessment, _ = stated(minutes, RulesVersion.V1)

    assert (assessment.bad, assessment.unknown) == (4, 2)
    assert assessment.ratio == (2, 6)


def test_minutes_of_time_without_events_are_up() -> None:
    nothing = np.zeros(60, np.int64)
    quiet = Minutes.from_counts(START, nothing, nothing, np.ones(60, np.bool_))

    assessment, verdict = stated(quiet, method="time", slice_target=None, slice_minutes=1)

    assert (str(assessment.attained), verdict) == ("100.0000", ObjectiveVerdict.MET)
    assert assessment.in_scope == timedelta(hours=1) // timedelta(microseconds=1)
