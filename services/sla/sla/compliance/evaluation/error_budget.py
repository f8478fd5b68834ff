"""Error budgets: how much may go wrong under a target, how much of it is spent, and how fast.

Source: Google SRE workbook, chapter 5.
"""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from sla.compliance.evaluation.ratios import Ratio


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    initial: Fraction
    """The share that may be bad."""
    consumed: Ratio
    """Share of the initial budget; more than one when overspent."""

    @property
    def remaining(self) -> Ratio:
        """Share of the initial budget; negative when overspent, never cut off at zero."""
        return self.consumed.complement


def compute_error_budget(attained: Ratio, target: Fraction) -> ErrorBudget | None:
    """Return the budget, or None for a target of 100 %: there is nothing to spend a share of."""
    return ErrorBudget(1 - target, compute_burn_rate(attained, target)) if target < 1 else None


def compute_burn_rate(attained: Ratio, target: Fraction) -> Ratio:
    """Return how many times faster than the target allows the budget was spent, in the time of `attained`."""
    return attained.complement.divided_by(1 - target)


def compute_burn_threshold(budget_share: Fraction, lookback: timedelta, period: timedelta) -> Fraction:
    """Return the burn rate that spends this share of the period's budget within the lookback."""
    return budget_share * Fraction(period // timedelta(microseconds=1), lookback // timedelta(microseconds=1))


def compute_affordable_amount(target: Fraction, in_scope: int, bad: int) -> int:
    """Return how much more of `in_scope` may be bad before the target is lost; negative when it is lost."""
    return in_scope * (target.denominator - target.numerator) // target.denominator - bad
