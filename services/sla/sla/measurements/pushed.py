"""What one push brought: samples of series that are known, samples of others, and what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from common.errors import Invalid
from sla.measurements.histograms import HistogramPoint
from sla.measurements.points import Points, none
from sla.measurements.samples import Ints, Samples, joined
from sla.measurements.series import Key, Labels

AHEAD = 10 * 60 * 1000
"""Milliseconds that a sender's clock may be ahead of ours."""
NAMED = 5
"""How many refused samples are named."""


@dataclass(frozen=True, slots=True)
class SeriesSamples:
    """Samples of one series that is to be found by its labels."""

    place: int
    labels: Labels
    at: Sequence[int]
    value: Sequence[float]
    key: Key | None = None
    """What it will be known by from now on."""


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
    refused: list[str] = field(default_factory=list)
    """Each names the sample and what is wrong with it."""
    ended: int = 0
    """Stale markers of histograms: taken, with nothing to keep."""
    _columns: list[tuple[Samples, Ints]] = field(default_factory=list)
    _points: list[tuple[int, int, HistogramPoint]] = field(default_factory=list)
    """Place, series and histogram."""

    def add(self, samples: Samples, places: Ints) -> None:
        """`places` tell where in the request each sample stood."""
        self._columns.append((samples, places))

    def refuse(self, why: str) -> None:
        self.refused.append(why)

    def take_others(self, series: Sequence[int]) -> None:
        """The series of `others` were found: they are no longer others."""
        for number, other in zip(series, self.others, strict=True):
            samples = Samples.of([number] * len(other.at), other.at, other.value)
            self.add(samples, np.full(len(samples), other.place, np.int64))
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
        fits = (samples.at >= 0) & (samples.at <= now + AHEAD)
        if not fits.all():
            places = np.concatenate([places for _, places in self._columns])
            for place, at in zip(places[~fits].tolist(), samples.at[~fits].tolist(), strict=True):
                self.refuse(_untimely("sample", place, at))
        return samples.pick(fits)

    def check_in_time(self, now: int) -> None:
        """Raise Invalid for the first of `others` that has a sample ahead of now (ms), or before 1970."""
        for other in self.others:
            if not all(0 <= at <= now + AHEAD for at in other.at):
                raise Invalid("is more than 10 minutes ahead or before 1970", field=f"samples[{other.place}].at")

    def complaint(self) -> str:
        """What is refused, in one line."""
        named, more = self.refused[:NAMED], len(self.refused) - NAMED
        return "; ".join(named) + (f"; and {more} more" if more > 0 else "")


def _untimely(what: str, place: int, at: int) -> str:
    return f"{what} {place}: its instant, {at} ms, is more than 10 minutes ahead or before 1970"
