"""What one push brought: samples of series that are known, samples of others, and what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.errors import Invalid, TooLarge
from sla.measurements.histograms import HistogramPoint
from sla.measurements.points import Points, none
from sla.measurements.samples import STARTED, Ints, Samples, began_lately, joined
from sla.measurements.series import Key, Labels

AHEAD = 10 * 60 * 1000
"""Milliseconds that a sender's clock may be ahead of ours."""
NAMED = 5
"""How many refused samples are named."""
MOST = 1_000_000
"""Series, samples and the like in a request: what says nothing takes two bytes, and far more once it is read."""


@dataclass(frozen=True, slots=True)
class SeriesSamples:
    """Samples of one series that is to be found by its labels."""

    place: int
    labels: Labels
    at: Sequence[int]
    value: Sequence[float]
    key: Key | None = None
    """What it will be known by from now on."""
    start: Sequence[int] = ()
    """Of each sample, when counting began; empty if that is told of none."""


@dataclass(frozen=True, slots=True)
class SeriesHistograms:
    """Histograms of one series that is to be found by its labels."""

    place: int
    labels: Labels
    points: Sequence[HistogramPoint]


@dataclass(slots=True)
class Pushed:
    others: list[SeriesSamples] = field(default_factory=list)
    histograms: list[SeriesHistograms] = field(default_factory=list)
    refused: int = 0
    ended: int = 0
    """Stale markers of histograms: taken, with nothing to keep."""
    _named: list[str] = field(default_factory=list)
    """What is refused first: each names the sample and what is wrong with it."""
    _counted: int = 0
    _columns: list[tuple[Samples, Ints]] = field(default_factory=list)
    _starts: list[Samples] = field(default_factory=list)
    _points: list[tuple[int, int, HistogramPoint]] = field(default_factory=list)
    """Place, series and histogram."""

    def count(self, more: int) -> None:
        """Of whatever a request consists of. Raise TooLarge when that is too much."""
        self._counted += more
        if self._counted > MOST:
            raise TooLarge(f"A request has at the most {MOST} series and samples: send smaller batches.")

    def add(self, samples: Samples, places: Ints, start: Ints | None = None) -> None:
        """`places` tell where in the request each sample stood; `start` when its series began to count, if it is told.

        Where that was not too long ago, it is kept as a sample of its own.
        """
        self._columns.append((samples, places))
        if start is not None and (lately := began_lately(samples.at, start)).any():
            begun = samples.series[lately]
            self._starts.append(Samples(begun, start[lately], np.full(len(begun), STARTED)))

    def refuse(self, why: str) -> None:
        self.refused += 1
        if len(self._named) < NAMED:
            self._named.append(why)

    def take_others(self, series: Sequence[int]) -> None:
        """The series of `others` were found: they are no longer others."""
        for number, other in zip(series, self.others, strict=True):
            samples = Samples.of([number] * len(other.at), other.at, other.value)
            start = np.array(other.start, np.int64) if other.start else None
            self.add(samples, np.full(len(samples), other.place, np.int64), start)
        self.others = []

    def take_histograms(self, series: Sequence[int]) -> None:
        """The series of `histograms` were found."""
        for number, one in zip(series, self.histograms, strict=True):
            self._points += [(one.place, number, point) for point in one.points]
        self.histograms = []

    def histograms_in_time(self, now: int) -> Points:
        """As `in_time`."""
        kept = []
        for place, series, point in self._points:
            if 0 <= point.at <= now + AHEAD:
                kept.append((series, point))
            else:
                self.refuse(_untimely("histogram", place, point.at))
        return Points.of(kept) if kept else none()

    def in_time(self, now: int) -> Samples:
        """All samples but those that lie ahead of now (ms), or before 1970; these are refused."""
        samples = joined([samples for samples, _ in self._columns])
        fits = _timely(samples, now)
        if not fits.all():
            places = np.concatenate([places for _, places in self._columns])
            for place, at in zip(places[~fits].tolist(), samples.at[~fits].tolist(), strict=True):
                self.refuse(_untimely("sample", place, at))
        found = samples.pick(fits)
        return Samples(found.series, found.at, np.where(found.value == STARTED, 0.0, found.value))

    def starts(self, now: int) -> Samples:
        """When series began to count, as far as that is no more ahead than samples may be."""
        found = joined(self._starts)
        return found.pick(_timely(found, now))

    def check_in_time(self, now: int) -> None:
        """Raise Invalid for the first of `others` that has a sample ahead of now (ms), or before 1970."""
        for other in self.others:
            if not all(0 <= at <= now + AHEAD for at in other.at):
                raise Invalid("is more than 10 minutes ahead or before 1970", field=f"samples[{other.place}].at")

    def complaint(self) -> str:
        """What is refused, in one line."""
        more = self.refused - len(self._named)
        return "; ".join(self._named) + (f"; and {more} more" if more else "")


def _timely(samples: Samples, now: int) -> NDArray[np.bool_]:
    return np.asarray((samples.at >= 0) & (samples.at <= now + AHEAD))


def _untimely(what: str, place: int, at: int) -> str:
    return f"{what} {place}: its instant, {at} ms, is more than 10 minutes ahead or before 1970"
