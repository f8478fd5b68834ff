"""Open periods: what is left of the budget, how fast it burns, when it is lost, and how likely that is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.agreements.terms import Terms
from sla.compliance.evaluation.evaluation_context import EvaluationContext
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import evaluate_period
from sla.compliance.forecast.breach_risk import BreachRisk
from sla.compliance.forecast.burn_rates import BURN_RATE_RULES, BurnRate, compute_burn_rates
from sla.compliance.forecast.period_forecast import ObjectiveForecast, compute_period_forecast
from sla.exclusions.exclusion_rules import Exclusion
from sla.hours.spans import MINUTE, Span, to_microseconds
from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, BucketLayout
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes, MinuteState

START = datetime(2026, 6, 1, tzinfo=UTC)
ALWAYS = {"timezone": "UTC", "hours": "24x7"}
ONE = UUID(int=1)
DAY = 1440

MakeTerms = Callable[..., Terms]


def of(terms: MakeTerms, **changes: Any) -> Terms:
    objective = {"name": "It", "kind": "ratio", "indicator_id": str(ONE), "target": "99.9", "method": "occurrences"}
    return terms(service_hours=ALWAYS, objectives=[objective | {"missing": "ignore"} | changes])


def minutes(bad: list[int], start: datetime = START, events: int = 100) -> Minutes:
    """So many bad events in each minute."""
    bad_events = np.array(bad, np.int16)
    state = np.where(bad_events > 0, MinuteState.BAD, MinuteState.GOOD).astype(np.uint8)
    return Minutes(start, (events - bad_events).astype(np.int16), np.full(len(bad), events, np.int16), state)


def compute_rates_by_rule(terms: Terms, bad: list[int], period: timedelta) -> dict[str, BurnRate]:
    measured = minutes(bad)
    burn_rates = compute_burn_rates(
        EvaluationContext(terms, PeriodEvidence({ONE: measured})), terms.objectives[0], measured.end, period
    )
    return {burn.rule.name: burn for burn in burn_rates}


def test_thresholds_follow_from_the_real_length_of_the_period(terms: MakeTerms) -> None:
    """Of 30 days and of 28, as in measurement.md."""
    thresholds = {
        days: [burn.threshold for burn in compute_rates_by_rule(of(terms), [0], timedelta(days=days)).values()]
        for days in (30, 28)
    }
    assert thresholds[30] == [Fraction("14.4"), 6, 3, 1]
    assert thresholds[28] == [Fraction("13.44"), Fraction("5.6"), Fraction("2.8"), Fraction(14, 15)]
    assert [rule.short_window for rule in BURN_RATE_RULES] == [
        timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6)
    ]  # fmt: skip


def test_both_windows_must_exceed_the_threshold(terms: MakeTerms) -> None:
    month = timedelta(days=30)
    quiet = [0] * (3 * DAY - 60)
    promised = of(terms)
    events = 10_000
    for bad_events, fires in [(144, False), (145, True)]:
        measured = minutes([*quiet, *[bad_events] * 60], events=events)
        (burn, *_) = compute_burn_rates(
            EvaluationContext(promised, PeriodEvidence({ONE: measured})), promised.objectives[0], measured.end, month
        )
        assert (burn.shown_rate, burn.is_firing) == (Decimal(bad_events) / 10, fires)
    over = minutes([*quiet, *[300] * 54, *[0] * 6], events=events)
    (burn, *_) = compute_burn_rates(
        EvaluationContext(promised, PeriodEvidence({ONE: over})), promised.objectives[0], over.end, month
    )
    assert (burn.long_window_rate is not None and burn.shown_rate, burn.shown_threshold, burn.is_firing) == (
        27,
        Decimal("14.4"),
        False,
    )


def test_a_target_of_all_leaves_nothing_to_burn(terms: MakeTerms) -> None:
    burn_rates = compute_rates_by_rule(of(terms, target="100"), [1] * 60, timedelta(days=30))
    assert {(burn.long_window_rate, burn.is_firing) for burn in burn_rates.values()} == {(None, False)}


def forecast_of(
    terms: Terms, bad: list[int], length: timedelta = timedelta(days=30), start: datetime = START
) -> ObjectiveForecast:
    measured = minutes(bad, start)
    return compute_period_forecast(
        terms, START, measured.end, START + length, PeriodEvidence({ONE: measured})
    ).objectives[0]


METHODS = [
    {"method": "time"},
    {"method": "timeslices", "slice_target": "99"},
    {"method": "timeslices", "slice_target": "99", "slice_minutes": 5},
    {"method": "ratio_timeslices"},
    {"method": "ratio_timeslices", "slice_minutes": 7},
    {"method": "occurrences"},
]


@settings(deadline=None)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: "-".join(map(str, method.values())))
@given(
    bad=st.lists(st.sampled_from([0, 0, 0, 5, 100]), min_size=1, max_size=60),
    target=st.sampled_from(["50", "80", "95"]),
    to_come=st.integers(0, 60),
)
def test_the_largest_outage_is_the_largest(method: dict[str, Any], bad: list[int], target: str, to_come: int) -> None:
    """Played to the end: with it the target is kept, with a minute more it is lost."""
    promised = Terms.model_validate(
        {
            "name": "T",
            "service_hours": ALWAYS,
            "starts_on": "2026-01-01",
            "objectives": [
                {"name": "It", "kind": "ratio", "indicator_id": str(ONE), "missing": "ignore", "target": target}
                | method
            ],
        }
    )
    length = timedelta(minutes=len(bad) + to_come)
    open_window = forecast_of(promised, bad, length).open_window
    assert open_window is not None

    def committed_client(outage: int) -> bool:
        lived = minutes([*bad, *[100] * outage, *[0] * (to_come - outage)])
        return bool(
            evaluate_period(promised, START, START + length, PeriodEvidence({ONE: lived})).outcomes[0].assessment.met
        )

    expected = max((outage for outage in range(to_come + 1) if committed_client(outage)), default=None)
    assert open_window.largest_outage == expected
    if expected is None:
        lost_at = open_window.breach_unavoidable_at
        assert lost_at is not None
        assert START < lost_at <= START + timedelta(minutes=len(bad))
    elif expected < to_come:
        assert open_window.breach_unavoidable_at == START + timedelta(minutes=len(bad) + expected + 1)
    else:
        assert open_window.breach_unavoidable_at is None


def test_when_a_target_was_lost(terms: MakeTerms) -> None:
    """Of 100 minutes 10 may be bad: with the eleventh it is lost."""
    forecast = forecast_of(of(terms, method="time", target="90"), [100] * 20, timedelta(minutes=100))
    assert forecast.open_window is not None
    assert (forecast.open_window.affordable_minutes, forecast.open_window.largest_outage) == (
        -10,
        None,
    )
    assert forecast.open_window.breach_unavoidable_at == START + timedelta(minutes=11)


def test_of_a_window_that_ends_later_the_whole_of_it_counts(terms: MakeTerms) -> None:
    promised = of(terms, method="time", target="99", window={"calendar": "calendar_quarter"}, answers=[])
    promised = promised.model_copy(update={"starts_on": START.date()})
    forecast = forecast_of(promised, [0] * DAY)
    assert (forecast.window.start, forecast.window.full_end) == (START, datetime(2026, 7, 1, tzinfo=UTC))
    assert forecast.open_window is not None
    assert forecast.open_window.largest_outage == 30 * DAY // 100


def risk_of(bad_days: list[int], days_left: int, target: str = "99") -> BreachRisk | None:
    """Each day is 24 hours, so many minutes of which were bad; the period is the last of them and those to come."""
    measured = minutes([minute for bad in bad_days for minute in [100] * bad + [0] * (DAY - bad)])
    objective = {"name": "It", "kind": "ratio", "indicator_id": str(ONE), "method": "time", "target": target}
    promised = Terms.model_validate(
        {
            "name": "T",
            "service_hours": ALWAYS,
            "starts_on": "2026-01-01",
            "objectives": [objective | {"missing": "ignore"}],
        }
    )
    start = measured.end - timedelta(days=1)
    forecast = compute_period_forecast(
        promised, start, measured.end, measured.end + timedelta(days=days_left), PeriodEvidence({ONE: measured})
    )
    return forecast.objectives[0].risk


def test_how_likely_a_breach_is() -> None:
    steady = risk_of([14] * 28, 20)
    assert steady is not None
    assert (steady.probability, steady.days) == (Decimal(0), 28)
    hopeless = risk_of([20] * 28, 20)
    assert hopeless is not None
    assert hopeless.probability == 1
    uneven = risk_of([0] * 24 + [310, 0, 0, 0], 20)
    assert uneven is not None
    assert Decimal("0.1") < uneven.probability < Decimal("0.9")


def test_the_same_question_gets_the_same_answer() -> None:
    assert risk_of([0] * 20 + [300, 0, 5], 9) == risk_of([0] * 20 + [300, 0, 5], 9)


def test_fewer_than_two_weeks_give_no_risk() -> None:
    assert risk_of([0] * 13, 9) is None
    assert risk_of([0] * 14, 9) is not None


def test_a_lost_target_stays_lost_and_a_met_one_met() -> None:
    assert [getattr(risk_of([0] * 20 + [bad], 0), "probability", None) for bad in (14, 15)] == [0, 1]


def test_a_breach_is_as_likely_as_it_was_frequent() -> None:
    """Of the days before, each by itself breaches one day to come, one in five; the day to date was good."""
    risk = risk_of([150 * (day % 5 == 0) for day in range(69)] + [0], 1, target="95")
    assert risk is not None
    assert (risk.probability, risk.days) == (Decimal("0.2"), 70)


def test_bad_days_that_come_together_stay_together() -> None:
    """Two days to come, after one to date: two bad days in a row lose the target, one alone does not."""
    apart, together = ([50 * (day in bad) for day in range(28)] for bad in ({6, 20}, {6, 7}))
    assert [getattr(risk_of(days, 2, target="98"), "probability", None) for days in (apart, together)] == [
        0,
        Decimal("0.0358"),
    ]


def test_excluded_minutes_do_not_count_for_burn_rates(terms: MakeTerms) -> None:
    promised, measured = of(terms), minutes([0] * 300 + [50] * 60)
    begin = to_microseconds(START)
    outage = Exclusion(Span(begin + 300 * MINUTE, begin + 360 * MINUTE), "maintenance", ONE, "why")
    for exclusions, fires in [([], True), ([outage], False)]:
        context = EvaluationContext(promised, PeriodEvidence({ONE: measured}, exclusions=exclusions))
        burn_rates = list(compute_burn_rates(context, promised.objectives[0], measured.end, timedelta(days=30)))
        assert [burn.is_firing for burn in burn_rates] == [fires] * 4


def test_a_percentile_has_a_burn_rate_and_volumes_and_incidents_do_not(terms: MakeTerms) -> None:
    """Of 100 observations a minute 20 are slow, and 1 may be: 20 times too fast."""
    common = {"name": "It", "target": "99", "indicator_id": str(ONE)}
    promised = terms(
        service_hours=ALWAYS,
        objectives=[
            common | {"kind": "latency_percentile", "limit": "100"},
            common | {"name": "V", "kind": "volume", "direction": "at_most", "limit": 1, "per": "hour"},
        ],
    )
    columns = np.repeat(np.arange(60), 2), np.zeros(120, np.int64), np.tile([0, 1], 60), np.tile([80, 20], 60)
    layout = BucketLayout(EXPLICIT_SCHEMA, bounds=(100.0, 200.0))
    observed = Observations.from_columns(START, np.ones(60, bool), (layout,), columns)
    context = EvaluationContext(promised, PeriodEvidence(observations={ONE: observed}))
    until, month = START + timedelta(hours=1), timedelta(days=30)
    rates = [burn.shown_rate for burn in compute_burn_rates(context, promised.objectives[0], until, month)]
    assert rates == [Decimal(20)] * 4
    assert list(compute_burn_rates(context, promised.objectives[1], until, month)) == []
