"""Instruments: question types with a scale and a numbered way of scoring. Pure."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN
from enum import StrEnum


class InstrumentName(StrEnum):
    CSAT_5 = "csat-5"
    CSAT_3 = "csat-3"


@dataclass(frozen=True, slots=True)
class Instrument:
    name: InstrumentName
    scoring: str
    """The scoring and its version, which changes whenever the same answers would give another score."""
    lowest: int
    labels: tuple[str, ...]
    """A label per rating, from the lowest."""
    satisfied_from: int
    """The lowest rating that counts as satisfied."""

    @property
    def highest(self) -> int:
        return self.lowest + len(self.labels) - 1

    def is_on_scale(self, rating: int) -> bool:
        return self.lowest <= rating <= self.highest

    def count_satisfied(self, counts: list[int]) -> int:
        """Count the satisfied among `counts` per rating, from the lowest."""
        return sum(counts[self.satisfied_from - self.lowest :])


def rounding_of(scoring: str) -> str:
    """Return how a scoring rounds its figures: the first versions to the nearest, later ones towards the bad side."""
    return ROUND_HALF_EVEN if scoring.endswith("/1") else ROUND_FLOOR


INSTRUMENTS = {
    instrument.name: instrument
    for instrument in (
        Instrument(
            InstrumentName.CSAT_5,
            scoring="csat-5/2",
            lowest=1,
            labels=("very dissatisfied", "dissatisfied", "neither", "satisfied", "very satisfied"),
            satisfied_from=4,
        ),
        Instrument(
            InstrumentName.CSAT_3,
            scoring="csat-3/2",
            lowest=1,
            labels=("dissatisfied", "neither", "satisfied"),
            satisfied_from=3,
        ),
    )
}
