"""How the samples of an indicator become minutes: what its definition says, in the terms of the folding."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from sla.measurements.samples import Floats


class GoodWhen(StrEnum):
    at_least = "at_least"
    at_most = "at_most"
    above = "above"
    below = "below"


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds` is for how many milliseconds a sample speaks, an hour at the most."""

    holds: int
    good_when: GoodWhen = GoodWhen.at_least
    threshold: float = 1.0

    def good(self, value: Floats) -> NDArray[np.bool_]:
        match self.good_when:
            case GoodWhen.at_least:
                return value >= self.threshold
            case GoodWhen.at_most:
                return value <= self.threshold
            case GoodWhen.above:
                return value > self.threshold
            case GoodWhen.below:
                return value < self.threshold


@dataclass(frozen=True, slots=True, order=True)
class Role:
    """What a series is to an indicator: a value to be judged, or events counted `to_good` and `to_total` times."""

    to_good: int = 0
    """-1, 0 or 1: failures are taken off what counts as good."""
    to_total: int = 0
    """0 or 1."""
    delta: bool = False
    """Events since the sample before; otherwise since some start, with resets."""

    @property
    def counts(self) -> bool:
        return bool(self.to_good or self.to_total)

    def __add__(self, other: "Role") -> "Role":
        """A series may be two parts at once: it counts as both."""
        return Role(self.to_good + other.to_good, self.to_total + other.to_total, self.delta or other.delta)


VALUE = Role()
