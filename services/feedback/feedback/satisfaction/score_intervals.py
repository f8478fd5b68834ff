"""Percentages with their 95 % interval. Pure: decimal arithmetic gives the same digits on every machine."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext

from common.representations.percentages import cut_share

Z_97_5 = Decimal("1.959963984540054")
"""The 97.5 % point of the standard normal distribution, to 16 digits."""
DIGITS = 40
"""The digits of every intermediate result; only the final result is rounded."""
HUNDREDTH, PLACES = Decimal("0.01"), 2


@dataclass(frozen=True, slots=True)
class Share:
    """A percentage with its interval, all three with two decimals; low <= score <= high."""

    score: Decimal
    low: Decimal
    high: Decimal


def compute_share(part: int, n: int, population: int, rounding: str = ROUND_FLOOR) -> Share | None:
    """Compute `part` of `n` in percent with its Wilson interval, cut; None when `n` is 0."""
    if n == 0:
        return None
    with localcontext(prec=DIGITS):
        low, high = wilson_interval(part, n, population)
        point = Decimal(part) / n
        ends = (point, min(low, point), max(high, point))
        return Share(*((end * 100).quantize(HUNDREDTH, rounding) for end in ends))


def wilson_interval(part: int, n: int, population: int | None = None) -> tuple[Decimal, Decimal]:
    """Compute the score interval of E. B. Wilson (1927) for a proportion, both ends between 0 and 1.

    In a finite population the standard error shrinks by sqrt((N - n) / (N - 1)): solving the score equation
    with it is the same as having asked n (N - 1) / (N - n) people. Once all have answered nothing is uncertain.
    """
    with localcontext(prec=DIGITS):
        point = Decimal(part) / n
        if population is not None and n >= population:
            return point, point
        size = Decimal(n) if population is None else Decimal(n) * (population - 1) / (population - n)
        centre = point + Z_97_5 * Z_97_5 / (2 * size)
        margin = Z_97_5 * (point * (1 - point) / size + Z_97_5 * Z_97_5 / (4 * size * size)).sqrt()
        scale = 1 + Z_97_5 * Z_97_5 / size
        low = Decimal(0) if part == 0 else (centre - margin) / scale
        high = Decimal(1) if part == n else (centre + margin) / scale
        return low, high


def percentage(part: int, total: int) -> Decimal | None:
    """Return `part` of `total` in percent with two decimals, cut; None when the total is 0."""
    return cut_share(part, total, PLACES) if total else None
