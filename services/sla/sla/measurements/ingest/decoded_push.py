"""What one push brought: samples of series that are known, samples of others, and what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.errors import Invalid, TooLarge
from sla.measurements.histograms.columns import HistogramColumns, empty_histograms
from sla.measurements.histograms.point import HistogramPoint
from sla.measurements.ingest.series_labels import Labels, SeriesKey
from sla.measurements.samples import START_MARKER, Ints, Samples, concat_samples, has_recent_start

MAX_CLOCK_SKEW_MS = 10 * 60 * 1000
"""Milliseconds that a sender's clock may be ahead of ours."""
MAX_NAMED_REFUSALS = 5
"""How many refused samples are named."""
MAX_ITEMS = 1_000_000
"""Series, samples and the like in a request: what says nothing takes two bytes, and far more once it is read."""


@dataclass(frozen=True, slots=True)
class LabelledSamples:
    """Samples of one series that is to be found by its labels."""

    position: int
    labels: Labels
    at: Sequence[int]
    value: Sequence[float]
    key: SeriesKey | None = None
    """What it will be known by from now on."""
    start: Sequence[int] = ()
    """Of each sample, when counting began; empty if that is told of none."""


@dataclass(frozen=True, slots=True)
class LabelledHistograms:
    """Histograms of one series that is to be found by its labels."""

    position: int
    labels: Labels
    points: Sequence[HistogramPoint]


@dataclass(slots=True)
class DecodedPush:
    unresolved_samples: list[LabelledSamples] = field(default_factory=list)
    unresolved_histograms: list[LabelledHistograms] = field(default_factory=list)
    refused_count: int = 0
    stale_histograms: int = 0
    """Stale markers of histograms: taken, with nothing to keep."""
    _named: list[str] = field(default_factory=list)
    """What is refused first: each names the sample and what is wrong with it."""
    _counted: int = 0
    _columns: list[tuple[Samples, Ints]] = field(default_factory=list)
    _starts: list[Samples] = field(default_factory=list)
    _points: list[tuple[int, int, HistogramPoint]] = field(default_factory=list)
    """Place, series and histogram."""

    def count_items(self, more: int) -> None:
        """Of whatever a request consists of. Raise TooLarge when that is too much."""
        self._counted += more
        if self._counted > MAX_ITEMS:
            raise TooLarge(f"A request has at the most {MAX_ITEMS} series and samples: send smaller batches.")

    def add_samples(self, samples: Samples, places: Ints, start: Ints | None = None) -> None:
        """`places` tell where in the request each sample stood; `start` when its series began to count, if it is told.

        Where that was not too long ago, it is kept as a sample of its own.
        """
        self._columns.append((samples, places))
        if start is not None and (lately := has_recent_start(samples.at, start)).any():
            begun = samples.series[lately]
            self._starts.append(Samples(begun, start[lately], np.full(len(begun), START_MARKER)))

    def refuse(self, why: str) -> None:
        self.refused_count += 1
        if len(self._named) < MAX_NAMED_REFUSALS:
            self._named.append(why)

    def resolve_samples(self, series: Sequence[int]) -> None:
        """The series of `others` were found: they are no longer others."""
        for number, other in zip(series, self.unresolved_samples, strict=True):
            samples = Samples.from_sequences([number] * len(other.at), other.at, other.value)
            start = np.array(other.start, np.int64) if other.start else None
            self.add_samples(samples, np.full(len(samples), other.position, np.int64), start)
        self.unresolved_samples = []

    def resolve_histograms(self, series: Sequence[int]) -> None:
        """The series of `histograms` were found."""
        for number, one in zip(series, self.unresolved_histograms, strict=True):
            self._points += [(one.position, number, point) for point in one.points]
        self.unresolved_histograms = []

    def timely_histograms(self, now: int) -> HistogramColumns:
        """As `in_time`."""
        kept = []
        for place, series, point in self._points:
            if 0 <= point.at <= now + MAX_CLOCK_SKEW_MS:
                kept.append((series, point))
            else:
                self.refuse(_untimely("histogram", place, point.at))
        return HistogramColumns.from_points(kept) if kept else empty_histograms()

    def timely_samples(self, now: int) -> Samples:
        """All samples but those that lie ahead of now (ms), or before 1970; these are refused."""
        samples = concat_samples([samples for samples, _ in self._columns])
        fits = _timely(samples, now)
        if not fits.all():
            places = np.concatenate([places for _, places in self._columns])
            for place, at in zip(places[~fits].tolist(), samples.at[~fits].tolist(), strict=True):
                self.refuse(_untimely("sample", place, at))
        found = samples.pick(fits)
        return Samples(found.series, found.at, np.where(found.value == START_MARKER, 0.0, found.value))

    def timely_starts(self, now: int) -> Samples:
        """When series began to count, as far as that is no more ahead than samples may be."""
        found = concat_samples(self._starts)
        return found.pick(_timely(found, now))

    def check_sample_times(self, now: int) -> None:
        """Raise Invalid for the first of `others` that has a sample ahead of now (ms), or before 1970."""
        for other in self.unresolved_samples:
            if not all(0 <= at <= now + MAX_CLOCK_SKEW_MS for at in other.at):
                raise Invalid("is more than 10 minutes ahead or before 1970", field=f"samples[{other.position}].at")

    def refusal_message(self) -> str:
        """What is refused, in one line."""
        more = self.refused_count - len(self._named)
        return "; ".join(self._named) + (f"; and {more} more" if more else "")


def _timely(samples: Samples, now: int) -> NDArray[np.bool_]:
    return np.asarray((samples.at >= 0) & (samples.at <= now + MAX_CLOCK_SKEW_MS))


def _untimely(what: str, place: int, at: int) -> str:
    return f"{what} {place}: its instant, {at} ms, is more than 10 minutes ahead or before 1970"
