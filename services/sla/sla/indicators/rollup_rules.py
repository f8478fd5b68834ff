"""How an indicator's samples become minutes, in the terms of the folding: what is good, and what a series counts as."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class GoodWhen(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class SampleRule:
    hold_ms: int
    """For how many milliseconds a sample speaks; an hour at the most."""
    good_when: GoodWhen = GoodWhen.AT_LEAST
    threshold: float = 1.0

    def is_good(self, value: NDArray[np.float64]) -> NDArray[np.bool_]:
        match self.good_when:
            case GoodWhen.AT_LEAST:
                return value >= self.threshold
            case GoodWhen.AT_MOST:
                return value <= self.threshold
            case GoodWhen.ABOVE:
                return value > self.threshold
            case GoodWhen.BELOW:
                return value < self.threshold


@dataclass(frozen=True, slots=True)
class SampleRole:
    """What a series is to an indicator: a value to be judged, or events that count `to_good` and `to_total`."""

    to_good: int = 0
    """-1, 0 or 1: failures are taken off what counts as good."""
    to_total: int = 0
    """0 or 1."""
    delta: bool = False
    """Events since the sample before; otherwise since some start, with resets."""

    @property
    def counts_events(self) -> bool:
        return bool(self.to_good or self.to_total)


VALUE_ROLE = SampleRole()


@dataclass(frozen=True, slots=True)
class HistogramRole:
    """What a series is to a histogram: observations of a stream, or those of them that were up to an edge."""

    histogram_id: int
    """Series of one group are one histogram."""
    edge: float | None = None
    """Of a classic histogram."""
    delta: bool = False
