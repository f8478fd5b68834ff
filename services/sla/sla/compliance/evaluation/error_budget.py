"""Error budgets: how much may go wrong under a target, how much of it is spent, and how fast.

Source: Google SRE workbook, chapter 5.
"""

from datetime import timedelta
from fractions import Fraction

from sla.compliance.evaluation.ratios import Ratio


def compute_burn_rate(attained: Ratio | None, target: Fraction) -> Ratio | None:
    """Return how many times faster than the target allows the budget was spent, in the time of `attained`.

    Over the whole window of an objective, that is the share of its budget that is consumed: more than one when it is
    overspent. None where nothing was counted, and for a target of 100 %: there is nothing to spend a share of.
    """
    return attained.complement.divided_by(1 - target) if attained and target < 1 else None


def compute_burn_threshold(budget_share: Fraction, lookback: timedelta, period: timedelta) -> Fraction:
    """Return the burn rate that spends this share of the period's budget within the lookback."""
    return budget_share * Fraction(period // timedelta(microseconds=1), lookback // timedelta(microseconds=1))


def compute_affordable_amount(target: Fraction, in_scope: int, bad: int) -> int:
    """Return how much more of `in_scope` may be bad before the target is lost; negative when it is lost."""
    return in_scope * (target.denominator - target.numerator) // target.denominator - bad
