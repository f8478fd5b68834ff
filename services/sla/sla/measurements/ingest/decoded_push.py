"""A push on its way into the log: decoded from its protocol, then resolved, which means that its series have ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.errors import TooLarge
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.columns import HistogramColumns, empty_histograms
from sla.measurements.histograms.point import HistogramPoint
from sla.measurements.ingest.refusals import Refusals
from sla.measurements.ingest.series_labels import Labels, SeriesKey
from sla.measurements.samples import MAX_HOLD_MS, START_MARKER, Ints, Samples

MAX_ITEMS = 1_000_000
"""Series, samples and the like in a request: an empty one takes two bytes, and far more once it is decoded."""

SAMPLE_ROW = np.dtype(
    [("series", np.int64), ("at", np.int64), ("value", np.float64), ("start", np.int64), ("position", np.int64)]
)
"""A sample of a series whose id is known. `at` and `start` are milliseconds: counting began at `start`, 0 if the sender
does not say. `position` is where in the request the series stood.
"""
SampleRows = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class LabelledSeries:
    """The samples and histograms of one series whose id is still to be found by its labels."""

    position: int
    labels: Labels
    samples: Sequence[tuple[int, float, int]] = ()
    """Instant (ms), value, and when counting began (ms, 0 if the sender does not say)."""
    histograms: Sequence[HistogramPoint] = ()
    key: SeriesKey | None = None
    """The key under which the cache is to remember the series."""


@dataclass(slots=True)
class DecodedPush:
    """A push as a decoder read it: decoders fill it, and nothing changes it afterwards."""

    rows: list[SampleRows] = field(default_factory=list)
    labelled_series: list[LabelledSeries] = field(default_factory=list)
    refusals: Refusals = field(default_factory=Refusals)
    unwritten_histograms: int = 0
    """Stale markers and gauges among the histograms: accepted, with nothing to write."""
    exemplars: int = 0
    """Accepted, with nothing to write."""
    _items: int = 0

    def count_items(self, count: int) -> None:
        """Count what the request consists of. Raise TooLarge when it is too much."""
        self._items += count
        if self._items > MAX_ITEMS:
            raise TooLarge(f"A request has at most {MAX_ITEMS} series and samples: send smaller batches.")

    def with_series_ids(self, series_ids: Sequence[int]) -> "ResolvedPush":
        """Return the push with the ids of its labelled series, which are given in their order."""
        series = list(zip(series_ids, self.labelled_series, strict=True))
        rows = [
            (series_id, at, value, start, part.position)
            for series_id, part in series
            for at, value, start in part.samples
        ]
        points = [(series_id, point) for series_id, part in series for point in part.histograms]
        positions = [part.position for part in self.labelled_series for _ in part.histograms]
        return ResolvedPush(
            np.concatenate([*self.rows, np.array(rows, SAMPLE_ROW)]),
            HistogramColumns.from_points(points) if points else empty_histograms(),
            np.array(positions, np.int64),
        )


class ResolvedPush(NamedTuple):
    """A push whose series all have their ids."""

    rows: SampleRows
    histograms: HistogramColumns
    histogram_position: Ints

    def only_timely(self, now: int, refusals: Refusals) -> "ResolvedPush":
        """Return the push without what lies before the year 2000 or too far ahead of now (ms), which is refused."""
        is_timely = refusals.add_untimely("sample", self.rows["position"], self.rows["at"], now)
        is_timely_histogram = refusals.add_untimely("histogram", self.histogram_position, self.histograms.at, now)
        return ResolvedPush(
            self.rows[is_timely],
            self.histograms.pick(is_timely_histogram),
            self.histogram_position[is_timely_histogram],
        )

    def to_data_points(self) -> DataPoints:
        """Return what is written to the log: with each reading, the start of its counter if it is recent."""
        series, at, start = self.rows["series"], self.rows["at"], self.rows["start"]
        value = np.where(self.rows["value"] == START_MARKER, 0.0, self.rows["value"])
        is_recent = (start > 0) & (start < at) & (at - MAX_HOLD_MS <= start)
        samples = Samples(
            np.concatenate((series, series[is_recent])),
            np.concatenate((at, start[is_recent])),
            np.concatenate((value, np.full(np.count_nonzero(is_recent), START_MARKER))),
        )
        return DataPoints(samples, self.histograms)


class WrittenCounts(NamedTuple):
    """The counts of what was accepted of a push, and written as far as it measures anything."""

    samples: int
    histograms: int
    exemplars: int = 0
