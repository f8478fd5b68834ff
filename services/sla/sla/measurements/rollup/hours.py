"""The roll-up by the hour: from stored hours and arrived data points to the hours and parts that change."""

# The minutes are a function of the set. Where all of the set within reach is at hand, they are computed from it. What
# streams count and observe adds up, though, so that in a large hour only the difference is computed that the arrivals
# make to their neighbours in time, and added to what is stored.

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.packed_observations import pack_observations, unpack_observations
from sla.measurements.minute_counts import MinuteCounts, join_counts, pack_spans, unpack_counts
from sla.measurements.minutes import HOUR_MS, pack_hour, to_hour_start
from sla.measurements.rollup.hour_parts import (
    LARGE_PART_POINTS,
    MAX_PART_POINTS,
    Extent,
    HourPart,
    list_extents,
    pack_stream_index,
    select_overlapping,
    split_into_parts,
)
from sla.measurements.samples import Ints, Mask

Roles = Mapping[int, Any]
"""By series: what it is to the indicator, a SampleRole or a HistogramRole."""


@dataclass(frozen=True, slots=True)
class StoredHour:
    """The minutes of one hour of one indicator as they are stored, packed."""

    minutes: bytes | None = None
    observed: bytes | None = None
    """What a histogram observed, minute by minute."""
    spans: bytes | None = None
    """The known spans of each minute, of an hour to which differences can be added."""


@dataclass(frozen=True, slots=True)
class PartLimits:
    max_points: int = MAX_PART_POINTS
    large_points: int = LARGE_PART_POINTS


DEFAULT_LIMITS = PartLimits()


class Instants(NamedTuple):
    """The instants of streams. A stream is what is compared in time: a series, or the histogram that series make up."""

    stream: Ints
    at: Ints
    """Milliseconds."""
    stands: Mask
    """Whether what comes before and after is compared with it; a count that is none, for example, is passed over."""


class HourRollup(Protocol):
    """The way in which indicators of one kind compute and pack their hours."""

    @property
    def hold_ms(self) -> int: ...

    def compute(
        self, points: DataPoints, roles: Roles, first: int, count: int
    ) -> tuple[MinuteCounts, Observations | None]:
        """Compute the minutes of `count` hours, and what a histogram observed in them.

        The points reach `hold_ms` beyond the hours on both sides. What streams count adds up.
        """

    def list_instants(self, points: DataPoints, roles: Roles) -> Instants:
        """List the instants that are compared with those before and after them in their streams."""

    def pack(self, hour: int, points: DataPoints, roles: Roles) -> bytes:
        """Pack what was sent in a part of an hour, and the roles of its series."""

    def unpack(self, hour: int, packed: bytes) -> tuple[DataPoints, Roles]:
        """Undo `pack`."""


@dataclass
class StoredHours:
    """The stored hours and parts of one indicator that a roll-up can change, and those beside them."""

    hours: dict[int, StoredHour] = field(default_factory=dict)
    parts: dict[int, HourPart] = field(default_factory=dict)
    """By their start (ms)."""
    _unpacked: dict[int, tuple[DataPoints, Roles]] = field(default_factory=dict)

    def load(self, rollup: HourRollup, start: int, end: int) -> tuple[DataPoints, Roles]:
        """Return the data points of the parts at hand that overlap a half-open window (ms), and their roles."""
        loaded = [
            self._unpack(rollup, extent.start)
            for extent in select_overlapping(list_extents(self.parts), start, end)
            if self.parts[extent.start].packed is not None
        ]
        points = loaded[0][0] if len(loaded) == 1 else merge_data_points([part for part, _ in loaded])
        return points, {series: role for _, roles in loaded for series, role in roles.items()}

    def list_missing(self, start: int, end: int) -> list[Extent]:
        """List the parts that overlap a half-open window (ms) and were not read so far."""
        extents = select_overlapping(list_extents(self.parts), start, end)
        return [extent for extent in extents if self.parts[extent.start].packed is None]

    def lacks_spans(self, run: "Run") -> bool:
        """Return whether an hour of the run is stored without what a difference is added to."""
        return any(hour.minutes is not None and hour.spans is None for hour in self._list_hours(run))

    def unpack_counts(self, run: "Run") -> MinuteCounts:
        """Unpack what is stored of the minutes of a run."""
        return join_counts([unpack_counts(hour.minutes, hour.spans) for hour in self._list_hours(run)])

    def unpack_observations(self, run: "Run") -> Observations:
        """Unpack what a histogram observed in the minutes of a run."""
        packed = [(60 * place, hour.observed) for place, hour in enumerate(self._list_hours(run)) if hour.observed]
        offsets = np.array([offset for offset, _ in packed], np.int64)
        joined = b"".join(observed for _, observed in packed)
        return unpack_observations(to_hour_start(run.first), 60 * run.count, offsets, joined)

    def _list_hours(self, run: "Run") -> list[StoredHour]:
        return [self.hours.get(hour, StoredHour()) for hour in range(run.first, run.first + run.count)]

    def _unpack(self, rollup: HourRollup, start: int) -> tuple[DataPoints, Roles]:
        packed = self.parts[start].packed
        if start not in self._unpacked and packed is not None:
            self._unpacked[start] = rollup.unpack(start // HOUR_MS, packed)
        return self._unpacked[start]


class Changes(NamedTuple):
    """The hours and parts that change, as they are to be stored."""

    hours: dict[int, StoredHour]
    parts: dict[int, HourPart]


@dataclass(frozen=True, slots=True)
class Run:
    """Hours without a gap, and the data points that arrived and can change them."""

    first: int
    count: int
    arrived: DataPoints

    @property
    def start_ms(self) -> int:
        return self.first * HOUR_MS

    @property
    def end_ms(self) -> int:
        return (self.first + self.count) * HOUR_MS


def roll_up_hours(
    rollup: HourRollup,
    roles: Roles,
    stored: StoredHours,
    arrived: DataPoints,
    limits: PartLimits = DEFAULT_LIMITS,
) -> Changes:
    """Return what changes. `stored` holds the `needed_hours` that exist, and the parts that `list_missing_parts` names.

    `arrived` is a set, and `roles` says what its series are; the roles of stored samples are stored with them.
    """
    changes = Changes({}, {})
    for run in list_runs(arrived, rollup.hold_ms):
        _roll_up_run(rollup, roles, stored, run, limits, changes)
    return changes


def _roll_up_run(
    rollup: HourRollup, roles: Roles, stored: StoredHours, run: Run, limits: PartLimits, changes: Changes
) -> None:
    reach = run.start_ms - rollup.hold_ms, run.end_ms + rollup.hold_ms
    before, stored_roles = stored.load(rollup, *reach)
    roles = {**stored_roles, **roles}
    after = merge_data_points([before, run.arrived])
    extents = select_overlapping(list_extents(stored.parts), *reach)
    parts = _pack_parts(rollup, roles, extents, after, run, limits)
    changes.parts.update({start: part for start, part in parts.items() if part != stored.parts.get(start)})
    counts, observed = rollup.compute(after.between(*reach), roles, run.first, run.count)
    if stored.list_missing(*reach):
        counts_before, observed_before = rollup.compute(before.between(*reach), roles, run.first, run.count)
        counts = stored.unpack_counts(run) + (counts - counts_before)
        if observed is not None and observed_before is not None:
            stored_observed = stored.unpack_observations(run)
            observed = stored_observed.add_difference(observed_before, observed, counts.spans > 0)
    keeps_spans = any(part.series_index for part in (*parts.values(), *stored.parts.values()))
    changes.hours.update(_pack_hours(stored, run, counts, observed, keeps_spans=keeps_spans))


def _pack_parts(
    rollup: HourRollup, roles: Roles, extents: list[Extent], points: DataPoints, run: Run, limits: PartLimits
) -> dict[int, HourPart]:
    """Pack the parts in which something arrived."""
    parts: dict[int, HourPart] = {}
    for extent, part in split_into_parts(points, extents, run.arrived, limits.max_points):
        packed = rollup.pack(extent.start // HOUR_MS, part, roles)
        is_large = part.entry_count > limits.large_points
        index = pack_stream_index(rollup.list_instants(part, roles).stream) if is_large else None
        parts[extent.start] = HourPart(packed, index)
    return parts


def _pack_hours(
    stored: StoredHours, run: Run, counts: MinuteCounts, observed: Observations | None, *, keeps_spans: bool
) -> Iterator[tuple[int, StoredHour]]:
    """Pack the hours whose minutes changed."""
    minutes = counts.to_minutes(run.first)
    for hour in range(run.first, run.first + run.count):
        first, last = 60 * (hour - run.first), 60 * (hour - run.first) + 60
        before, part = stored.hours.get(hour, StoredHour()), minutes.slice(first, last)
        after = StoredHour(
            pack_hour(part.good, part.total, part.state),
            None if observed is None else pack_observations(observed.slice(first, last)),
            pack_spans(counts.spans[first:last]) if keeps_spans or before.spans else None,
        )
        if after != before:
            yield hour, after


def needed_hours(at: Ints, hold_ms: int) -> list[int]:
    """Return the hours that must be loaded to roll up samples at these times (ms)."""
    return sorted({hour + step for hour in _touched_hours(at, hold_ms) for step in (-1, 0, 1)})


def list_runs(arrived: DataPoints, hold_ms: int) -> list[Run]:
    """List the hours that data points can change, in runs without a gap: years between points are not filled."""
    runs: list[tuple[int, int]] = []
    for hour in _touched_hours(arrived.at, hold_ms):
        if runs and hour == sum(runs[-1]):
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((hour, 1))
    pieces = arrived.split([first * HOUR_MS for first, _ in runs])[1:]
    return [Run(first, count, piece) for (first, count), piece in zip(runs, pieces, strict=True)]


def _touched_hours(at: Ints, hold_ms: int) -> list[int]:
    """Return the hours, counted from 1970, whose minutes samples at these times (ms) can change."""
    return sorted({hour for reach in (-hold_ms, 0, hold_ms) for hour in _distinct_hours(at + reach)})


def _distinct_hours(at: Ints) -> set[int]:
    """Return the hours of times (ms), fast where most neighbours lie in one hour, as they do in a set."""
    hours = at // HOUR_MS
    return set(hours[np.flatnonzero(np.diff(hours, prepend=-(2**62)))].tolist())
