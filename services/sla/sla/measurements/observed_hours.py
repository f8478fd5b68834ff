"""Folding histograms by the hour: what is stored of an indicator's hours, what arrives, and what is stored after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from sla.measurements.minutes import HOUR, MINUTE, Minutes, State, hour_of, pack_hour
from sla.measurements.observations import Mask
from sla.measurements.observed_packing import pack_observed
from sla.measurements.observing import MIDDLE_KEY, SHIFT, Observed, sums_by
from sla.measurements.packed_hours import Hour, hours_of, runs, touched_hours
from sla.measurements.samples import Ints
from sla.measurements.sent import Sent, Streams, observed_of, pack, united, unpack


@dataclass(frozen=True, slots=True)
class HistogramRule:
    holds: int
    """For how many milliseconds one speaks; an hour at the most."""
    limit: Decimal | None
    """Observations up to it are good; None: all are."""


def fold_histograms(
    rule: HistogramRule, streams: Streams, stored: Mapping[int, Hour], arrived: Sent
) -> dict[int, Hour]:
    """The hours that change, as they are to be stored. `stored` holds what there is of the `needed_hours`.

    `streams` says what the series in `arrived` are; those of what is stored are stored with it.
    """
    known = [unpack(number, hour.samples) for number, hour in stored.items() if hour.samples is not None]
    kept = united([arrived, *(sent for sent, _ in known)])
    streams = {number: one for _, its in known for number, one in its.items()} | dict(streams)
    fresh = hours_of(arrived.at)
    changed: dict[int, Hour] = {}
    for run in runs(touched_hours(arrived.at, rule.holds)):
        for hour, (minutes, seen) in _folded(rule, streams, kept, run).items():
            before = stored.get(hour, Hour())
            within = kept.between(hour * HOUR, (hour + 1) * HOUR)
            samples = pack(hour, within, streams) if hour in fresh else before.samples
            if (after := Hour(samples, minutes, seen)) != before:
                changed[hour] = after
    return changed


def _folded(
    rule: HistogramRule, streams: Streams, kept: Sent, run: list[int]
) -> dict[int, tuple[bytes | None, bytes | None]]:
    start, end = run[0] * HOUR, (run[-1] + 1) * HOUR
    found = observed_of(kept.between(start - rule.holds, end + rule.holds), streams, rule.holds)
    tally = tally_of(found, rule.limit, start, 60 * len(run))
    edges = np.searchsorted(tally.minute, 60 * np.arange(len(run) + 1)).tolist()
    hours = {}
    for place, hour in enumerate(run):
        part, rows = slice(60 * place, 60 * place + 60), slice(edges[place], edges[place + 1])
        minutes = pack_hour(tally.good[part], tally.total[part], tally.state[part])
        columns = (tally.minute[rows] - 60 * place, tally.layout[rows], tally.key[rows], tally.amount[rows])
        hours[hour] = minutes, pack_observed(tally.known[part], found.layouts, columns)
    return hours


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
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
        state = np.where(self.good >= self.total, State.GOOD, State.BAD)
        return np.where(self.known, state, State.UNKNOWN).astype(np.uint8)

    def minutes(self, start: int) -> Minutes:
        return Minutes(hour_of(start // HOUR), self.good, self.total, self.state)


def tally_of(found: Observed, limit: Decimal | None, start: int, count: int) -> Tally:
    """`count` minutes from `start` (ms)."""
    minute = (found.at - start) // MINUTE
    inside = (minute >= 0) & (minute < count)
    names = (minute * (len(found.layouts) + 1) + found.layout)[inside] << SHIFT
    names, amount = sums_by(names + found.key[inside] + MIDDLE_KEY, found.amount[inside])
    amount_left = amount != 0
    names, amount = names[amount_left], amount[amount_left]
    minute, layout = np.divmod(names >> SHIFT, len(found.layouts) + 1)
    key = (names & ((1 << SHIFT) - 1)) - MIDDLE_KEY
    good, total = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(total, minute, amount)
    fit = _up_to(found, limit, layout, key)
    np.add.at(good, minute[fit], amount[fit])
    return Tally(_known(found, start, count), good, total, minute, layout, key, amount)


def _up_to(found: Observed, limit: Decimal | None, layout: Ints, key: Ints) -> Mask:
    if limit is None or not found.layouts:
        return np.ones(len(key), np.bool_)
    last = np.array([one.last_up_to(limit) for one in found.layouts], np.int64)
    return np.asarray(key <= last[layout])


def _known(found: Observed, start: int, count: int) -> Mask:
    first = np.maximum((found.known_from - start) // MINUTE, 0)
    last = np.minimum((found.known_to - start) // MINUTE, count - 1)
    some = first <= last
    steps = np.bincount(first[some], minlength=count + 1) - np.bincount(last[some] + 1, minlength=count + 1)
    return np.asarray(np.cumsum(steps[:count]) > 0)
