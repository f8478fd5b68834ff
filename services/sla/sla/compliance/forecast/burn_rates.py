"""Multi-window burn rates: they fire if an error budget is spent too fast, both now and for some time.

Source: Google SRE workbook, chapter 5. The threshold for spending a share p of the budget within w is p * period / w.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from sla.agreements.objectives import MeasuredObjective, Objective, PercentileObjective
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Assessment
from sla.compliance.evaluation.error_budget import compute_burn_rate, compute_burn_threshold
from sla.compliance.evaluation.evidence import PeriodEvidence, minutes_between, observations_between
from sla.compliance.evaluation.exclusion_masks import mask_excluded
from sla.compliance.evaluation.objective_kinds import assess_measured, assess_percentile
from sla.compliance.evaluation.ratios import Ratio, percent_to_fraction
from sla.compliance.evaluation.windows import build_service_window


class BurnRateRule(NamedTuple):
    long_window: timedelta
    short_window: timedelta
    """A twelfth of the long one, so that an alert ends soon after the budget is no longer spent too fast."""
    budget_share: Fraction

    @property
    def name(self) -> str:
        return f"PT{self.long_window // timedelta(hours=1)}H"


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
        return all(rate is not None and _exceeds(rate, self.threshold) for rate in rates)

    @property
    def rounded_rate(self) -> Decimal:
        return self.long_window_rate.to_decimal(3) if self.long_window_rate else Decimal(0)

    @property
    def rounded_threshold(self) -> Decimal:
        return Ratio(self.threshold.numerator, self.threshold.denominator).to_decimal(3)


def compute_burn_rates(
    objective: Objective, terms: Terms, until: datetime, period: timedelta, evidence: PeriodEvidence
) -> Iterator[BurnRate]:
    """Yield the burn rate of each rule at `until`; `period`: how long the budget has to last, in real time."""
    if not isinstance(objective, MeasuredObjective | PercentileObjective):
        return
    for rule in BURN_RATE_RULES:
        long_rate = _burn_rate(rule.long_window, objective, terms, until, evidence)
        short_rate = _burn_rate(rule.short_window, objective, terms, until, evidence)
        threshold = compute_burn_threshold(rule.budget_share, rule.long_window, period)
        yield BurnRate(rule, long_rate, short_rate, threshold)


def _burn_rate(
    length: timedelta,
    objective: MeasuredObjective | PercentileObjective,
    terms: Terms,
    until: datetime,
    evidence: PeriodEvidence,
) -> Ratio | None:
    attained = _assess_last(length, objective, terms, until, evidence).ratio
    target = percent_to_fraction(objective.target)
    return compute_burn_rate(attained, target) if attained and target < 1 else None


def _assess_last(
    length: timedelta,
    objective: MeasuredObjective | PercentileObjective,
    terms: Terms,
    until: datetime,
    evidence: PeriodEvidence,
) -> Assessment:
    """Assess the stretch of time of this length up to `until`, or what was measured of it."""
    by_indicator = evidence.observations if isinstance(objective, PercentileObjective) else evidence.minutes
    start = max(until - length, by_indicator[objective.indicator_id].start)
    window = build_service_window(terms, start, until)
    excluded = mask_excluded(evidence.exclusions, objective.id, window)
    if isinstance(objective, PercentileObjective):
        observations = observations_between(evidence.observations[objective.indicator_id], start, until)
        return assess_percentile(objective, observations, window.in_service, excluded).assessment
    minutes = minutes_between(evidence.minutes[objective.indicator_id], start, until)
    return assess_measured(objective, minutes, window.in_service, excluded).assessment


def _exceeds(rate: Ratio, threshold: Fraction) -> bool:
    return rate.numerator * threshold.denominator > threshold.numerator * rate.denominator
