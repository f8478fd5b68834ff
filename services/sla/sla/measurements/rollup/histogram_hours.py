"""The roll-up of histograms by the hour: from stored hours and arrived data to the hours that change."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.histograms.histogram_increases import Increases
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.packed_observations import pack_observations
from sla.measurements.histograms.row_groups import decode_group_keys, encode_group_keys, sum_by_key
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, MinuteState, count_ranges, pack_hour, to_hour_start
from sla.measurements.rollup.histogram_samples import (
    RolesBySeries,
    compute_data_point_increases,
    pack_histogram_samples,
    unpack_histogram_samples,
)
from sla.measurements.rollup.sample_hours import StoredHour, consecutive_runs, distinct_hours, touched_hours


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
    observed = compute_observations(increases, start, 60 * len(run))
    good, total = observed.count_by_minute(rule.limit)
    state = np.where(good >= total, MinuteState.GOOD, MinuteState.BAD)
    state = np.where(observed.is_known, state, MinuteState.UNKNOWN).astype(np.uint8)
    parts = [slice(60 * place, 60 * place + 60) for place in range(len(run))]
    return {
        hour: (
            pack_hour(good[part], total[part], state[part]),
            pack_observations(observed.slice(part.start, part.stop)),
        )
        for hour, part in zip(run, parts, strict=True)
    }


def compute_observations(increases: Increases, start: int, count: int) -> Observations:
    """Compute what was observed in `count` minutes from `start` (ms)."""
    minute = (increases.at - start) // MINUTE_MS
    inside = (minute >= 0) & (minute < count)
    layout_count = len(increases.layouts) + 1
    group_keys = encode_group_keys(minute * layout_count + increases.layout, increases.key)
    group_keys, amount = sum_by_key(group_keys[inside], increases.amount[inside])
    group, key = decode_group_keys(group_keys[amount != 0])
    minute, layout = np.divmod(group, layout_count)
    first, last = (increases.known_from - start) // MINUTE_MS, (increases.known_to - start) // MINUTE_MS
    is_known, columns = count_ranges(first, last, count) > 0, (minute, layout, key, amount[amount != 0])
    return Observations.from_columns(to_hour_start(start // HOUR_MS), is_known, increases.layouts, columns)
