"""Single values as observations: each lands in a bucket of 2 ** (1 / 256), so that an edge is at most 0.3 % away."""

from decimal import Decimal
from functools import cache

import numpy as np

from sla.measurements.layouts import FINEST, MIDDLE, TOP, Layout
from sla.measurements.minutes import MINUTE
from sla.measurements.observing import Observed
from sla.measurements.samples import STARTED, Floats, Ints, Samples, first_of_instant

FINE = Layout(FINEST)
_STEPS = 1 << FINEST


def observed_values(values: Samples, holds: int) -> Observed:
    """`values` is a set. Of two in conflict the larger one stands; a value speaks for the minutes until the next."""
    values = values.pick(values.value != STARTED)
    if not len(values):
        none = np.zeros(0, np.int64)
        return Observed((), *[none] * 6)
    at_first = first_of_instant(values)
    real = ~np.isnan(values.value)
    rank = np.where(real, np.arange(len(values)), -1)
    last = np.maximum.reduceat(rank, np.flatnonzero(at_first))
    instant, said = values.pick(at_first), last >= 0
    until = np.maximum(instant.at, np.minimum(instant.at + holds - 1, _next(instant) - 1))
    at, value = instant.at[said], values.value[last[said]]
    ones = np.ones(len(at), np.int64)
    return Observed((FINE,), at, 0 * ones, keys_of(value), ones, at, until[said])


def _next(instant: Samples) -> Ints:
    """The start of the minute in which the series is heard of again."""
    following = np.full(len(instant), 2**62, np.int64)
    same = instant.series[1:] == instant.series[:-1]
    following[:-1][same] = instant.at[1:][same] // MINUTE * MINUTE
    return following


def keys_of(value: Floats) -> Ints:
    """The buckets that values lie in; an infinite one lies above every edge."""
    finite = np.where(np.isinf(value), 0.0, value)
    fraction, exponent = np.frexp(np.abs(finite))
    index = _STEPS * (exponent.astype(np.int64) - 1) + np.searchsorted(_edges(), 2 * fraction)
    key = np.where(finite > 0, MIDDLE + index, -MIDDLE - index)
    return np.where(finite == 0, np.where(np.isinf(value), TOP, 0), key)


@cache
def _edges() -> Floats:
    return np.array([float(Decimal(2) ** (Decimal(step) / _STEPS)) for step in range(_STEPS)])
