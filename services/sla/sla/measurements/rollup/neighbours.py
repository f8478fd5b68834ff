"""The neighbours in time of what arrived: which large parts must be read to compute the difference that it makes."""

# The difference that a data point makes depends on the last standing instant of its stream before it and on the first
# one after it, if these lie within reach. They are looked for part by part, away from what arrived. A value speaks for
# whole minutes, so that it reaches up to a minute further than it holds.

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sla.measurements.data_points import DataPoints
from sla.measurements.minutes import MINUTE_MS
from sla.measurements.rollup.hour_parts import Extent, may_hold_stream
from sla.measurements.rollup.hours import HourRollup, Instants, Roles, Run, StoredHours, list_runs
from sla.measurements.samples import Ints

_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The first and last arrival of each stream, and its nearest standing instants around them."""

    stream: Ints
    first: Ints
    last: Ints
    before: Ints
    """Milliseconds; -_NEVER where none is at hand."""
    after: Ints
    """Milliseconds; _NEVER where none is at hand."""

    def select_lacking(self, extent: Extent, reach_ms: int) -> Ints:
        """Select the streams whose nearest neighbour can lie in a part that was not read."""
        is_earlier = (self.before < extent.start) & (extent.start < self.first) & (self.first - reach_ms < extent.end)
        is_later = (self.after >= extent.end) & (self.last < extent.end) & (extent.start <= self.last + reach_ms)
        return self.stream[is_earlier | is_later]


def list_missing_parts(
    rollup: HourRollup, roles: Roles, stored: StoredHours, arrived: DataPoints, *, from_whole_set: bool = False
) -> list[int]:
    """List the parts, by their start (ms), that must be read next; ask again until there are none.

    `from_whole_set` has the minutes computed anew from all of the set, whatever is stored.
    """
    if all(part.packed is not None for part in stored.parts.values()):
        return []
    runs = list_runs(arrived, rollup.hold_ms)
    extents = (_list_missing_of_run(rollup, roles, stored, run, from_whole_set=from_whole_set) for run in runs)
    return sorted({extent.start for run_extents in extents for extent in run_extents})


def _list_missing_of_run(
    rollup: HourRollup, roles: Roles, stored: StoredHours, run: Run, *, from_whole_set: bool
) -> list[Extent]:
    missing = stored.list_missing(run.start_ms - rollup.hold_ms, run.end_ms + rollup.hold_ms)
    if not missing or from_whole_set or stored.lacks_spans(run):
        return missing
    first, last = int(run.arrived.at.min()), int(run.arrived.at.max())
    if missing_between := stored.list_missing(first, last + 1):
        return missing_between
    reach_ms = rollup.hold_ms + MINUTE_MS
    points, stored_roles = stored.load(rollup, first - reach_ms, last + reach_ms)
    arrived = rollup.list_instants(run.arrived, roles)
    neighbours = find_neighbours(arrived, rollup.list_instants(points, {**stored_roles, **roles}))
    return [
        *_find_nearest(stored, neighbours, [extent for extent in reversed(missing) if extent.end <= first], reach_ms),
        *_find_nearest(stored, neighbours, [extent for extent in missing if extent.start > last], reach_ms),
    ]


def _find_nearest(
    stored: StoredHours, neighbours: Neighbours, extents: Iterable[Extent], reach_ms: int
) -> list[Extent]:
    """Find the first of the parts that may hold a neighbour."""
    for extent in extents:
        streams = neighbours.select_lacking(extent, reach_ms)
        if len(streams) and may_hold_stream(stored.parts[extent.start], streams):
            return [extent]
    return []


def find_neighbours(arrived: Instants, stored: Instants) -> Neighbours:
    """Find the neighbours of arrivals among stored instants; both in any order."""
    stream, place = np.unique(arrived.stream, return_inverse=True)
    first, last = np.full(len(stream), _NEVER), np.full(len(stream), -_NEVER)
    np.minimum.at(first, place, arrived.at)
    np.maximum.at(last, place, arrived.at)
    before, after = np.full(len(stream), -_NEVER), np.full(len(stream), _NEVER)
    is_candidate = stored.stands & np.isin(stored.stream, stream)
    place, at = np.searchsorted(stream, stored.stream[is_candidate]), stored.at[is_candidate]
    is_before, is_after = at < first[place], at > last[place]
    np.maximum.at(before, place[is_before], at[is_before])
    np.minimum.at(after, place[is_after], at[is_after])
    return Neighbours(stream, first, last, before, after)
