"""Service credits: what a missed objective owes, by the ladder the agreement names, of the charge for the period."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from sla.agreements.terms import Rounding
from sla.compliance.ratios import Ratio, share
from sla.hours.spans import MICROSECOND
from sla.hours.zones import zone_named

_CENTS = 100


class Step(NamedTuple):
    below: Decimal
    """Percent: an attainment under it, not one equal to it, owes the credit."""
    percent: Decimal


class Charge(NamedTuple):
    monthly: Decimal
    months: Fraction
    """Of which the period consists: its days, each a part of its own month."""

    @property
    def amount(self) -> Fraction:
        return Fraction(self.monthly) * self.months


def charge_of(monthly: Decimal, start: datetime, end: datetime, timezone: str) -> Charge:
    """For the local days of a period that begins and ends at midnight; of an open one, up to and including today."""
    zone = zone_named(timezone)
    day, last = start.astimezone(zone).date(), (end - MICROSECOND).astimezone(zone).date()
    months = Fraction(0)
    while day <= last:
        length = monthrange(day.year, day.month)[1]
        month_end = day.replace(day=length)
        months += Fraction((min(last, month_end) - day).days + 1, length)
        day = month_end + timedelta(days=1)
    return Charge(monthly, months)


def credit_percent(attained: Ratio, ladder: Sequence[Step]) -> Decimal:
    """The highest credit among the thresholds missed, 0 when none is. Compares the exact attainment."""
    return max((step.percent for step in ladder if not attained.reaches(share(step.below))), default=Decimal(0))


def credit_owed(percents: Iterable[Decimal], cap: Decimal, charge: Fraction, rounding: Rounding) -> Decimal:
    """The credits of all missed objectives together, capped, of the charge; to the cent, as agreed."""
    return to_cents(share(min(sum(percents, Decimal(0)), cap)) * charge, rounding)


def to_cents(amount: Fraction, rounding: Rounding) -> Decimal:
    """Exact: an amount of a hair over half a cent is over it."""
    cents, rest = divmod(amount.numerator * _CENTS, amount.denominator)
    if rounding is Rounding.UP:
        cents += rest > 0
    elif rounding is Rounding.HALF_UP:
        cents += 2 * rest >= amount.denominator
    return Decimal(cents).scaleb(-2)
