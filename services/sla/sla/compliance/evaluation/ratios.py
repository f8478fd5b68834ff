"""Exact shares: numerator and denominator stay integers until a figure is printed."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class Ratio(NamedTuple):
    """Not reduced: of numbers with a million digits, finding the common divisor would take minutes."""

    part: int
    whole: int
    """More than 0."""

    def reaches(self, target: Fraction) -> bool:
        return self.part * target.denominator >= target.numerator * self.whole

    def excess_over(self, target: Fraction) -> "Ratio":
        """By how much; negative below it."""
        part = self.part * target.denominator - target.numerator * self.whole
        return Ratio(part, self.whole * target.denominator)

    @property
    def complement(self) -> "Ratio":
        """What is missing to one."""
        return Ratio(self.whole - self.part, self.whole)

    def divided_by(self, divisor: Fraction) -> "Ratio":
        return Ratio(self.part * divisor.denominator, self.whole * divisor.numerator)

    def to_percent(self, places: int) -> Decimal:
        """Rounded to the nearest, half to even: a figure to show, never to compare."""
        return Ratio(self.part * 100, self.whole).to_decimal(places)

    def to_percent_outward(self, places: int) -> Decimal:
        """Rounded away from zero: however small it is, its sign is to be seen."""
        size = -(-abs(self.part) * 100 * 10**places // self.whole)
        return Decimal(size if self.part > 0 else -size).scaleb(-places)

    def to_decimal(self, places: int) -> Decimal:
        quotient, remainder = divmod(self.part * 10**places, self.whole)
        up = 2 * remainder > self.whole or (2 * remainder == self.whole and quotient % 2 == 1)
        return Decimal(quotient + up).scaleb(-places)


def ratio_or_none(part: int, whole: int) -> Ratio | None:
    return Ratio(part, whole) if whole else None


def rounded_percent(ratio: Ratio | None) -> Decimal | None:
    """As every view and event shows it: percent, with four places."""
    return ratio.to_percent(4) if ratio else None


def percent_to_fraction(percent: Decimal) -> Fraction:
    return Fraction(percent) / 100


def sum_ratios(ratios: list[Ratio]) -> Ratio:
    """Summed as a tree, so that large numbers only meet large numbers."""
    while len(ratios) > 1:
        pairs = zip(ratios[::2], ratios[1::2], strict=False)
        summed = [Ratio(a.part * b.whole + b.part * a.whole, a.whole * b.whole) for a, b in pairs]
        ratios = summed + ratios[len(ratios) - len(ratios) % 2 :]
    return ratios[0] if ratios else Ratio(0, 1)
