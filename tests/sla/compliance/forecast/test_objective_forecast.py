"""What can still come of promises on volume and on percentiles while their window is open."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import evaluate_period
from sla.compliance.forecast.breach_risk import BreachRisk
from sla.compliance.forecast.period_forecast import ObjectiveForecast, compute_period_forecast
from sla.exclusions.exclusion_rules import Exclusion
from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, BucketLayout
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes, MinuteState

START = datetime(2026, 6, 1, tzinfo=UTC)
ONE, IT = UUID(int=1), UUID(int=5)
DAY = 1440
A_DAY = timedelta(days=1)


def promised(hours: Any = "24x7", **objective: Any) -> Terms:
    common = {"id": str(IT), "name": "It", "indicator_id": str(ONE), "target": "90"}
    return Terms.model_validate(
        {
            "name": "T",
            "service_hours": {"timezone": "UTC", "hours": hours},
            "starts_on": "2026-01-01",
            "objectives": [common | objective],
        }
    )


def volume(direction: str, limit: int, per: str, **more: Any) -> dict[str, Any]:
    return {"kind": "volume", "direction": direction, "limit": limit, "per": per} | more


def events(per_minute: list[int], start: datetime = START) -> Minutes:
    total = np.array(per_minute, np.int64)
    return Minutes(start, total, total, np.full(len(total), MinuteState.GOOD, np.uint8))


def days(per_day: list[int], rest: int = 0) -> Minutes:
    """So many events a minute on each of the days before the period begins, and a number of minutes of one each."""
    return events([amount for amount in per_day for _ in range(DAY)] + [1] * rest, START - len(per_day) * A_DAY)


def volume_forecast(
    terms: Terms, measured: Minutes, length: timedelta, exclusions: tuple[Exclusion, ...] = ()
) -> ObjectiveForecast:
    evidence = PeriodEvidence({ONE: measured}, exclusions=exclusions)
    return compute_period_forecast(terms, START, measured.end, START + length, evidence).objectives[0]


def breach_probability(forecast: ObjectiveForecast) -> Decimal | None:
    return forecast.risk.probability if forecast.risk else None


@pytest.mark.parametrize(
    ("direction", "so_far", "verdict"),
    [("at_least", 99, "no_cases"), ("at_least", 100, "met"), ("at_most", 100, "no_cases"), ("at_most", 101, "missed")],
)
def test_an_open_period_is_decided_once_nothing_can_change_it(direction: str, so_far: int, verdict: str) -> None:
    forecast = volume_forecast(promised(**volume(direction, 100, "period")), events([1] * so_far), A_DAY)
    assert forecast.outcome.verdict == verdict
    assert forecast.can_be_met is (verdict != "missed")


def test_no_credit_is_owed_while_the_result_may_change() -> None:
    terms = promised(**volume("at_least", 100, "period"))
    forecast = compute_period_forecast(
        terms, START, START + A_DAY / 2, START + A_DAY, PeriodEvidence({ONE: events([0] * (DAY // 2))})
    )
    assert (forecast.to_date.met, forecast.to_date.performance) == (True, None)
    over = evaluate_period(terms, START, START + A_DAY, PeriodEvidence({ONE: events([0] * DAY)}))
    assert over.met is False


def test_today_counts_when_it_is_over() -> None:
    """Three days with 10, 0 and 10 events an hour, and half of a fourth; then six are to come."""
    measured = events([1, 0, 0, 0, 0, 0] * 240 + [0] * DAY + [1, 0, 0, 0, 0, 0] * 240 + [1, 0, 0, 0, 0, 0] * 120)
    forecast = volume_forecast(promised(**volume("at_least", 240, "day")), measured, 10 * A_DAY)
    assessment = forecast.outcome.assessment
    assert (assessment.in_scope, assessment.bad, assessment.unknown, str(assessment.attained)) == (4, 1, 1, "66.6666")
    assert forecast.if_perfect == (9, 10)
    assert forecast.can_be_met is True
    assert (
        volume_forecast(promised(**volume("at_least", 240, "day", target="95")), measured, 10 * A_DAY).can_be_met
        is False
    )


def test_a_day_is_over_when_its_service_is() -> None:
    """On Monday 1 June, from 9 to 17 o'clock; at 18 nothing can change what was counted of it."""
    week = {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}
    terms = promised(week, **volume("at_least", 481, "day"))
    verdicts = []
    for hour in (16, 17, 18):
        forecast = volume_forecast(terms, events([1] * hour * 60), 2 * A_DAY)
        verdicts.append((forecast.outcome.verdict, forecast.if_perfect))
    assert verdicts == [("no_cases", (2, 2)), ("missed", (1, 2)), ("missed", (1, 2))]


def test_a_volume_has_no_risk_of_a_breach() -> None:
    for per in ("hour", "day", "period"):
        assert volume_forecast(promised(**volume("at_least", 1, per)), events([2] * DAY), 2 * A_DAY).risk is None


def observed(slow_per_day: list[int], start: datetime) -> Observations:
    """On each day 1,000 observations in its first minute, some of them slow."""
    minute = np.repeat(np.arange(len(slow_per_day), dtype=np.int64) * DAY, 2)
    amount = np.array([part for slow in slow_per_day for part in (1000 - slow, slow)], np.int64)
    key = np.tile(np.array([0, 1], np.int64), len(slow_per_day))
    layout = BucketLayout(EXPLICIT_SCHEMA, bounds=(100.0, 200.0))
    is_known = np.ones(len(slow_per_day) * DAY, bool)
    return Observations.from_columns(start, is_known, (layout,), (minute, np.zeros_like(minute), key, amount))


def percentile_forecast(slow: list[int], to_come: int, target: str = "99") -> ObjectiveForecast:
    """The last of the days is the first of the period."""
    measured = observed(slow, START - (len(slow) - 1) * A_DAY)
    terms = promised(kind="latency_percentile", limit="100", target=target)
    evidence = PeriodEvidence(observations={ONE: measured})
    return compute_period_forecast(terms, START, START + A_DAY, START + (1 + to_come) * A_DAY, evidence).objectives[0]


@pytest.mark.parametrize(("slow", "expected"), [(10, 0), (11, 1)])
def test_a_percentile_goes_on_as_before(slow: int, expected: int) -> None:
    forecast = percentile_forecast([slow] * 28, 20)
    assert forecast.risk == BreachRisk(Decimal(expected), 28)


def test_days_with_slow_answers_come_back() -> None:
    """One in five is slow enough to lose two days by itself."""
    probability = breach_probability(percentile_forecast([100 * (day % 5 == 0) for day in range(69)], 1))
    assert probability is not None
    assert abs(probability - Decimal("0.2")) < Decimal("0.03")


def test_a_percentile_if_all_answers_are_fast_from_here() -> None:
    """30 slow of 1,000, and as many observations on each day to come."""
    for to_come, can_be_met in [(1, False), (2, True)]:
        forecast = percentile_forecast([30], to_come)
        assert (forecast.can_be_met, forecast.risk) == (can_be_met, None)
    assert forecast.if_perfect is not None
    assert forecast.if_perfect.to_percent(4) == 99


def test_a_rolling_window_that_begins_after_now_has_all_of_it_to_come() -> None:
    """Of the last 7 of 30 days nothing is measured on the first one."""
    terms = promised(kind="latency_percentile", limit="100", target="99", window={"rolling_days": 7})
    evidence = PeriodEvidence(observations={ONE: observed([10] * 8, START - 7 * A_DAY)})
    period_forecast = compute_period_forecast(terms, START, START + A_DAY, START + 30 * A_DAY, evidence)
    assert period_forecast.objectives[0].if_perfect == (7 * DAY, 7 * DAY)
