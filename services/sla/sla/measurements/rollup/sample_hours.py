"""The roll-up of samples by the hour: from stored hours and arrived samples to the hours that change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cramjam
import numpy as np

from sla.indicators.rollup_rules import SampleRole, SampleRule
from sla.measurements.minutes import HOUR_MS, pack_hour
from sla.measurements.rollup.sample_minutes import RoleColumns, compute_minutes
from sla.measurements.samples import Ints, Samples, concat_samples, series_runs, to_sample_set

_FORMAT_VERSION = 1
_COMPRESSION_LEVEL = 1


@dataclass(frozen=True, slots=True)
class StoredHour:
    """One hour of one indicator as it is stored: its samples and the minutes computed from them, packed."""

    samples: bytes | None = None
    minutes: bytes | None = None
    observed: bytes | None = None
    """What a histogram observed, minute by minute."""


def touched_hours(at: Ints, hold_ms: int) -> list[int]:
    """Return the hours, counted from 1970, whose minutes samples at these times (ms) can change."""
    return sorted({hour for reach in (-hold_ms, 0, hold_ms) for hour in distinct_hours(at + reach)})


def distinct_hours(at: Ints) -> set[int]:
    """Return the hours of times (ms), fast where most neighbours lie in one hour, as they do in a set."""
    hours = at // HOUR_MS
    return set(hours[np.flatnonzero(np.diff(hours, prepend=-(2**62)))].tolist())


def needed_hours(at: Ints, hold_ms: int) -> list[int]:
    """Return the hours that must be loaded to roll samples at these times (ms) up."""
    touched = touched_hours(at, hold_ms)
    return sorted({hour + step for hour in touched for step in (-1, 0, 1)})


def roll_up_samples(
    rule: SampleRule, roles: Mapping[int, SampleRole], stored: Mapping[int, StoredHour], arrived: Samples
) -> dict[int, StoredHour]:
    """Return the hours that change, as they are to be stored. `stored` holds the `needed_hours` that exist.

    `arrived` is a set, and `roles` says what its series are; the roles of stored samples are stored with them.
    """
    stored_samples, roles = _unpack_all(stored, roles)
    samples = to_sample_set(concat_samples([*stored_samples, arrived])) if stored_samples else arrived
    changed: dict[int, StoredHour] = {}
    hours_with_arrivals = distinct_hours(arrived.at)
    for run in consecutive_runs(touched_hours(arrived.at, rule.hold_ms)):
        for hour, minutes in _pack_minutes(rule, roles, samples, run).items():
            before = stored.get(hour, StoredHour())
            packed = _pack(hour, _within(samples, hour), roles) if hour in hours_with_arrivals else before.samples
            if (after := StoredHour(packed, minutes)) != before:
                changed[hour] = after
    return changed


def _unpack_all(
    stored: Mapping[int, StoredHour], roles: Mapping[int, SampleRole]
) -> tuple[list[Samples], dict[int, SampleRole]]:
    parts, all_roles = [], dict(roles)
    for number, hour in stored.items():
        if hour.samples is not None:
            samples, stored_roles = _unpack(number, hour.samples)
            parts.append(samples)
            all_roles |= stored_roles
    return parts, all_roles


def consecutive_runs(hours: Iterable[int]) -> list[list[int]]:
    """Split hours into runs without a gap, so that samples years apart do not make years of minutes."""
    runs: list[list[int]] = []
    for hour in hours:
        if runs and hour == runs[-1][-1] + 1:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return runs


def _pack_minutes(
    rule: SampleRule, roles: Mapping[int, SampleRole], samples: Samples, run: list[int]
) -> dict[int, bytes | None]:
    """Compute the minutes of a run of hours and pack them by the hour."""
    start, end = run[0] * HOUR_MS, (run[-1] + 1) * HOUR_MS
    samples = samples.pick((samples.at >= start - rule.hold_ms) & (samples.at < end + rule.hold_ms))
    good, total, state = compute_minutes(samples, _role_columns(samples, roles), rule, start, 60 * len(run))
    slices = [slice(60 * index, 60 * index + 60) for index in range(len(run))]
    return {hour: pack_hour(good[part], total[part], state[part]) for hour, part in zip(run, slices, strict=True)}


def _role_columns(samples: Samples, roles: Mapping[int, SampleRole]) -> RoleColumns:
    starts, rows = series_runs(samples.series)
    series_roles = [roles[number] for number in samples.series[starts].tolist()]
    return RoleColumns(
        np.repeat(np.array([role.to_good for role in series_roles], np.int64), rows),
        np.repeat(np.array([role.to_total for role in series_roles], np.int64), rows),
        np.repeat(np.array([role.delta for role in series_roles], np.bool_), rows),
    )


def _within(samples: Samples, hour: int) -> Samples:
    return samples.pick((samples.at >= hour * HOUR_MS) & (samples.at < (hour + 1) * HOUR_MS))


def _pack(hour: int, samples: Samples, roles: Mapping[int, SampleRole]) -> bytes:
    starts, rows = series_runs(samples.series)
    series = samples.series[starts]
    series_roles = [roles[number] for number in series.tolist()]
    columns = (
        np.array([len(series), len(samples)], np.int64),
        series,
        rows,
        np.array([(role.to_good, role.to_total, role.delta) for role in series_roles], np.int8),
        np.diff(samples.at, prepend=hour * HOUR_MS).astype(np.int32),
        samples.value,
    )
    raw = b"".join(column.tobytes() for column in columns)
    return bytes([_FORMAT_VERSION]) + bytes(cramjam.zstd.compress(raw, _COMPRESSION_LEVEL))


def _unpack(hour: int, packed: bytes) -> tuple[Samples, dict[int, SampleRole]]:
    if packed[0] != _FORMAT_VERSION:
        raise ValueError(f"samples of an hour are packed in format {packed[0]}, which this version cannot read")
    raw = bytes(cramjam.zstd.decompress(packed[1:]))
    series_count, count = (int(number) for number in np.frombuffer(raw, np.int64, 2))
    series = np.frombuffer(raw, np.int64, series_count, 16)
    rows = np.frombuffer(raw, np.int64, series_count, 16 + 8 * series_count)
    role_fields = np.frombuffer(raw, np.int8, 3 * series_count, 16 + 16 * series_count).reshape(-1, 3).tolist()
    steps = np.frombuffer(raw, np.int32, count, 16 + 19 * series_count)
    value = np.frombuffer(raw, np.float64, count, len(raw) - 8 * count)
    roles = {
        number: SampleRole(to_good, to_total, bool(delta))
        for number, (to_good, to_total, delta) in zip(series.tolist(), role_fields, strict=True)
    }
    return Samples(np.repeat(series, rows), np.cumsum(steps, dtype=np.int64) + hour * HOUR_MS, value), roles
