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
from sla.compliance.assessment import Assessment
from sla.compliance.budget import burn_rate, burn_threshold
from sla.compliance.counting import measured, percentile
from sla.compliance.evidence import Evidence, observed_part, part
from sla.compliance.ratios import Ratio, share
from sla.compliance.taken_out import applying, mask_of
from sla.compliance.windows import window_of


class Rule(NamedTuple):
    lookback: timedelta
    confirmed_over: timedelta
    """A twelfth: else it would fire on long after the burning has stopped."""
    budget_share: Fraction

    @property
    def name(self) -> str:
        return f"PT{self.lookback // timedelta(hours=1)}H"


RULES = tuple(
    Rule(timedelta(hours=hours), timedelta(hours=hours) / 12, Fraction(percent, 100))
    for hours, percent in ((1, 2), (6, 5), (24, 10), (72, 10))
)
LONGEST = max(rule.lookback for rule in RULES)


@dataclass(frozen=True, slots=True)
class Burn:
    rule: Rule
    rate: Ratio | None
    """None where nothing was measured, or the target leaves no budget."""
    recent: Ratio | None
    """Over the short window."""
    threshold: Fraction

    @property
    def firing(self) -> bool:
        return all(rate is not None and _exceeds(rate, self.threshold) for rate in (self.rate, self.recent))

    @property
    def shown_rate(self) -> Decimal:
        return self.rate.decimal(3) if self.rate else Decimal(0)

    @property
    def shown_threshold(self) -> Decimal:
        return Ratio(self.threshold.numerator, self.threshold.denominator).decimal(3)


def burns(objective: Objective, terms: Terms, until: datetime, period: timedelta, evidence: Evidence) -> Iterator[Burn]:
    """By every rule, at one instant; `period`: how long the budget has to last, in real time."""
    if not isinstance(objective, MeasuredObjective | PercentileObjective):
        return
    for rule in RULES:
        rates = [_rate(objective, terms, until, length, evidence) for length in rule[:2]]
        yield Burn(rule, rates[0], rates[1], burn_threshold(rule.budget_share, rule.lookback, period))


def _rate(
    objective: MeasuredObjective | PercentileObjective,
    terms: Terms,
    until: datetime,
    length: timedelta,
    evidence: Evidence,
) -> Ratio | None:
    found = _found(objective, terms, until, length, evidence)
    target = share(objective.target)
    return burn_rate(found.ratio, target) if found.ratio and target < 1 else None


def _found(
    objective: MeasuredObjective | PercentileObjective,
    terms: Terms,
    until: datetime,
    length: timedelta,
    evidence: Evidence,
) -> Assessment:
    if isinstance(objective, PercentileObjective):
        observed = evidence.observations[objective.indicator_id]
        start = max(until - length, observed.start)
        window = window_of(terms, start, until)
        recent = observed_part(observed, start, until)
        out = mask_of(applying(evidence.exclusions, objective.id), window).all
        return percentile(objective, recent, window.in_service, out).found
    minutes = evidence.minutes[objective.indicator_id]
    start = max(until - length, minutes.start)
    window = window_of(terms, start, until)
    out = mask_of(applying(evidence.exclusions, objective.id), window).all
    return measured(objective, part(minutes, start, until), window.in_service, out).found


def _exceeds(rate: Ratio, threshold: Fraction) -> bool:
    return rate.part * threshold.denominator > threshold.numerator * rate.whole
