"""Folding histograms by the hour: what is stored of an indicator's hours, what arrives, and what is stored after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.histograms.increases import KEY_BIAS, KEY_BITS, Increases, sum_by_key
from sla.measurements.histograms.observations import Mask
from sla.measurements.histograms.packing import pack_observations
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, Minutes, MinuteState, pack_hour, to_hour_start
from sla.measurements.rollup.histogram_samples import (
    RolesBySeries,
    compute_data_point_increases,
    pack_histogram_samples,
    unpack_histogram_samples,
)
from sla.measurements.rollup.sample_hours import StoredHour, consecutive_runs, distinct_hours, touched_hours
from sla.measurements.samples import Ints


@dataclass(frozen=True, slots=True)
class HistogramRule:
    hold_ms: int
    """For how many milliseconds one speaks; an hour at the most."""
    limit: Decimal | None
    """Observations up to it are good; None: all are."""


def roll_up_histograms(
    rule: HistogramRule, streams: RolesBySeries, stored: Mapping[int, StoredHour], arrived: DataPoints
) -> dict[int, StoredHour]:
    """The hours that change, as they are to be stored. `stored` holds what there is of the `needed_hours`.

    `streams` says what the series in `arrived` are; those of what is stored are stored with it.
    """
    known = [
        unpack_histogram_samples(number, hour.samples) for number, hour in stored.items() if hour.samples is not None
    ]
    kept = merge_data_points([arrived, *(sent for sent, _ in known)])
    streams = {number: one for _, its in known for number, one in its.items()} | dict(streams)
    fresh = distinct_hours(arrived.at)
    changed: dict[int, StoredHour] = {}
    for run in consecutive_runs(touched_hours(arrived.at, rule.hold_ms)):
        for hour, (minutes, seen) in _folded(rule, streams, kept, run).items():
            before = stored.get(hour, StoredHour())
            within = kept.between(hour * HOUR_MS, (hour + 1) * HOUR_MS)
            samples = pack_histogram_samples(hour, within, streams) if hour in fresh else before.samples
            if (after := StoredHour(samples, minutes, seen)) != before:
                changed[hour] = after
    return changed


def _folded(
    rule: HistogramRule, streams: RolesBySeries, kept: DataPoints, run: list[int]
) -> dict[int, tuple[bytes | None, bytes | None]]:
    start, end = run[0] * HOUR_MS, (run[-1] + 1) * HOUR_MS
    found = compute_data_point_increases(kept.between(start - rule.hold_ms, end + rule.hold_ms), streams, rule.hold_ms)
    tally = compute_histogram_minutes(found, rule.limit, start, 60 * len(run))
    edges = np.searchsorted(tally.minute, 60 * np.arange(len(run) + 1)).tolist()
    hours = {}
    for place, hour in enumerate(run):
        part, rows = slice(60 * place, 60 * place + 60), slice(edges[place], edges[place + 1])
        minutes = pack_hour(tally.good[part], tally.total[part], tally.state[part])
        columns = (tally.minute[rows] - 60 * place, tally.layout[rows], tally.key[rows], tally.amount[rows])
        hours[hour] = minutes, pack_observations(tally.known[part], found.layouts, columns)
    return hours


@dataclass(frozen=True, slots=True, eq=False)
class HistogramMinutes:
    """The minutes of a window, and the buckets of these minutes, in order of the minutes."""

    known: Mask
    good: Ints
    total: Ints
    minute: Ints
    layout: Ints
    key: Ints
    amount: Ints

    @property
    def state(self) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        state = np.where(self.good >= self.total, MinuteState.GOOD, MinuteState.BAD)
        return np.where(self.known, state, MinuteState.UNKNOWN).astype(np.uint8)

    def minutes(self, start: int) -> Minutes:
        return Minutes(to_hour_start(start // HOUR_MS), self.good, self.total, self.state)


def compute_histogram_minutes(found: Increases, limit: Decimal | None, start: int, count: int) -> HistogramMinutes:
    """`count` minutes from `start` (ms)."""
    minute = (found.at - start) // MINUTE_MS
    inside = (minute >= 0) & (minute < count)
    names = (minute * (len(found.layouts) + 1) + found.layout)[inside] << KEY_BITS
    names, amount = sum_by_key(names + found.key[inside] + KEY_BIAS, found.amount[inside])
    amount_left = amount != 0
    names, amount = names[amount_left], amount[amount_left]
    minute, layout = np.divmod(names >> KEY_BITS, len(found.layouts) + 1)
    key = (names & ((1 << KEY_BITS) - 1)) - KEY_BIAS
    good, total = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(total, minute, amount)
    fit = _up_to(found, limit, layout, key)
    np.add.at(good, minute[fit], amount[fit])
    return HistogramMinutes(_known(found, start, count), good, total, minute, layout, key, amount)


def _up_to(found: Increases, limit: Decimal | None, layout: Ints, key: Ints) -> Mask:
    if limit is None or not found.layouts:
        return np.ones(len(key), np.bool_)
    last = np.array([one.last_key_up_to(limit) for one in found.layouts], np.int64)
    return np.asarray(key <= last[layout])


def _known(found: Increases, start: int, count: int) -> Mask:
    first = np.maximum((found.known_from - start) // MINUTE_MS, 0)
    last = np.minimum((found.known_to - start) // MINUTE_MS, count - 1)
    some = first <= last
    steps = np.bincount(first[some], minlength=count + 1) - np.bincount(last[some] + 1, minlength=count + 1)
    return np.asarray(np.cumsum(steps[:count]) > 0)
