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
    # Rounded down, because a target is only kept if it is reached.
    targets = sorted(ratio.numerator * 10**6 // ratio.denominator for ratio in attained)
    missed = len(targets) - ceil(len(targets) * _MOST_PERIODS)
    return KeptTargets(targets[0], targets[missed]) if targets else KeptTargets(None, None)
