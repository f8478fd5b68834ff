"""Exact shares: numerator and denominator stay integers until a figure is printed."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import NamedTuple

PERCENT_PLACES, MOST_PERCENT_PLACES = 4, 12
"""Decimals of a percentage as it is shown; more of them where the target has more."""
RATE_PLACES = 3
"""Decimals of burn rates, and of what is consumed of an error budget."""


class Ratio(NamedTuple):
    """A share that is not reduced: of numbers with a million digits, the common divisor would take minutes."""

    numerator: int
    denominator: int
    """More than 0."""

    def reaches(self, target: Fraction) -> bool:
        return self.numerator * target.denominator >= target.numerator * self.denominator

    def excess_over(self, target: Fraction) -> "Ratio":
        """Return by how much the target is exceeded; negative below it."""
        numerator = self.numerator * target.denominator - target.numerator * self.denominator
        return Ratio(numerator, self.denominator * target.denominator)

    @property
    def complement(self) -> "Ratio":
        """The share that is missing to one."""
        return Ratio(self.denominator - self.numerator, self.denominator)

    def plus(self, other: "Ratio") -> "Ratio":
        numerator = self.numerator * other.denominator + other.numerator * self.denominator
        return Ratio(numerator, self.denominator * other.denominator)

    def divided_by(self, divisor: Fraction) -> "Ratio":
        return Ratio(self.numerator * divisor.denominator, self.denominator * divisor.numerator)

    def to_percent(self, places: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
        """Shorten to a figure to show, never to compare."""
        return Ratio(self.numerator * 100, self.denominator).to_decimal(places, rounding)

    def to_percent_outward(self, places: int) -> Decimal:
        """Round away from zero, so that the sign shows however small the figure is."""
        size = -(-abs(self.numerator) * 100 * 10**places // self.denominator)
        return Decimal(size if self.numerator > 0 else -size).scaleb(-places)

    def to_decimal(self, places: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
        quotient, remainder = divmod(self.numerator * 10**places, self.denominator)
        is_over_half = 2 * remainder > self.denominator or (2 * remainder == self.denominator and quotient % 2 == 1)
        up = {ROUND_FLOOR: False, ROUND_CEILING: remainder > 0, ROUND_HALF_EVEN: is_over_half}[rounding]
        return Decimal(quotient + up).scaleb(-places)


def ratio_or_none(numerator: int, denominator: int) -> Ratio | None:
    return Ratio(numerator, denominator) if denominator else None


def cut_percent(ratio: Ratio | None, places: int = PERCENT_PLACES) -> Decimal | None:
    """Return the percentage of something good, cut down: what is shown is never better than what it is."""
    return ratio.to_percent(places, ROUND_FLOOR) if ratio else None


def places_to_tell(threshold: Fraction) -> int:
    """Return how many decimals a percentage needs so that, cut down, it reaches the threshold only if it does."""
    places = PERCENT_PLACES
    while (threshold * 10 ** (places + 2)).denominator > 1 and places < MOST_PERCENT_PLACES:
        places += 1
    return places


def percent_to_fraction(percent: Decimal) -> Fraction:
    return Fraction(percent) / 100


def sum_ratios(ratios: list[Ratio]) -> Ratio:
    """Add up as a tree, so that large numbers only meet large numbers."""
    while len(ratios) > 1:
        pairs = zip(ratios[::2], ratios[1::2], strict=False)
        ratios = [first.plus(second) for first, second in pairs] + ratios[len(ratios) - len(ratios) % 2 :]
    return ratios[0] if ratios else Ratio(0, 1)
