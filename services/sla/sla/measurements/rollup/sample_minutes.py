"""From the set of an indicator's samples to its minutes: a pure function, so that arrival order cannot matter."""

# Values: a sample counts once in its minute, and once in each following minute in which the series says nothing, while
# it holds; a stale marker or other NaN ends it. Values in conflict at one instant count as one, good only if all are.
# Counts: the increase since the series' sample before is counted in the minute of the later one, if both lie within the
# time a sample holds; a smaller count is a reset. The minutes from the one to the other are known. Fractions of an
# event are floored before anything is subtracted, so that sums never drift; of counts in conflict the smaller one
# stands. When two replicas of a monitor read a counter at nearly the same time, the reading that began first may end
# last, and then the other one is a little smaller: that is no reset, and the difference is taken back.

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sla.indicators.rollup_rules import SampleRule
from sla.measurements.minutes import MINUTE_MS, MinuteState
from sla.measurements.samples import (
    MAX_COUNT,
    MAX_READING_OVERLAP_MS,
    START_MARKER,
    Ints,
    Samples,
    first_of_instant_mask,
)

_NEVER_MINUTE = 2**60


@dataclass(frozen=True, slots=True, eq=False)
class RoleColumns:
    """What each series is, aligned with the rows of `Samples`."""

    to_good: Ints
    to_total: Ints
    delta: NDArray[np.bool_]

    def pick(self, which: NDArray[np.bool_]) -> "RoleColumns":
        if which.all():
            return self
        return RoleColumns(self.to_good[which], self.to_total[which], self.delta[which])


class _MinuteCounts:
    """Counts of the minutes of a window; what lies outside it is not counted."""

    def __init__(self, start: int, count: int) -> None:
        self.start, self.count = start, count
        self.good, self.total, self.seen = (np.zeros(count, np.int64) for _ in range(3))

    def minute(self, at: Ints) -> Ints:
        return (at - self.start) // MINUTE_MS

    def add(self, column: Ints, minute: Ints, amount: Ints) -> None:
        inside = (minute >= 0) & (minute < self.count)
        np.add.at(column, minute[inside], amount[inside])

    def add_ranges(self, column: Ints, first: Ints, last: Ints) -> None:
        """One for each minute from first to last, both inclusive."""
        first, last = np.maximum(first, 0), np.minimum(last, self.count - 1)
        some = first <= last
        steps = np.bincount(first[some], minlength=self.count + 1)
        steps -= np.bincount(last[some] + 1, minlength=self.count + 1)
        column += np.cumsum(steps[: self.count])


def compute_minutes(
    samples: Samples, roles: RoleColumns, rule: SampleRule, start: int, count: int
) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Good, total and state of `count` minutes from `start` (ms), out of a set of samples (`as_set`).

    The set must reach from `rule.holds` before the window to as much behind it.
    """
    tally = _MinuteCounts(start, count)
    counted = (roles.to_good != 0) | (roles.to_total != 0)
    started = samples.value == START_MARKER
    _add_values(tally, samples.pick(~counted & ~started), rule)
    usable = counted & (samples.value >= 0) & (samples.value < MAX_COUNT) & ~(started & _with_another(samples))
    _add_counts(tally, samples.pick(usable), roles.pick(usable), rule)
    state = np.where(tally.good >= tally.total, MinuteState.GOOD, MinuteState.BAD)
    known = (tally.seen > 0) | (tally.total > 0)
    return tally.good, tally.total, np.where(known, state, MinuteState.UNKNOWN).astype(np.uint8)


def _add_values(tally: _MinuteCounts, samples: Samples, rule: SampleRule) -> None:
    if not len(samples):
        return
    starts = np.flatnonzero(first_of_instant_mask(samples))
    real = ~np.isnan(samples.value)
    good = np.logical_and.reduceat(rule.is_good(samples.value) | ~real, starts)
    instant = samples.pick(starts)
    minute = tally.minute(instant.at)
    until = np.minimum(tally.minute(instant.at + rule.hold_ms - 1), _next_in_series(instant, minute) - 1)
    last = np.maximum(minute, until)
    real = real[starts]
    tally.add_ranges(tally.total, minute[real], last[real])
    tally.add_ranges(tally.good, minute[real & good], last[real & good])


def _next_in_series(instant: Samples, minute: Ints) -> Ints:
    following = np.full(len(instant), _NEVER_MINUTE, np.int64)
    same = instant.series[1:] == instant.series[:-1]
    following[:-1][same] = minute[1:][same]
    return following


def _with_another(samples: Samples) -> NDArray[np.bool_]:
    """Whether the row behind has the same series and instant."""
    return ~np.concatenate((first_of_instant_mask(samples)[1:], np.ones(min(len(samples), 1), np.bool_)))


def _add_counts(tally: _MinuteCounts, samples: Samples, roles: RoleColumns, rule: SampleRule) -> None:
    if not len(samples):
        return
    first = first_of_instant_mask(samples)
    samples, roles = samples.pick(first), roles.pick(first)
    count = np.floor(samples.value).astype(np.int64)
    minute = tally.minute(samples.at)
    linked = np.zeros(len(samples), np.bool_)
    linked[1:] = (samples.series[1:] == samples.series[:-1]) & (np.diff(samples.at) <= rule.hold_ms)
    before = np.concatenate((count[:1], count[:-1]))
    overlapping = (np.diff(samples.at, prepend=0) <= MAX_READING_OVERLAP_MS) & (count >= before - count)
    increase = np.where(roles.delta | ((count < before) & ~overlapping), count, count - before)
    increase[~(linked | roles.delta)] = 0
    tally.add(tally.good, minute, increase * roles.to_good)
    tally.add(tally.total, minute, increase * roles.to_total)
    tally.add_ranges(tally.seen, minute[:-1][linked[1:]], minute[1:][linked[1:]])
    tally.add_ranges(tally.seen, minute[roles.delta], minute[roles.delta])
