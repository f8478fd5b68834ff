"""How a histogram divides what it observes into buckets: exponentially, or at bounds of its own; edges are exact."""

# Buckets are named by keys that are ordered as their upper edges. With bounds, the key is the place among them, and the
# last bucket has no edge. Exponentially, with base = 2 ** 2 ** -schema, bucket i of the positive side holds what lies
# in (base ** (i - 1), base ** i] and has the key MIDDLE + i; its mirror on the negative side has the negated key; the
# bucket around zero has the key 0; and TOP is for what is in no bucket.

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
"""The schema of bounds, as in Prometheus."""
FINEST_SCHEMA = 8
COARSEST_SCHEMA = -10
INDEX_OFFSET = 1 << 21
MAX_INDEX = 1 << 20
"""Beyond it no index is a number that a float can hold, in the finest schema."""
OVERFLOW_KEY = 1 << 23

_SHOWN = Context(prec=12)


@dataclass(frozen=True, slots=True, order=True)
class BucketLayout:
    schema: int
    zero_threshold: float = 0.0
    """The upper edge of the bucket around zero; of exponential ones."""
    bounds: tuple[float, ...] = ()
    """Strictly ascending and finite; of explicit ones."""

    @property
    def is_explicit(self) -> bool:
        return self.schema == EXPLICIT_SCHEMA

    @property
    def last_key(self) -> int:
        """The key of what lies above every edge."""
        return len(self.bounds) if self.is_explicit else OVERFLOW_KEY

    def last_key_up_to(self, limit: Decimal) -> int:
        """The largest key whose bucket holds nothing above the limit; buckets of smaller keys hold nothing either."""
        if self.is_explicit:
            return bisect_right(self.bounds, limit, key=to_exact_decimal) - 1
        if limit < 0:
            return -INDEX_OFFSET - _near(-_floor_log(1 / Fraction(-limit), self.schema)) - 1
        if limit < to_exact_decimal(self.zero_threshold):
            return -1
        return INDEX_OFFSET + _near(_floor_log(Fraction(limit), self.schema)) if limit else 0

    def has_bucket(self, key: int) -> bool:
        """Whether there is such a bucket, empty or not."""
        return 0 <= key <= self.last_key if self.is_explicit else key == 0 or abs(key) > MAX_INDEX

    def upper_edge(self, key: int) -> Decimal | None:
        """The upper edge of a bucket, to 12 digits where it is no short number; None if it has none."""
        if key == self.last_key:
            return None
        if self.is_explicit:
            return to_exact_decimal(self.bounds[key])
        if key == 0:
            return to_exact_decimal(self.zero_threshold)
        index = key - INDEX_OFFSET if key > 0 else -key - INDEX_OFFSET - 1
        return _power(index, self.schema) if key > 0 else -_power(index, self.schema)

    def keys_in_coarser(self, keys: Ints, layout: "BucketLayout") -> Ints:
        """The keys that buckets of this layout have in a coarser one of its kind."""
        if self.is_explicit:
            return bucket_places(self.bounds, layout.bounds)[keys]
        index = ((np.abs(keys) - INDEX_OFFSET - 1) >> (self.schema - layout.schema)) + 1
        found = np.where(keys > 0, INDEX_OFFSET + index, -INDEX_OFFSET - index)
        found[
            (keys == 0) | ((layout.zero_threshold > self.zero_threshold) & (self._reach(keys) <= layout.zero_threshold))
        ] = 0
        found[keys == OVERFLOW_KEY] = OVERFLOW_KEY
        return found

    def is_cut_by(self, layout: "BucketLayout", keys: Ints) -> NDArray[np.bool_]:
        """Which buckets lie partly in the wider bucket around zero of another exponential layout."""
        if layout.zero_threshold <= self.zero_threshold:
            return np.zeros(len(keys), np.bool_)
        within = (self._reach(keys) > layout.zero_threshold) & (self._reach(keys, 1) < layout.zero_threshold)
        return np.asarray(within & (keys != 0) & (keys != OVERFLOW_KEY))

    def _reach(self, keys: Ints, less: int = 0) -> NDArray[np.float64]:
        """How far from zero exponential buckets reach; or where they begin, which is `less` by one."""
        index = np.where((keys == OVERFLOW_KEY) | (keys == 0), 0, np.abs(keys) - INDEX_OFFSET) - less
        with np.errstate(over="ignore", under="ignore"):
            found = np.exp2(np.ldexp(index.astype(np.float64), -self.schema))
        return np.asarray(np.where(keys == OVERFLOW_KEY, np.inf, found))


@lru_cache(maxsize=4096)
def _power(index: int, schema: int) -> Decimal:
    return _SHOWN.power(Decimal(2), _SHOWN.multiply(Decimal(index), Decimal(2) ** -schema))


def to_exact_decimal(number: float) -> Decimal:
    """The number as it is written: the edge 0.1 is not above the limit 0.1."""
    return Decimal(repr(float(number)))


def bucket_places(bounds: Sequence[float], coarser: Sequence[float]) -> Ints:
    """For each bucket of some bounds the one it is in under others, which are some of them."""
    inner = np.searchsorted(np.array(coarser, np.float64), np.array(bounds, np.float64))
    return np.append(inner, len(coarser)).astype(np.int64)


def _floor_log(number: Fraction, schema: int) -> int:
    """The largest i with base ** i <= number."""
    root = max(-schema, 0)
    raised = number ** (1 << max(schema, 0))
    guess = raised.numerator.bit_length() - raised.denominator.bit_length()
    power = guess if _two_to(guess) <= raised else guess - 1
    return power >> root


def _near(index: int) -> int:
    return max(-MAX_INDEX, min(index, MAX_INDEX))


def _two_to(power: int) -> Fraction:
    return Fraction(1 << power) if power >= 0 else Fraction(1, 1 << -power)
