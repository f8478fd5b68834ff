"""The series that are known by what they were sent as, so that nothing has to be taken apart twice."""

from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np

from sla.measurements.ingest.series_labels import SeriesKey
from sla.measurements.samples import Ints

MAX_TEXTS = 500_000
"""Texts with a number: one is never given again, or two series could have one key."""


class SeriesCache(dict[SeriesKey, int]):
    """Series by what they were sent as: in remote write 2.0, by the numbers that names and values have here."""

    def __init__(self, series: Mapping[SeriesKey, int] | None = None) -> None:
        super().__init__(series or {})
        self._numbers: dict[str, int] = {}
        self._fresh = count(1)

    def intern_texts(self, texts: Sequence[str]) -> Ints:
        """Each text has one number for good; 0 when there are too many. Called by several threads at once."""
        numbers = self._numbers
        if len(numbers) >= MAX_TEXTS:
            return np.array([numbers.get(text, 0) for text in texts], np.int64)
        return np.array([numbers.setdefault(text, next(self._fresh)) for text in texts], np.int64)
