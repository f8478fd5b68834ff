"""Single values as observations: each lands in a bucket of 2 ** (1 / 256), so that an edge is at most 0.3 % away."""

from decimal import Decimal
from functools import cache

import numpy as np

from sla.measurements.histograms.bucket_layout import FINEST_SCHEMA, INDEX_OFFSET, OVERFLOW_KEY, BucketLayout
from sla.measurements.histograms.increases import Increases
from sla.measurements.minutes import MINUTE_MS
from sla.measurements.samples import START_MARKER, Floats, Ints, Samples, first_of_instant_mask

VALUE_LAYOUT = BucketLayout(FINEST_SCHEMA)
_STEPS = 1 << FINEST_SCHEMA


def compute_value_increases(values: Samples, holds: int) -> Increases:
    """`values` is a set. Of two in conflict the larger one stands; a value speaks for the minutes until the next."""
    values = values.pick(values.value != START_MARKER)
    if not len(values):
        none = np.zeros(0, np.int64)
        return Increases((), *[none] * 6)
    at_first = first_of_instant_mask(values)
    real = ~np.isnan(values.value)
    rank = np.where(real, np.arange(len(values)), -1)
    last = np.maximum.reduceat(rank, np.flatnonzero(at_first))
    instant, said = values.pick(at_first), last >= 0
    until = np.maximum(instant.at, np.minimum(instant.at + holds - 1, _next(instant) - 1))
    at, value = instant.at[said], values.value[last[said]]
    ones = np.ones(len(at), np.int64)
    return Increases((VALUE_LAYOUT,), at, 0 * ones, bucket_keys(value), ones, at, until[said])


def _next(instant: Samples) -> Ints:
    """The start of the minute in which the series is heard of again."""
    following = np.full(len(instant), 2**62, np.int64)
    same = instant.series[1:] == instant.series[:-1]
    following[:-1][same] = instant.at[1:][same] // MINUTE_MS * MINUTE_MS
    return following


def bucket_keys(value: Floats) -> Ints:
    """The buckets that values lie in; an infinite one lies above every edge."""
    finite = np.where(np.isinf(value), 0.0, value)
    fraction, exponent = np.frexp(np.abs(finite))
    index = _STEPS * (exponent.astype(np.int64) - 1) + np.searchsorted(_edges(), 2 * fraction)
    key = np.where(finite > 0, INDEX_OFFSET + index, -INDEX_OFFSET - index)
    return np.where(finite == 0, np.where(np.isinf(value), OVERFLOW_KEY, 0), key)


@cache
def _edges() -> Floats:
    return np.array([float(Decimal(2) ** (Decimal(step) / _STEPS)) for step in range(_STEPS)])
