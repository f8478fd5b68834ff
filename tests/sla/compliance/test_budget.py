"""Error budgets, burn rates and credits at their boundaries."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from sla.compliance.budget import affordable, burn_rate, burn_threshold, error_budget
from sla.compliance.credits import Step, credit_owed, credit_percent
from sla.compliance.ratios import Ratio, sum_of

LADDER = [Step(Decimal("99.9"), Decimal(5)), Step(Decimal("99.0"), Decimal(10)), Step(Decimal("95.0"), Decimal(25))]


def test_a_burn_rate_that_floats_get_wrong() -> None:
    assert Fraction(*burn_rate(Ratio(9856, 10_000), Fraction(999, 1000))) == Fraction("14.4")


def test_an_overspent_budget_is_negative() -> None:
    budget = error_budget(Ratio(60, 100), Fraction(95, 100))
    assert budget is not None
    assert (budget.consumed.percent(3), budget.remaining.percent(3)) == (Decimal("800.000"), Decimal("-700.000"))


def test_no_budget_under_a_target_of_all() -> None:
    assert error_budget(Ratio(1, 1), Fraction(1)) is None


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
    ],
)
def test_burn_thresholds(days: int, percent: int, lookback: timedelta, threshold: str) -> None:
    assert burn_threshold(Fraction(percent, 100), lookback, timedelta(days=days)) == Fraction(threshold)


def test_what_can_still_be_afforded() -> None:
    month = 30 * 86_400
    assert affordable(Fraction(999, 1000), month, 0) == 2592
    assert affordable(Fraction(999, 1000), month, 2593) == -1
    assert affordable(Fraction(1), month, 0) == 0
    assert affordable(Fraction(2, 3), 10, 0) == 3


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(999, 1000, 0), (9990, 10_000, 0), (9_989_999, 10_000_000, 5), (990, 1000, 5), (989_999, 10**6, 10),
     (95, 100, 10), (94_999, 10**5, 25), (0, 1, 25), (1, 1, 0)],
)  # fmt: skip
def test_the_ladder_at_its_steps(part: int, whole: int, percent: int) -> None:
    assert credit_percent(Ratio(part, whole), LADDER) == percent


@pytest.mark.parametrize(
    ("percents", "cap", "charge", "owed"),
    [
        ([], 100, "12000", "0.00"),
        ([5, 10], 100, "12000", "1800.00"),
        ([25, 25], 30, "12000", "3600.00"),
        ([5], 100, "0.10", "0.01"),
        ([5], 100, "0.09", "0.00"),
        ([5], 0, "12000", "0.00"),
    ],
)
def test_credits_are_capped_and_rounded(percents: list[int], cap: int, charge: str, owed: str) -> None:
    assert str(credit_owed(map(Decimal, percents), Decimal(cap), Decimal(charge))) == owed


@pytest.mark.parametrize(
    ("part", "whole", "places", "shown"),
    [(1, 3, 4, "33.3333"), (2, 3, 4, "66.6667"), (1, 1600, 3, "0.062"), (3, 1600, 3, "0.188"), (-1, 3, 3, "-33.333"),
     (-1, 1600, 3, "-0.062"), (0, 7, 4, "0.0000")],
)  # fmt: skip
def test_percentages_round_half_to_even(part: int, whole: int, places: int, shown: str) -> None:
    assert str(Ratio(part, whole).percent(places)) == shown


def test_sums_of_none_and_one() -> None:
    assert sum_of([]) == (0, 1)
    assert sum_of([Ratio(1, 2)]) == (1, 2)
    assert Fraction(*sum_of([Ratio(1, 2), Ratio(1, 3), Ratio(1, 6)])) == 1
