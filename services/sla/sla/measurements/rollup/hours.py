"""The roll-up by the hour: from stored hours and arrived data points to the hours that change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.packed_observations import pack_observations
from sla.measurements.minutes import HOUR_MS, Minutes, pack_hour
from sla.measurements.samples import Ints

Roles = Mapping[int, Any]
"""By series: what it is to the indicator, a SampleRole or a HistogramRole."""


@dataclass(frozen=True, slots=True)
class StoredHour:
    """One hour of one indicator as it is stored: its samples and the minutes computed from them, packed."""

    samples: bytes | None = None
    minutes: bytes | None = None
    observed: bytes | None = None
    """What a histogram observed, minute by minute."""


class HourRollup(Protocol):
    """The way in which indicators of one kind compute and pack their hours."""

    @property
    def hold_ms(self) -> int: ...

    def compute_minutes(
        self, points: DataPoints, roles: Roles, first: int, count: int
    ) -> tuple[Minutes, Observations | None]:
        """Compute the minutes of `count` hours, and what a histogram observed in them.

        The points reach `hold_ms` beyond the hours on both sides.
        """

    def pack(self, hour: int, points: DataPoints, roles: Roles) -> bytes:
        """Pack what was sent in an hour, and the roles of its series."""

    def unpack(self, hour: int, packed: bytes) -> tuple[DataPoints, Roles]:
        """Undo `pack`."""


def roll_up_hours(
    rollup: HourRollup, roles: Roles, stored: Mapping[int, StoredHour], arrived: DataPoints
) -> dict[int, StoredHour]:
    """Return the hours that change, as they are to be stored. `stored` holds the `needed_hours` that exist.

    `arrived` is a set, and `roles` says what its series are; the roles of stored samples are stored with them.
    """
    parts = [rollup.unpack(number, hour.samples) for number, hour in stored.items() if hour.samples is not None]
    points = merge_data_points([arrived, *(part for part, _ in parts)]) if parts else arrived
    roles = {series: role for _, stored_roles in parts for series, role in stored_roles.items()} | dict(roles)
    hours_with_arrivals = _distinct_hours(arrived.at)
    changed: dict[int, StoredHour] = {}
    for first, count in _runs(_touched_hours(arrived.at, rollup.hold_ms)):
        in_reach = points.between(first * HOUR_MS - rollup.hold_ms, (first + count) * HOUR_MS + rollup.hold_ms)
        minutes, observed = rollup.compute_minutes(in_reach, roles, first, count)
        for hour in range(first, first + count):
            before = stored.get(hour, StoredHour())
            samples = before.samples
            if hour in hours_with_arrivals:
                samples = rollup.pack(hour, points.between(hour * HOUR_MS, (hour + 1) * HOUR_MS), roles)
            if (after := _pack(samples, minutes, observed, 60 * (hour - first))) != before:
                changed[hour] = after
    return changed


def _pack(samples: bytes | None, minutes: Minutes, observed: Observations | None, minute: int) -> StoredHour:
    """Pack the hour that begins at a minute of the window."""
    part = minutes.slice(minute, minute + 60)
    packed_observed = None if observed is None else pack_observations(observed.slice(minute, minute + 60))
    return StoredHour(samples, pack_hour(part.good, part.total, part.state), packed_observed)


def needed_hours(at: Ints, hold_ms: int) -> list[int]:
    """Return the hours that must be loaded to roll up samples at these times (ms)."""
    return sorted({hour + step for hour in _touched_hours(at, hold_ms) for step in (-1, 0, 1)})


def _touched_hours(at: Ints, hold_ms: int) -> list[int]:
    """Return the hours, counted from 1970, whose minutes samples at these times (ms) can change."""
    return sorted({hour for reach in (-hold_ms, 0, hold_ms) for hour in _distinct_hours(at + reach)})


def _distinct_hours(at: Ints) -> set[int]:
    """Return the hours of times (ms), fast where most neighbours lie in one hour, as they do in a set."""
    hours = at // HOUR_MS
    return set(hours[np.flatnonzero(np.diff(hours, prepend=-(2**62)))].tolist())


def _runs(hours: Iterable[int]) -> list[tuple[int, int]]:
    """Split hours into runs without a gap, as first and count: samples years apart do not make years of minutes."""
    runs: list[tuple[int, int]] = []
    for hour in hours:
        if runs and hour == sum(runs[-1]):
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((hour, 1))
    return runs
