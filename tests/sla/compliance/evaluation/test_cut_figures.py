"""Shortened figures are cut towards the bad side: read beside its target, a figure always says the verdict."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Assessment
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.ratios import Ratio
from sla.compliance.evaluation.rounded_figures import round_figures
from sla.compliance.evaluation.rules_version import RulesVersion
from sla.compliance.forecast.burn_rates import BURN_RATE_RULES, BurnRate
from sla.compliance.statements.document import build_result
from sla.measurements.minutes import Minutes

START = datetime(2026, 6, 1, tzinfo=UTC)
ONE = UUID(int=1)
shares = st.tuples(st.integers(0, 10**7), st.integers(1, 10**7)).map(lambda pair: Ratio(min(pair), max(pair)))


def evaluated(good: int, total: int, target: str, version: RulesVersion) -> PeriodEvaluation:
    objective = {"name": "It", "kind": "ratio", "indicator_id": str(ONE), "method": "occurrences", "missing": "ignore"}
    terms = Terms.model_validate(
        {
            "name": "T",
            "service_hours": {"timezone": "UTC", "hours": "24x7"},
            "starts_on": "2026-01-01",
            "objectives": [objective | {"target": target}],
        }
    )
    counts = (np.array([number], np.int64) for number in (good, total))
    minutes = Minutes.from_counts(START, *counts, np.ones(1, np.bool_))
    return evaluate_period(terms, START, START + timedelta(minutes=1), PeriodEvidence({ONE: minutes}), version)


@given(
    ratio=shares, target=st.decimals("0.000000000001", "100", places=12) | st.sampled_from([Decimal(99), Decimal(100)])
)
def test_a_figure_says_the_verdict(ratio: Ratio, target: Decimal) -> None:
    assessment = Assessment(Fraction(target) / 100, ratio, 1, 0, 0, 0, ratio)

    assert assessment.attained is not None
    assert assessment.margin is not None
    assert (assessment.attained >= target) == assessment.met == (assessment.margin >= 0)
    if target < 100:
        assert assessment.budget_consumed is not None
        assert assessment.budget_remaining is not None
        assert (assessment.budget_consumed <= 100) == assessment.met == (assessment.budget_remaining >= 0)


@given(ratio=shares)
def test_no_figure_is_better_than_what_it_stands_for(ratio: Ratio) -> None:
    assessment = Assessment(Fraction(99, 100), ratio, 1, 0, 0, 0, ratio)
    assume(ratio.numerator < ratio.denominator)
    consumed = assessment.burn_rate

    assert consumed is not None
    assert Fraction(str(assessment.attained)) <= Fraction(*ratio) * 100
    assert Fraction(str(assessment.coverage)) <= Fraction(*ratio) * 100 < 100
    assert Fraction(str(assessment.budget_consumed)) >= Fraction(*consumed) * 100
    assert Fraction(str(assessment.budget_remaining)) <= (1 - Fraction(*consumed)) * 100


def test_a_target_of_all_that_is_missed_by_one_of_three_million() -> None:
    result = build_result(evaluated(2_999_999, 3_000_000, "100", RulesVersion.V2))
    objective: dict[str, Any] = result["objectives"][0]

    assert (objective["attained"], objective["verdict"], objective["margin"]) == ("99.9999", "missed", "-0.000034")
    assert (objective["attained_without_waivers"], result["performance"]) == ("99.9999", "99.9999")


def test_a_statement_of_version_1_keeps_its_rounding() -> None:
    objective = build_result(evaluated(2_999_999, 3_000_000, "100", RulesVersion.V1))["objectives"][0]
    assert (objective["attained"], objective["attained_without_exclusions"]) == ("100.0000", "100.0000")


def test_a_target_with_more_decimals_gets_as_many() -> None:
    objective = build_result(evaluated(99_999_950, 100_000_000, "99.99995", RulesVersion.V2))["objectives"][0]
    assert (objective["attained"], objective["verdict"]) == ("99.99995", "met")


def test_the_calculator_rounds_half_to_even() -> None:
    figures = round_figures(Assessment(Fraction(1), Ratio(2_999_999, 3_000_000), 1, 0, 0, 0, None))
    assert (str(figures["attained"]), str(figures["margin"])) == ("100.0000", "-0.000034")


@pytest.mark.parametrize(("events", "is_firing"), [(14, False), (15, True)])
def test_a_rate_that_fires_never_looks_as_if_it_did_not(events: int, is_firing: bool) -> None:
    threshold = Fraction(144_999, 10_000)
    rate = Ratio(events, 1) if not is_firing else Ratio(1_450_001, 100_000)
    burn_rate = BurnRate(BURN_RATE_RULES[0], rate, rate, threshold)

    assert burn_rate.shown_rate is not None
    assert (burn_rate.shown_rate > burn_rate.shown_threshold) == burn_rate.is_firing == is_firing
