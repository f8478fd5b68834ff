"""Service credits: what a missed objective owes, by the ladder the agreement names, of the charge for the period."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from common.currencies import decimal_places
from common.views import Money
from sla.agreements.objectives import CreditStep
from sla.agreements.terms import Rounding
from sla.compliance.evaluation.ratios import Ratio, percent_to_fraction
from sla.hours.spans import ONE_MICROSECOND
from sla.hours.time_zones import load_zone


class PeriodCharge(NamedTuple):
    monthly: Money
    months: Fraction
    """Length of the period: its days, each a part of its own month."""

    @property
    def amount(self) -> Fraction:
        return Fraction(self.monthly.amount) * self.months


def compute_charge(monthly: Money, start: datetime, end: datetime, timezone: str) -> PeriodCharge:
    """Charge for the local days of a period that begins and ends at midnight; an open one is charged up to today."""
    zone = load_zone(timezone)
    day, last = start.astimezone(zone).date(), (end - ONE_MICROSECOND).astimezone(zone).date()
    months = Fraction(0)
    while day <= last:
        length = monthrange(day.year, day.month)[1]
        month_end = day.replace(day=length)
        months += Fraction((min(last, month_end) - day).days + 1, length)
        day = month_end + timedelta(days=1)
    return PeriodCharge(monthly, months)


def compute_credit_percent(attained: Ratio, ladder: Sequence[CreditStep]) -> Decimal:
    """Return the highest credit among the thresholds missed, 0 if none is; compares the exact attainment."""
    return max(
        (step.percent for step in ladder if not attained.reaches(percent_to_fraction(step.below))), default=Decimal(0)
    )


def compute_credit_owed(percents: Iterable[Decimal], cap: Decimal, charge: PeriodCharge, rounding: Rounding) -> Decimal:
    """Add up the credits of all missed objectives, capped, of the charge; rounded as agreed."""
    owed = percent_to_fraction(min(sum(percents, Decimal(0)), cap)) * charge.amount
    return round_to_smallest_unit(owed, charge.monthly.currency, rounding)


def round_to_smallest_unit(amount: Fraction, currency: str, rounding: Rounding) -> Decimal:
    """Round to the smallest unit of the currency, such as the cent; exact: just over half a cent is over it."""
    decimals = decimal_places(currency)
    units, rest = divmod(amount.numerator * 10**decimals, amount.denominator)
    if rounding is Rounding.UP:
        units += rest > 0
    elif rounding is Rounding.HALF_UP:
        units += 2 * rest >= amount.denominator
    return Decimal(units).scaleb(-decimals)
