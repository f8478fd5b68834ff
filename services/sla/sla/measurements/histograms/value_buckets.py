"""Single values as observations: each lies in a bucket of width 2 ** (1 / 256), so an edge is at most 0.3 % away."""

from decimal import Decimal
from functools import cache

import numpy as np

from sla.measurements.histograms.bucket_layout import FINEST_SCHEMA, INDEX_OFFSET, OVERFLOW_KEY, BucketLayout
from sla.measurements.histograms.histogram_increases import Increases
from sla.measurements.minutes import held_until
from sla.measurements.samples import START_MARKER, Floats, Ints, Samples, first_of_instant_mask

VALUE_LAYOUT = BucketLayout(FINEST_SCHEMA)
_STEPS = 1 << FINEST_SCHEMA


def compute_value_increases(values: Samples, hold_ms: int) -> Increases:
    """Turn a set of values into increases by one. Of two in conflict the larger one stands.

    A value makes the minutes until the next one known, while it holds.
    """
    values = values.pick(values.value != START_MARKER)
    is_first = first_of_instant_mask(values)
    rank = np.where(np.isnan(values.value), -1, np.arange(len(values)))
    largest = np.maximum.reduceat(rank, np.flatnonzero(is_first))
    instants, has_value = values.pick(is_first), largest >= 0
    until = held_until(instants, hold_ms)[has_value]
    at, value = instants.at[has_value], values.value[largest[has_value]]
    amount = np.ones(len(at), np.int64)
    return Increases((VALUE_LAYOUT,), at, 0 * amount, bucket_keys(value), amount, at, until)


def bucket_keys(value: Floats) -> Ints:
    """Return the keys of the buckets in which values lie; an infinite one lies above every edge."""
    finite = np.where(np.isinf(value), 0.0, value)
    fraction, exponent = np.frexp(np.abs(finite))
    index = _STEPS * (exponent.astype(np.int64) - 1) + np.searchsorted(_edges(), 2 * fraction)
    key = np.where(finite > 0, INDEX_OFFSET + index, -INDEX_OFFSET - index)
    return np.where(finite == 0, np.where(np.isinf(value), OVERFLOW_KEY, 0), key)


@cache
def _edges() -> Floats:
    return np.array([float(Decimal(2) ** (Decimal(step) / _STEPS)) for step in range(_STEPS)])
