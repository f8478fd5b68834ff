"""The rules by which samples become minutes: when a value is good, and what each series is to an indicator."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class GoodWhen(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"


_COMPARISONS = {
    GoodWhen.AT_LEAST: np.greater_equal,
    GoodWhen.AT_MOST: np.less_equal,
    GoodWhen.ABOVE: np.greater,
    GoodWhen.BELOW: np.less,
}


@dataclass(frozen=True, slots=True)
class SampleRule:
    """The rule that says how long a sample speaks and which values are good."""

    hold_ms: int
    """Milliseconds for which a sample speaks when no other follows; at most an hour."""
    good_when: GoodWhen = GoodWhen.AT_LEAST
    threshold: float = 1.0

    def is_good(self, value: NDArray[np.float64]) -> NDArray[np.bool_]:
        is_good: NDArray[np.bool_] = _COMPARISONS[self.good_when](value, self.threshold)
        return is_good


class SampleRole(NamedTuple):
    """The role of a series in an indicator: a value to be compared, or events counted `to_good` and `to_total`."""

    to_good: int = 0
    """-1, 0 or 1: bad events are subtracted from what counts as good."""
    to_total: int = 0
    """0 or 1."""
    delta: bool = False
    """Whether events are counted since the sample before; otherwise since some start, with resets."""


VALUE_ROLE = SampleRole()


@dataclass(frozen=True, slots=True)
class HistogramRole:
    """The role of a series in a histogram: all its observations, or the count of those up to an edge."""

    histogram_id: int
    """Series with the same id make up one histogram."""
    edge: float | None = None
    """The `le` edge of a series of a classic histogram."""
    delta: bool = False
