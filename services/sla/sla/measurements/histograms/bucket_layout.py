"""Bucket layouts: how a histogram divides numbers into buckets, exponentially or at bounds; edges are exact."""

# Buckets are named by keys that are ordered as their upper edges. With explicit bounds, the key is the place among
# them, and the last bucket has no edge. Exponentially, with base = 2 ** 2 ** -schema, bucket i of the positive side
# holds what lies in (base ** (i - 1), base ** i] and has the key INDEX_OFFSET + i; its mirror on the negative side has
# the negated key; the bucket around zero has the key 0; and OVERFLOW_KEY is for what is in no bucket.

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sla.measurements.samples import Ints

EXPLICIT_SCHEMA = -53
"""The schema of explicit bounds, as in Prometheus."""
FINEST_SCHEMA = 8
COARSEST_SCHEMA = -10
INDEX_OFFSET = 1 << 21
MAX_INDEX = 1 << 20
"""In the finest schema, no float lies in a bucket of a larger index."""
OVERFLOW_KEY = 1 << 23

_SHORT_DECIMALS = Context(prec=12)


@dataclass(frozen=True, slots=True, order=True)
class BucketLayout:
    """The buckets of a histogram. The order of the fields is the order of layouts in stored data."""

    schema: int
    zero_threshold: float = 0.0
    """The upper edge of the bucket around zero, in an exponential layout."""
    bounds: tuple[float, ...] = ()
    """Strictly ascending and finite, in an explicit layout."""

    @property
    def is_explicit(self) -> bool:
        return self.schema == EXPLICIT_SCHEMA

    @property
    def last_key(self) -> int:
        """The key for what lies above every edge."""
        return len(self.bounds) if self.is_explicit else OVERFLOW_KEY

    def last_key_up_to(self, limit: Decimal) -> int:
        """Return the largest key whose bucket, like those of all smaller keys, holds nothing above the limit."""
        if self.is_explicit:
            return bisect_right(self.bounds, limit, key=to_exact_decimal) - 1
        if limit < 0:
            return -INDEX_OFFSET - _clamp_index(-_floor_log(1 / Fraction(-limit), self.schema)) - 1
        if limit < to_exact_decimal(self.zero_threshold):
            return -1
        return INDEX_OFFSET + _clamp_index(_floor_log(Fraction(limit), self.schema)) if limit else 0

    def has_bucket(self, key: int) -> bool:
        """Return whether the layout has such a bucket, empty or not."""
        return 0 <= key <= self.last_key if self.is_explicit else key == 0 or abs(key) > MAX_INDEX

    def upper_edge(self, key: int) -> Decimal | None:
        """Return the upper edge of a bucket, rounded to 12 digits; None if it has none."""
        if key == self.last_key:
            return None
        if self.is_explicit:
            return to_exact_decimal(self.bounds[key])
        if key == 0:
            return to_exact_decimal(self.zero_threshold)
        index = key - INDEX_OFFSET if key > 0 else -key - INDEX_OFFSET - 1
        return _power(index, self.schema) if key > 0 else -_power(index, self.schema)

    def keys_in_coarser(self, keys: Ints, layout: "BucketLayout") -> Ints:
        """Return the keys that buckets of this layout have in a coarser one of its kind."""
        if self.is_explicit:
            places = np.searchsorted(np.array(layout.bounds, np.float64), np.array(self.bounds, np.float64))
            return np.append(places, len(layout.bounds))[keys]
        index = ((np.abs(keys) - INDEX_OFFSET - 1) >> (self.schema - layout.schema)) + 1
        coarser_keys = np.where(keys > 0, INDEX_OFFSET + index, -INDEX_OFFSET - index)
        coarser_keys[
            (keys == 0) | ((layout.zero_threshold > self.zero_threshold) & (self._reach(keys) <= layout.zero_threshold))
        ] = 0
        coarser_keys[keys == OVERFLOW_KEY] = OVERFLOW_KEY
        return coarser_keys

    def is_cut_by(self, layout: "BucketLayout", keys: Ints) -> NDArray[np.bool_]:
        """Return which buckets lie partly in the wider bucket around zero of another exponential layout."""
        if layout.zero_threshold <= self.zero_threshold:
            return np.zeros(len(keys), np.bool_)
        within = (self._reach(keys) > layout.zero_threshold) & (self._reach(keys, 1) < layout.zero_threshold)
        return np.asarray(within & (keys != 0) & (keys != OVERFLOW_KEY))

    def _reach(self, keys: Ints, index_shift: int = 0) -> NDArray[np.float64]:
        """Return how far from zero exponential buckets reach; with an index shift of 1, where they begin."""
        index = np.where((keys == OVERFLOW_KEY) | (keys == 0), 0, np.abs(keys) - INDEX_OFFSET) - index_shift
        with np.errstate(over="ignore", under="ignore"):
            reach = np.exp2(np.ldexp(index.astype(np.float64), -self.schema))
        return np.asarray(np.where(keys == OVERFLOW_KEY, np.inf, reach))


@lru_cache(maxsize=4096)
def _power(index: int, schema: int) -> Decimal:
    return _SHORT_DECIMALS.power(Decimal(2), _SHORT_DECIMALS.multiply(Decimal(index), Decimal(2) ** -schema))


def to_exact_decimal(number: float) -> Decimal:
    """Return the number as it is written: the edge 0.1 is not above the limit 0.1."""
    return Decimal(repr(float(number)))


def merge_layouts(parts: Sequence[tuple[Sequence[BucketLayout], Ints]]) -> tuple[tuple[BucketLayout, ...], Ints]:
    """Join the layouts of parts, and for all their rows the places of layouts, which change thereby."""
    places: dict[BucketLayout, int] = {}
    columns = [np.zeros(0, np.int64)]
    for layouts, column in parts:
        new_places = [places.setdefault(layout, len(places)) for layout in layouts]
        columns.append(np.array(new_places, np.int64)[column])
    return tuple(places), np.concatenate(columns)


def keep_used_layouts(layouts: Sequence[BucketLayout], column: Ints) -> tuple[tuple[BucketLayout, ...], Ints]:
    """Return the layouts that rows use, in order, and for each row the place of its layout among them."""
    used = sorted(np.flatnonzero(np.bincount(column)).tolist(), key=layouts.__getitem__)
    new_places = np.zeros(len(layouts), np.int64)
    new_places[used] = np.arange(len(used))
    return tuple(layouts[place] for place in used), new_places[column]


def _floor_log(number: Fraction, schema: int) -> int:
    """Return the largest i with base ** i <= number."""
    root = max(-schema, 0)
    raised = number ** (1 << max(schema, 0))
    guess = raised.numerator.bit_length() - raised.denominator.bit_length()
    power = guess if Fraction(2) ** guess <= raised else guess - 1
    return power >> root


def _clamp_index(index: int) -> int:
    return max(-MAX_INDEX, min(index, MAX_INDEX))
