"""Keys that name a group of rows and a bucket in one number, and sums by such a key."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sla.measurements.samples import Ints, begins_group

_KEY_BITS = 25
_KEY_BIAS = 1 << (_KEY_BITS - 1)


def encode_group_keys(group: NDArray[Any], key: NDArray[Any]) -> Ints:
    """Join a group (a layout, a pair, a minute) and a key of a bucket into one number that is ordered as both."""
    return np.asarray((group.astype(np.int64, copy=False) << _KEY_BITS) + (key + _KEY_BIAS))


def decode_group_keys(group_keys: Ints) -> tuple[Ints, Ints]:
    """Split joined numbers into groups and keys."""
    return group_keys >> _KEY_BITS, (group_keys & ((1 << _KEY_BITS) - 1)) - _KEY_BIAS


def sum_by_key(keys: Ints, amount: NDArray[Any]) -> tuple[Ints, NDArray[Any]]:
    """Return each key once, in order, and the sum of its amounts."""
    order = np.argsort(keys)
    ordered = keys[order]
    starts = np.flatnonzero(begins_group(ordered))
    return ordered[starts], np.add.reduceat(amount[order], starts)
