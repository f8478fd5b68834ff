"""The ids of series by the keys they were sent under, so that no labels have to be parsed twice."""

from collections.abc import Sequence
from itertools import count

from sla.measurements.ingest.series_labels import SeriesKey

MAX_TEXTS = 500_000
"""Interned texts. Their numbers are never given again, or two series could have one key."""


class SeriesCache(dict[SeriesKey, int]):
    """Maps keys to series; a key of remote write 2.0 consists of the numbers of the names and values."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[str, int] = {}
        self._next_number = count(1)

    def intern_texts(self, texts: Sequence[str]) -> list[int]:
        """Return the lasting number of each text, or 0 when there are too many. Threads may call this at once."""
        numbers = self._numbers
        if len(numbers) >= MAX_TEXTS:
            return [numbers.get(text, 0) for text in texts]
        return [numbers.setdefault(text, next(self._next_number)) for text in texts]
