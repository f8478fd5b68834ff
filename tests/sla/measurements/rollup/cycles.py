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
    rollup: HourRollup, roles: Roles, cycles: Iterable[DataPoints], limits: PartLimits | None = None
) -> StoredHours:
    kept, large_bytes = StoredHours(), 2**62 if limits is None else limits.large_bytes
    for arrived in cycles:
        stored = _load(kept, set(needed_hours(arrived.at, rollup.hold_ms)), large_bytes)
        while missing := list_missing_parts(rollup, stored, arrived):
            stored.parts |= {start: kept.parts[start] for start in missing}
        changes = roll_up_hours(rollup, roles, stored, arrived, limits or DEFAULT_LIMITS)
        kept = StoredHours(kept.hours | changes.hours, kept.parts | changes.parts)
    return StoredHours({hour: packed for hour, packed in kept.hours.items() if packed.minutes}, kept.parts)


def _load(kept: StoredHours, needed: set[int], large_bytes: int) -> StoredHours:
    """Load hours and small parts, and of large parts only that they exist."""
    hours = {hour: packed for hour, packed in kept.hours.items() if hour in needed and packed != StoredHour()}
    parts = {start: part for start, part in kept.parts.items() if start // HOUR_MS in needed}
    return StoredHours(hours, {start: _without_large(part, large_bytes) for start, part in parts.items()})


def _without_large(part: HourPart, large_bytes: int) -> HourPart:
    is_large = part.packed is not None and len(part.packed) > large_bytes
    return HourPart(None, part.series_index) if is_large else part
