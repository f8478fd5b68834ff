"""Minutes computed from what Prometheus holds, one reading after the other, as the documentation defines them."""

import math
from collections.abc import Iterable
from itertools import pairwise

from tests.senders.prometheus import Readings

Counts = dict[int, int]
"""By minute, counted from 1970."""


def minute(at: float) -> int:
    return math.floor(at / 60)


def probes(all_series: Iterable[Readings]) -> tuple[Counts, Counts]:
    """Good and all readings of a probe."""
    good: Counts = {}
    total: Counts = {}
    for readings in all_series:
        for at, value in readings:
            total[minute(at)] = total.get(minute(at), 0) + 1
            good[minute(at)] = good.get(minute(at), 0) + (value >= 1)
    return good, total


def increases(all_series: Iterable[Readings], holds: float) -> Counts:
    """What counters counted, in the minute of the later of two readings; nothing between readings too far apart."""
    counts: Counts = {}
    for readings in all_series:
        for (before, start), (at, end) in pairwise(readings):
            if at - before <= holds:
                grown = end - start if end >= start else end
                counts[minute(at)] = counts.get(minute(at), 0) + int(grown)
    return counts
