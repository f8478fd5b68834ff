"""The roll-up of histograms by the hour: from stored hours and arrived data to the hours that change."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.histograms.bucket_layout import decode_group_keys, encode_group_keys
from sla.measurements.histograms.histogram_increases import Increases, sum_by_key
from sla.measurements.histograms.packing import pack_observations
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, MinuteState, count_ranges, pack_hour
from sla.measurements.rollup.histogram_samples import (
    RolesBySeries,
    compute_data_point_increases,
    pack_histogram_samples,
    unpack_histogram_samples,
)
from sla.measurements.rollup.sample_hours import StoredHour, consecutive_runs, distinct_hours, touched_hours
from sla.measurements.samples import Ints, Mask


@dataclass(frozen=True, slots=True)
class HistogramRule:
    """The rule that says how long a histogram speaks and which observations are good."""

    hold_ms: int
    """Milliseconds for which a histogram speaks when no other follows; at most an hour."""
    limit: Decimal | None
    """The value up to which observations are good; None if all of them are."""


def roll_up_histograms(
    rule: HistogramRule, roles_by_series: RolesBySeries, stored: Mapping[int, StoredHour], arrived: DataPoints
) -> dict[int, StoredHour]:
    """Return the hours that change, as they are to be stored. `stored` holds the `needed_hours` that exist.

    `roles_by_series` says what the series in `arrived` are; the roles of stored series are stored with them.
    """
    stored_parts = [
        unpack_histogram_samples(number, hour.samples) for number, hour in stored.items() if hour.samples is not None
    ]
    data = merge_data_points([arrived, *(part for part, _ in stored_parts)])
    stored_roles = {series: role for _, roles in stored_parts for series, role in roles.items()}
    roles_by_series = stored_roles | dict(roles_by_series)
    hours_with_arrivals = distinct_hours(arrived.at)
    changed: dict[int, StoredHour] = {}
    for run in consecutive_runs(touched_hours(arrived.at, rule.hold_ms)):
        for hour, (minutes, observed) in _pack_minutes(rule, roles_by_series, data, run).items():
            before, samples = stored.get(hour, StoredHour()), None
            if hour in hours_with_arrivals:
                within = data.between(hour * HOUR_MS, (hour + 1) * HOUR_MS)
                samples = pack_histogram_samples(hour, within, roles_by_series)
            if (after := StoredHour(samples or before.samples, minutes, observed)) != before:
                changed[hour] = after
    return changed


def _pack_minutes(
    rule: HistogramRule, roles_by_series: RolesBySeries, data: DataPoints, run: list[int]
) -> dict[int, tuple[bytes | None, bytes | None]]:
    """Compute the minutes and observations of a run of hours and pack them by the hour."""
    start, end = run[0] * HOUR_MS, (run[-1] + 1) * HOUR_MS
    in_reach = data.between(start - rule.hold_ms, end + rule.hold_ms)
    increases = compute_data_point_increases(in_reach, roles_by_series, rule.hold_ms)
    computed = compute_histogram_minutes(increases, rule.limit, start, 60 * len(run))
    edges = np.searchsorted(computed.minute, 60 * np.arange(len(run) + 1)).tolist()
    hours = {}
    for place, hour in enumerate(run):
        part, rows = slice(60 * place, 60 * place + 60), slice(edges[place], edges[place + 1])
        minutes = pack_hour(computed.good[part], computed.total[part], computed.state[part])
        columns = (computed.minute[rows] - 60 * place, computed.layout[rows], computed.key[rows], computed.amount[rows])
        hours[hour] = minutes, pack_observations(computed.is_known[part], increases.layouts, columns)
    return hours


@dataclass(frozen=True, slots=True, eq=False)
class HistogramMinutes:
    """The minutes of a window, and in the last four columns their buckets, in the order of the minutes."""

    is_known: Mask
    good: Ints
    total: Ints
    minute: Ints
    layout: Ints
    key: Ints
    amount: Ints

    @property
    def state(self) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        state = np.where(self.good >= self.total, MinuteState.GOOD, MinuteState.BAD)
        return np.where(self.is_known, state, MinuteState.UNKNOWN).astype(np.uint8)


def compute_histogram_minutes(increases: Increases, limit: Decimal | None, start: int, count: int) -> HistogramMinutes:
    """Compute `count` minutes from `start` (ms)."""
    minute = (increases.at - start) // MINUTE_MS
    inside = (minute >= 0) & (minute < count)
    layout_count = len(increases.layouts) + 1
    group = (minute * layout_count + increases.layout)[inside]
    group_keys, amount = sum_by_key(encode_group_keys(group, increases.key[inside]), increases.amount[inside])
    is_observed = amount != 0
    group, key = decode_group_keys(group_keys[is_observed])
    amount = amount[is_observed]
    minute, layout = np.divmod(group, layout_count)
    good, total = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(total, minute, amount)
    is_good = _is_up_to(increases, limit, layout, key)
    np.add.at(good, minute[is_good], amount[is_good])
    first, last = (increases.known_from - start) // MINUTE_MS, (increases.known_to - start) // MINUTE_MS
    return HistogramMinutes(count_ranges(first, last, count) > 0, good, total, minute, layout, key, amount)


def _is_up_to(increases: Increases, limit: Decimal | None, layout: Ints, key: Ints) -> Mask:
    if limit is None or not increases.layouts:
        return np.ones(len(key), np.bool_)
    last = np.array([one_layout.last_key_up_to(limit) for one_layout in increases.layouts], np.int64)
    return np.asarray(key <= last[layout])
