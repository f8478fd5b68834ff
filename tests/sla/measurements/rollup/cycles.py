"""Cycles of the roll-up job without a database: each one reads what it needs of what the one before left."""

from collections.abc import Iterable

from sla.measurements.data_points import DataPoints
from sla.measurements.minutes import HOUR_MS
from sla.measurements.rollup.hour_parts import HourPart
from sla.measurements.rollup.hours import (
    DEFAULT_LIMITS,
    HourRollup,
    PartLimits,
    Roles,
    StoredHour,
    StoredHours,
    needed_hours,
    roll_up_hours,
)
from sla.measurements.rollup.neighbours import list_missing_parts


def run_cycles(
    rollup: HourRollup,
    roles: Roles,
    cycles: Iterable[DataPoints],
    limits: PartLimits | None = None,
    kept: StoredHours | None = None,
) -> StoredHours:
    """Run a cycle for each arrival, on top of what is kept. With `limits` every part is read only when it is needed."""
    kept = kept or StoredHours()
    for arrived in cycles:
        stored = load_needed(rollup, roles, kept, arrived, reads_all=limits is None)
        changes = roll_up_hours(rollup, roles, stored, arrived, limits or DEFAULT_LIMITS)
        kept = StoredHours(kept.hours | changes.hours, kept.parts | changes.parts)
    return StoredHours({hour: packed for hour, packed in kept.hours.items() if packed.minutes}, kept.parts)


def load_needed(
    rollup: HourRollup, roles: Roles, kept: StoredHours, arrived: DataPoints, *, reads_all: bool = False
) -> StoredHours:
    """Load what a cycle needs; what is read only when it is needed stays without its content until then."""
    needed = set(needed_hours(arrived.at, rollup.hold_ms))
    hours = {hour: packed for hour, packed in kept.hours.items() if hour in needed and packed != StoredHour()}
    parts = {start: part for start, part in kept.parts.items() if start // HOUR_MS in needed}
    stored = StoredHours(
        hours, parts if reads_all else {start: HourPart(None, part.series_index) for start, part in parts.items()}
    )
    while missing := list_missing_parts(rollup, roles, stored, arrived):
        stored.parts |= {start: kept.parts[start] for start in missing}
    return stored
