"""Multi-window burn rates: they fire if an error budget is spent too fast, both now and for some time.

Source: Google SRE workbook, chapter 5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import NamedTuple

from sla.agreements.objectives import MeasuredObjective, Objective, PercentileObjective
from sla.compliance.evaluation.evaluation_context import EvaluationContext
from sla.compliance.evaluation.ratios import RATE_PLACES, Ratio
from sla.hours.durations import format_duration
from sla.hours.spans import ONE_MICROSECOND


class BurnRateRule(NamedTuple):
    long_window: timedelta
    short_window: timedelta
    """A twelfth of the long one, so that an alert ends soon after the budget is no longer spent too fast."""
    budget_share: Fraction

    @property
    def name(self) -> str:
        return f"PT{self.long_window // timedelta(hours=1)}H"

    @property
    def short_name(self) -> str:
        return format_duration(self.short_window // ONE_MICROSECOND)

    def compute_threshold(self, period: timedelta) -> Fraction:
        """Return the burn rate that spends this share of the period's budget within the long window."""
        return self.budget_share * Fraction(period // ONE_MICROSECOND, self.long_window // ONE_MICROSECOND)


BURN_RATE_RULES = tuple(
    BurnRateRule(timedelta(hours=hours), timedelta(hours=hours) / 12, Fraction(percent, 100))
    for hours, percent in ((1, 2), (6, 5), (24, 10), (72, 10))
)
LONGEST_WINDOW = max(rule.long_window for rule in BURN_RATE_RULES)


@dataclass(frozen=True, slots=True)
class BurnRate:
    rule: BurnRateRule
    long_window_rate: Ratio | None
    """None where nothing was measured, or the target leaves no budget."""
    short_window_rate: Ratio | None
    threshold: Fraction

    @property
    def is_firing(self) -> bool:
        rates = (self.long_window_rate, self.short_window_rate)
        return all(rate is not None and rate.excess_over(self.threshold).numerator > 0 for rate in rates)

    @property
    def shown_rate(self) -> Decimal | None:
        """The rate over the long window, cut up."""
        return cut_rate(self.long_window_rate)

    @property
    def shown_threshold(self) -> Decimal:
        """The threshold, cut down: a rate that exceeds it never looks as if it did not."""
        return Ratio(self.threshold.numerator, self.threshold.denominator).to_decimal(RATE_PLACES, ROUND_FLOOR)


def cut_rate(rate: Ratio | None) -> Decimal | None:
    """Shorten a burn rate towards the bad side, which is up."""
    return rate.to_decimal(RATE_PLACES, ROUND_CEILING) if rate else None


def compute_burn_rates(
    context: EvaluationContext, objective: Objective, until: datetime, period: timedelta
) -> Iterator[BurnRate]:
    """Yield the burn rate of each rule at `until`; `period`: how long the budget has to last, in real time.

    Volumes and incidents have none: they are kept or lost as a whole, not spent by the minute.
    """
    if not isinstance(objective, MeasuredObjective | PercentileObjective):
        return
    for rule in BURN_RATE_RULES:
        long_rate, short_rate = (
            _burn_rate(context, objective, until - length, until) for length in (rule.long_window, rule.short_window)
        )
        yield BurnRate(rule, long_rate, short_rate, rule.compute_threshold(period))


def _burn_rate(
    context: EvaluationContext, objective: MeasuredObjective | PercentileObjective, start: datetime, end: datetime
) -> Ratio | None:
    """Return the burn rate from `start` to `end`, or of what was measured of this time."""
    start = max(start, context.evidence.measured_for(objective).start)
    return context.measured_window(objective, start, end).assess().burn_rate
