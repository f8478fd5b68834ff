"""Folding by the hour: what is stored of an indicator's hours, what arrives, and what is stored afterwards."""

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
    """What is stored of one hour of one indicator: its samples, and the minutes they make."""

    samples: bytes | None = None
    minutes: bytes | None = None
    observed: bytes | None = None
    """Of a histogram, what it observed per minute."""


def touched_hours(at: Ints, holds: int) -> list[int]:
    """The hours, counted from 1970, whose minutes samples at these instants can change."""
    return sorted({hour for reach in (-holds, 0, holds) for hour in distinct_hours(at + reach)})


def distinct_hours(at: Ints) -> set[int]:
    """Cheap where most neighbours lie in one hour, as they do in a set."""
    hours = at // HOUR_MS
    return set(hours[np.flatnonzero(np.diff(hours, prepend=-(2**62)))].tolist())


def needed_hours(at: Ints, holds: int) -> list[int]:
    """The hours that must be at hand to fold these samples."""
    touched = touched_hours(at, holds)
    return sorted({hour + step for hour in touched for step in (-1, 0, 1)})


def roll_up_samples(
    rule: SampleRule, roles: Mapping[int, SampleRole], stored: Mapping[int, StoredHour], arrived: Samples
) -> dict[int, StoredHour]:
    """The hours that change, as they are to be stored. `stored` holds what there is of the `needed_hours`.

    `arrived` is a set, and `roles` says what its series are; those of stored samples are stored with them.
    """
    known, roles = _unpacked(stored, roles)
    kept = to_sample_set(concat_samples([*known, arrived])) if known else arrived
    changed: dict[int, StoredHour] = {}
    fresh = distinct_hours(arrived.at)
    for run in consecutive_runs(touched_hours(arrived.at, rule.hold_ms)):
        for hour, minutes in _folded(rule, roles, kept, run).items():
            before = stored.get(hour, StoredHour())
            samples = _pack(hour, _within(kept, hour), roles) if hour in fresh else before.samples
            if (after := StoredHour(samples, minutes)) != before:
                changed[hour] = after
    return changed


def _unpacked(
    stored: Mapping[int, StoredHour], roles: Mapping[int, SampleRole]
) -> tuple[list[Samples], dict[int, SampleRole]]:
    known, all_roles = [], dict(roles)
    for number, hour in stored.items():
        if hour.samples is not None:
            samples, its_roles = _unpack(number, hour.samples)
            known.append(samples)
            all_roles |= its_roles
    return known, all_roles


def consecutive_runs(hours: Iterable[int]) -> list[list[int]]:
    """Hours in a row, so that samples years apart do not make years of minutes."""
    found: list[list[int]] = []
    for hour in hours:
        if found and hour == found[-1][-1] + 1:
            found[-1].append(hour)
        else:
            found.append([hour])
    return found


def _folded(
    rule: SampleRule, roles: Mapping[int, SampleRole], kept: Samples, run: list[int]
) -> dict[int, bytes | None]:
    start, end = run[0] * HOUR_MS, (run[-1] + 1) * HOUR_MS
    samples = kept.pick((kept.at >= start - rule.hold_ms) & (kept.at < end + rule.hold_ms))
    good, total, state = compute_minutes(samples, _aligned(samples, roles), rule, start, 60 * len(run))
    parts = [slice(60 * index, 60 * index + 60) for index in range(len(run))]
    return {hour: pack_hour(good[part], total[part], state[part]) for hour, part in zip(run, parts, strict=True)}


def _aligned(samples: Samples, roles: Mapping[int, SampleRole]) -> RoleColumns:
    starts, rows = series_runs(samples)
    found = [roles[number] for number in samples.series[starts].tolist()]
    return RoleColumns(
        np.repeat(np.array([role.to_good for role in found], np.int64), rows),
        np.repeat(np.array([role.to_total for role in found], np.int64), rows),
        np.repeat(np.array([role.delta for role in found], np.bool_), rows),
    )


def _within(kept: Samples, hour: int) -> Samples:
    return kept.pick((kept.at >= hour * HOUR_MS) & (kept.at < (hour + 1) * HOUR_MS))


def _pack(hour: int, samples: Samples, roles: Mapping[int, SampleRole]) -> bytes:
    starts, rows = series_runs(samples)
    series = samples.series[starts]
    found = [roles[number] for number in series.tolist()]
    columns = (
        np.array([len(series), len(samples)], np.int64),
        series,
        rows,
        np.array([(role.to_good, role.to_total, role.delta) for role in found], np.int8),
        np.diff(samples.at, prepend=hour * HOUR_MS).astype(np.int32),
        samples.value,
    )
    raw = b"".join(column.tobytes() for column in columns)
    return bytes([_FORMAT_VERSION]) + bytes(cramjam.zstd.compress(raw, _COMPRESSION_LEVEL))


def _unpack(hour: int, packed: bytes) -> tuple[Samples, dict[int, SampleRole]]:
    if packed[0] != _FORMAT_VERSION:
        raise ValueError("packed in a form unknown here")
    raw = bytes(cramjam.zstd.decompress(packed[1:]))
    series_count, count = (int(number) for number in np.frombuffer(raw, np.int64, 2))
    series = np.frombuffer(raw, np.int64, series_count, 16)
    rows = np.frombuffer(raw, np.int64, series_count, 16 + 8 * series_count)
    parts = np.frombuffer(raw, np.int8, 3 * series_count, 16 + 16 * series_count).reshape(-1, 3).tolist()
    steps = np.frombuffer(raw, np.int32, count, 16 + 19 * series_count)
    value = np.frombuffer(raw, np.float64, count, len(raw) - 8 * count)
    roles = {
        number: SampleRole(good, total, bool(delta))
        for number, (good, total, delta) in zip(series.tolist(), parts, strict=True)
    }
    return Samples(np.repeat(series, rows), np.cumsum(steps, dtype=np.int64) + hour * HOUR_MS, value), roles
