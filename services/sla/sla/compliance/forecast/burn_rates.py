"""Multi-window burn rates: whether an error budget is spent so fast, now and for some time, that somebody should look.

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
from sla.compliance.evaluation.exclusion_masks import build_exclusion_mask, exclusions_of_objective
from sla.compliance.evaluation.objective_kinds import assess_measured, assess_percentile
from sla.compliance.evaluation.ratios import Ratio, percent_to_fraction
from sla.compliance.evaluation.windows import build_service_window


class BurnRateRule(NamedTuple):
    long_window: timedelta
    short_window: timedelta
    """A twelfth: else it would fire on long after the burning has stopped."""
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
    """Over the short window."""
    threshold: Fraction

    @property
    def is_firing(self) -> bool:
        return all(
            rate is not None and _exceeds(rate, self.threshold)
            for rate in (self.long_window_rate, self.short_window_rate)
        )

    @property
    def rounded_rate(self) -> Decimal:
        return self.long_window_rate.to_decimal(3) if self.long_window_rate else Decimal(0)

    @property
    def rounded_threshold(self) -> Decimal:
        return Ratio(self.threshold.numerator, self.threshold.denominator).to_decimal(3)


def compute_burn_rates(
    objective: Objective, terms: Terms, until: datetime, period: timedelta, evidence: PeriodEvidence
) -> Iterator[BurnRate]:
    """By every rule, at one instant; `period`: how long the budget has to last, in real time."""
    if not isinstance(objective, MeasuredObjective | PercentileObjective):
        return
    for rule in BURN_RATE_RULES:
        rates = [_rate(objective, terms, until, length, evidence) for length in rule[:2]]
        yield BurnRate(rule, rates[0], rates[1], compute_burn_threshold(rule.budget_share, rule.long_window, period))


def _rate(
    objective: MeasuredObjective | PercentileObjective,
    terms: Terms,
    until: datetime,
    length: timedelta,
    evidence: PeriodEvidence,
) -> Ratio | None:
    found = _found(objective, terms, until, length, evidence)
    target = percent_to_fraction(objective.target)
    return compute_burn_rate(found.ratio, target) if found.ratio and target < 1 else None


def _found(
    objective: MeasuredObjective | PercentileObjective,
    terms: Terms,
    until: datetime,
    length: timedelta,
    evidence: PeriodEvidence,
) -> Assessment:
    if isinstance(objective, PercentileObjective):
        observed = evidence.observations[objective.indicator_id]
        start = max(until - length, observed.start)
        window = build_service_window(terms, start, until)
        recent = observations_between(observed, start, until)
        out = build_exclusion_mask(exclusions_of_objective(evidence.exclusions, objective.id), window).all
        return assess_percentile(objective, recent, window.in_service, out).assessment
    minutes = evidence.minutes[objective.indicator_id]
    start = max(until - length, minutes.start)
    window = build_service_window(terms, start, until)
    out = build_exclusion_mask(exclusions_of_objective(evidence.exclusions, objective.id), window).all
    return assess_measured(objective, minutes_between(minutes, start, until), window.in_service, out).assessment


def _exceeds(rate: Ratio, threshold: Fraction) -> bool:
    return rate.part * threshold.denominator > threshold.numerator * rate.whole
