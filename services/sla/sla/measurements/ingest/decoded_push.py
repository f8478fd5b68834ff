"""A push on its way into the log: decoded, with the ids of its series found, and without what lies ahead of time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.errors import TooLarge
from sla.measurements.histograms.columns import HistogramColumns, empty_histograms
from sla.measurements.histograms.point import HistogramPoint
from sla.measurements.ingest.series_labels import Labels, SeriesKey
from sla.measurements.samples import START_MARKER, Ints, Samples, concat_samples, has_recent_start

MAX_CLOCK_SKEW_MS = 10 * 60 * 1000
"""Milliseconds that a sender's clock may be ahead of ours."""
MAX_NAMED_REFUSALS = 5
MAX_ITEMS = 1_000_000
"""Series, samples and the like in a request: an empty one takes two bytes, and far more once it is decoded."""


@dataclass(frozen=True, slots=True)
class LabelledSamples:
    """Samples of one series whose id is still to be found by its labels."""

    position: int
    """Where in the request the series stood."""
    labels: Labels
    at: Sequence[int]
    value: Sequence[float]
    key: SeriesKey | None = None
    """The key under which the cache is to remember the series."""
    start: Sequence[int] = ()
    """When counting began, for each sample (ms); empty if the sender does not say."""


@dataclass(frozen=True, slots=True)
class LabelledHistograms:
    """Histograms of one series whose id is still to be found by its labels."""

    position: int
    labels: Labels
    points: Sequence[HistogramPoint]


@dataclass(frozen=True, slots=True)
class SampleRows:
    """Samples of series whose ids are known, with the position in the request of each."""

    samples: Samples
    position: Ints
    start: Ints | None = None
    """When counting began (ms); None if the sender does not say."""

    @property
    def start_samples(self) -> Samples:
        """A sample of its own for each recent start of a counter."""
        if self.start is None or not (is_recent := has_recent_start(self.samples.at, self.start)).any():
            return Samples.empty()
        series = self.samples.series[is_recent]
        return Samples(series, self.start[is_recent], np.full(len(series), START_MARKER))


class Refusals:
    """Reasons why parts of a push were refused: all are counted, the first few are named."""

    def __init__(self) -> None:
        self.count = 0
        self._named: list[str] = []

    def add(self, reason: str) -> None:
        """Add a reason, which names the refused part."""
        self.count += 1
        if len(self._named) < MAX_NAMED_REFUSALS:
            self._named.append(reason)

    @property
    def message(self) -> str:
        more = self.count - len(self._named)
        return "; ".join(self._named) + (f"; and {more} more" if more else "")


@dataclass(slots=True)
class DecodedPush:
    """A push as a decoder read it: decoders fill it, and nothing changes it afterwards."""

    rows: list[SampleRows] = field(default_factory=list)
    labelled_samples: list[LabelledSamples] = field(default_factory=list)
    labelled_histograms: list[LabelledHistograms] = field(default_factory=list)
    refusals: Refusals = field(default_factory=Refusals)
    stale_histograms: int = 0
    """Stale markers of histograms: accepted, with nothing to write."""
    _items: int = 0

    def count_items(self, count: int) -> None:
        """Count what the request consists of. Raise TooLarge when it is too much."""
        self._items += count
        if self._items > MAX_ITEMS:
            raise TooLarge(f"A request has at most {MAX_ITEMS} series and samples: send smaller batches.")

    def with_series(self, sample_series: Sequence[int], histogram_series: Sequence[int]) -> "ResolvedPush":
        """Return the push with the ids of the series of its labelled samples and histograms, in their order."""
        rows = [*self.rows, *map(_to_rows, self.labelled_samples, sample_series)]
        return ResolvedPush(
            samples=concat_samples([part.samples for part in rows]),
            position=np.concatenate([part.position for part in rows]) if rows else np.zeros(0, np.int64),
            starts=concat_samples([part.start_samples for part in rows]),
            histograms=[
                (histograms.position, series, point)
                for histograms, series in zip(self.labelled_histograms, histogram_series, strict=True)
                for point in histograms.points
            ],
        )


def _to_rows(labelled: LabelledSamples, series: int) -> SampleRows:
    samples = Samples.from_sequences([series] * len(labelled.at), labelled.at, labelled.value)
    start = np.array(labelled.start, np.int64) if labelled.start else None
    return SampleRows(samples, np.full(len(samples), labelled.position, np.int64), start)


@dataclass(frozen=True, slots=True)
class ResolvedPush:
    """A push whose series all have their ids."""

    samples: Samples
    position: Ints
    starts: Samples
    """A sample for each recent start of a counter."""
    histograms: Sequence[tuple[int, int, HistogramPoint]]
    """Position, series and histogram."""

    def timely_samples(self, now: int, refusals: Refusals) -> Samples:
        """Return the samples that lie between 1970 and now (ms) or little ahead; the others are refused."""
        is_timely = _is_timely(self.samples, now)
        refused = self.position[~is_timely].tolist(), self.samples.at[~is_timely].tolist()
        for position, at in zip(*refused, strict=True):
            refusals.add(_untimely("sample", position, at))
        timely = self.samples.pick(is_timely)
        return Samples(timely.series, timely.at, np.where(timely.value == START_MARKER, 0.0, timely.value))

    def timely_starts(self, now: int) -> Samples:
        """Return the starts of counters, as far as they lie no further ahead than samples may."""
        return self.starts.pick(_is_timely(self.starts, now))

    def timely_histograms(self, now: int, refusals: Refusals) -> HistogramColumns:
        """Return the histograms that lie between 1970 and now (ms) or little ahead; the others are refused."""
        timely = []
        for position, series, point in self.histograms:
            if is_timely(point.at, now):
                timely.append((series, point))
            else:
                refusals.add(_untimely("histogram", position, point.at))
        return HistogramColumns.from_points(timely) if timely else empty_histograms()


def is_timely(at: int, now: int) -> bool:
    """Return whether an instant lies between 1970 and now (both ms), or ahead by no more than clocks may differ."""
    return 0 <= at <= now + MAX_CLOCK_SKEW_MS


def _is_timely(samples: Samples, now: int) -> NDArray[np.bool_]:
    return np.asarray((samples.at >= 0) & (samples.at <= now + MAX_CLOCK_SKEW_MS))


def _untimely(what: str, position: int, at: int) -> str:
    return f"{what} {position}: its instant, {at} ms, is more than 10 minutes ahead or before 1970"
