"""The highest targets that would have been kept, computed from what was attained in each period."""

from collections.abc import Iterable
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from sla.compliance.evaluation.ratios import Ratio

_MOST_PERIODS = Fraction(95, 100)


class KeptTargets(NamedTuple):
    """The highest targets that were kept, in ten-thousandths of a percent; None where no verdict was given."""

    in_all: int | None
    in_95_percent: int | None


def compute_kept_targets(attained: Iterable[Ratio]) -> KeptTargets:
    """Compute the targets from what was attained in each period with a verdict."""
    ratios = sorted(attained, key=lambda ratio: Fraction(*ratio))
    if not ratios:
        return KeptTargets(None, None)
    missed = len(ratios) - ceil(len(ratios) * _MOST_PERIODS)
    return KeptTargets(_round_down(ratios[0]), _round_down(ratios[missed]))


def _round_down(attained: Ratio) -> int:
    """Round down, because a target is only kept if it is reached."""
    return attained.numerator * 10**6 // attained.denominator
