"""Service credits: what a missed objective owes, by the ladder the agreement names."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from sla.compliance.ratios import Ratio, share

_CENT = Decimal("0.01")


class Step(NamedTuple):
    below: Decimal
    """Percent: an attainment under it, not one equal to it, owes the credit."""
    percent: Decimal


def credit_percent(attained: Ratio, ladder: Sequence[Step]) -> Decimal:
    """The highest credit among the thresholds missed, 0 when none is. Compares the exact attainment."""
    return max((step.percent for step in ladder if not attained.reaches(share(step.below))), default=Decimal(0))


def credit_owed(percents: Iterable[Decimal], cap: Decimal, charge: Decimal) -> Decimal:
    """The credits of all missed objectives together, capped, of the charge; cents, half a cent rounded up."""
    return (min(sum(percents, Decimal(0)), cap) * charge / 100).quantize(_CENT, ROUND_HALF_UP)
