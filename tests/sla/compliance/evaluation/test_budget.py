"""Error budgets, burn rates and credits at their boundaries."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from common.views import Money
from sla.agreements.terms import CreditStep, Rounding
from sla.compliance.evaluation.assessment import Assessment
from sla.compliance.evaluation.credits import (
    PeriodCharge,
    compute_charge,
    compute_credit_owed,
    compute_credit_percent,
    round_to_smallest_unit,
)
from sla.compliance.evaluation.ratios import Ratio, sum_ratios
from sla.compliance.forecast.burn_rates import BurnRateRule

LADDER = [
    CreditStep(below=Decimal("99.9"), percent=Decimal(5)),
    CreditStep(below=Decimal("99.0"), percent=Decimal(10)),
    CreditStep(below=Decimal("95.0"), percent=Decimal(25)),
]


def assessment_of(ratio: Ratio, target: Fraction) -> Assessment:
    return Assessment(target, ratio, 100, 40, 0, 0, Ratio(1, 1))


def test_a_burn_rate_that_floats_get_wrong() -> None:
    burn_rate = assessment_of(Ratio(9856, 10_000), Fraction(999, 1000)).burn_rate
    assert burn_rate is not None
    assert Fraction(*burn_rate) == Fraction("14.4")


def test_an_overspent_budget_is_negative() -> None:
    assessment = assessment_of(Ratio(60, 100), Fraction(95, 100))
    assert (assessment.budget_consumed, assessment.budget_remaining) == (Decimal("800.000"), Decimal("-700.000"))


def test_no_budget_under_a_target_of_all() -> None:
    assert assessment_of(Ratio(1, 1), Fraction(1)).burn_rate is None


@pytest.mark.parametrize(
    ("days", "percent", "lookback", "threshold"),
    [
        (30, 2, timedelta(hours=1), "14.4"),
        (30, 5, timedelta(hours=6), "6"),
        (30, 10, timedelta(days=1), "3"),
        (30, 10, timedelta(days=3), "1"),
        (28, 2, timedelta(hours=1), "13.44"),
        (28, 5, timedelta(hours=6), "5.6"),
        (28, 10, timedelta(days=1), "2.8"),
        (28, 10, timedelta(days=3), "14/15"),
    ],
)
def test_burn_thresholds(days: int, percent: int, lookback: timedelta, threshold: str) -> None:
    rule = BurnRateRule(lookback, lookback / 12, Fraction(percent, 100))
    assert rule.compute_threshold(timedelta(days=days)) == Fraction(threshold)


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(999, 1000, 0), (9990, 10_000, 0), (9_989_999, 10_000_000, 5), (990, 1000, 5), (989_999, 10**6, 10),
     (95, 100, 10), (94_999, 10**5, 25), (0, 1, 25), (1, 1, 0)],
)  # fmt: skip
def test_the_ladder_at_its_steps(part: int, whole: int, percent: int) -> None:
    assert compute_credit_percent(Ratio(part, whole), LADDER) == percent


def euros(charge: str) -> PeriodCharge:
    return PeriodCharge(Money(amount=Decimal(charge), currency="EUR"), Fraction(1))


@pytest.mark.parametrize(
    ("percents", "cap", "charge", "owed"),
    [
        ([], 100, "12000", ("0.00", "0.00", "0.00")),
        ([5, 10], 100, "12000", ("1800.00", "1800.00", "1800.00")),
        ([25, 25], 30, "12000", ("3600.00", "3600.00", "3600.00")),
        ([5], 100, "0.10", ("0.00", "0.01", "0.01")),
        ([5], 100, "0.09", ("0.00", "0.00", "0.01")),
        ([5], 0, "12000", ("0.00", "0.00", "0.00")),
    ],
)
def test_credits_are_capped_and_rounded(percents: list[int], cap: int, charge: str, owed: tuple[str, str, str]) -> None:
    directions = (Rounding.DOWN, Rounding.HALF_UP, Rounding.UP)
    credits_owed = [
        compute_credit_owed(map(Decimal, percents), Decimal(cap), euros(charge), rounding) for rounding in directions
    ]
    assert tuple(map(str, credits_owed)) == owed


def test_a_hair_over_half_a_cent_is_over_it() -> None:
    amount = Fraction(5, 1000) + Fraction(1, 10**40)
    assert str(round_to_smallest_unit(amount, "EUR", Rounding.HALF_UP)) == "0.01"
    assert str(round_to_smallest_unit(Fraction(4999999, 10**9), "EUR", Rounding.HALF_UP)) == "0.00"


@pytest.mark.parametrize(
    ("currency", "down", "half_up", "up"),
    [("JPY", "12", "13", "13"), ("KWD", "12.500", "12.500", "12.501"), ("CLF", "12.5004", "12.5005", "12.5005"),
     ("CHF", "12.50", "12.50", "12.51")],
)  # fmt: skip
def test_credits_are_paid_in_the_units_the_currency_has(currency: str, down: str, half_up: str, up: str) -> None:
    amount = Fraction("12.50045")
    directions = (Rounding.DOWN, Rounding.HALF_UP, Rounding.UP)
    assert [str(round_to_smallest_unit(amount, currency, rounding)) for rounding in directions] == [down, half_up, up]


PARIS = "Europe/Paris"


@pytest.mark.parametrize(
    ("first", "after", "months"),
    [
        ("2026-01-01", "2026-02-01", "1"),
        ("2026-01-15", "2026-02-01", "17/31"),
        ("2026-01-01", "2026-04-01", "3"),
        ("2026-01-15", "2026-04-01", "79/31"),
        ("2024-02-29", "2024-03-02", "60/899"),
        ("2025-12-01", "2026-12-01", "12"),
        ("2026-03-29", "2026-03-30", "1/31"),
    ],
)
def test_the_charge_is_for_the_days_of_the_period(first: str, after: str, months: str) -> None:
    """The day of 23 hours is a day."""
    start, end = (datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(PARIS)) for day in (first, after))
    charge = compute_charge(
        Money(amount=Decimal(3100), currency="EUR"), start.astimezone(UTC), end.astimezone(UTC), PARIS
    )
    assert (charge.months, charge.amount) == (Fraction(months), 3100 * Fraction(months))


@pytest.mark.parametrize(
    ("part", "whole", "places", "written"),
    [(1, 3, 4, "33.3333"), (2, 3, 4, "66.6667"), (1, 1600, 3, "0.062"), (3, 1600, 3, "0.188"), (-1, 3, 3, "-33.333"),
     (-1, 1600, 3, "-0.062"), (0, 7, 4, "0.0000")],
)  # fmt: skip
def test_percentages_round_half_to_even(part: int, whole: int, places: int, written: str) -> None:
    assert str(Ratio(part, whole).to_percent(places)) == written


def test_sums_of_none_and_one() -> None:
    assert sum_ratios([]) == (0, 1)
    assert sum_ratios([Ratio(1, 2)]) == (1, 2)
    assert Fraction(*sum_ratios([Ratio(1, 2), Ratio(1, 3), Ratio(1, 6)])) == 1
