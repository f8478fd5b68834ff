"""The roll-up by the hour: from stored hours and arrived data points to the hours that change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.minutes import HOUR_MS
from sla.measurements.samples import Ints

Roles = Mapping[int, Any]
"""By series: what it is to the indicator, a SampleRole or a HistogramRole."""
PackedMinutes = tuple[bytes | None, bytes | None]
"""The minutes of an hour, and what a histogram observed in them."""


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

    def compute_hours(self, points: DataPoints, roles: Roles, first: int, count: int) -> Sequence[PackedMinutes]:
        """Compute the minutes of `count` hours from points that reach `hold_ms` beyond them on both sides."""

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
        for hour, packed_minutes in enumerate(rollup.compute_hours(in_reach, roles, first, count), first):
            before = stored.get(hour, StoredHour())
            samples = before.samples
            if hour in hours_with_arrivals:
                samples = rollup.pack(hour, points.between(hour * HOUR_MS, (hour + 1) * HOUR_MS), roles)
            if (after := StoredHour(samples, *packed_minutes)) != before:
                changed[hour] = after
    return changed


def needed_hours(at: Ints, hold_ms: int) -> list[int]:
    """Return the hours that must be loaded to roll up samples at these times (ms)."""
    return sorted({hour + step for hour in _touched_hours(at, hold_ms) for step in (-1, 0, 1)})


def hour_slices(count: int) -> list[slice]:
    """Return the minutes of each of some hours."""
    return [slice(60 * place, 60 * place + 60) for place in range(count)]


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
