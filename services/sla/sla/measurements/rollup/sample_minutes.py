"""The minutes of an indicator, computed from the set of its samples, so that arrival order cannot matter."""

# Values: a sample counts once in its minute, and once in each following minute in which the series has no sample, while
# it holds. A stale marker or another NaN ends it. Values in conflict at one time count as one, good only if all are.
# Counts: the increase since the sample before is counted in the minute of the later sample if the two are at most the
# hold time apart; the minutes from one to the other are known. A smaller count is a reset. Fractions of an event are
# floored before anything is subtracted, so that sums never drift. Of counts in conflict the smaller one stands. When
# two replicas of a monitor read a counter at nearly the same time, the reading that began first may end last, and the
# other one is then a little smaller: that is not a reset, and the difference is subtracted again.

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sla.indicators.rollup_rules import SampleRule
from sla.measurements.minutes import MINUTE_MS, MinuteState, count_ranges
from sla.measurements.samples import (
    MAX_COUNT,
    MAX_READING_OVERLAP_MS,
    START_MARKER,
    Ints,
    Mask,
    Samples,
    first_of_instant_mask,
)

_NEVER_MINUTE = 2**60


@dataclass(frozen=True, slots=True, eq=False)
class RoleColumns:
    """The roles of the series, one row for each row of `Samples`."""

    to_good: Ints
    to_total: Ints
    delta: Mask

    def pick(self, mask: Mask) -> "RoleColumns":
        return self if mask.all() else RoleColumns(self.to_good[mask], self.to_total[mask], self.delta[mask])


class _MinuteCounts:
    """Counts of the minutes of a window; whatever lies outside it is ignored."""

    def __init__(self, start: int, count: int) -> None:
        self.start, self.count = start, count
        self.good, self.total, self.covered = (np.zeros(count, np.int64) for _ in range(3))

    def minute(self, at: Ints) -> Ints:
        return (at - self.start) // MINUTE_MS

    def add(self, column: Ints, minute: Ints, amount: Ints) -> None:
        inside = (minute >= 0) & (minute < self.count)
        np.add.at(column, minute[inside], amount[inside])

    def add_ranges(self, column: Ints, first: Ints, last: Ints) -> None:
        """Add one to each minute from first to last, both inclusive."""
        column += count_ranges(first, last, self.count)


def compute_minutes(
    samples: Samples, roles: RoleColumns, rule: SampleRule, start: int, count: int
) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Compute good, total and state of `count` minutes from `start` (ms) out of a set of samples (`to_sample_set`).

    The set must reach from `rule.hold_ms` before the window to as much behind it.
    """
    counts = _MinuteCounts(start, count)
    is_count = (roles.to_good != 0) | (roles.to_total != 0)
    is_start = samples.value == START_MARKER
    _add_values(counts, samples.pick(~is_count & ~is_start), rule)
    in_range = (samples.value >= 0) & (samples.value < MAX_COUNT)
    usable = is_count & in_range & ~(is_start & _has_successor_of_instant(samples))
    _add_counts(counts, samples.pick(usable), roles.pick(usable), rule)
    state = np.where(counts.good >= counts.total, MinuteState.GOOD, MinuteState.BAD)
    is_known = (counts.covered > 0) | (counts.total > 0)
    return counts.good, counts.total, np.where(is_known, state, MinuteState.UNKNOWN).astype(np.uint8)


def _add_values(counts: _MinuteCounts, samples: Samples, rule: SampleRule) -> None:
    if not len(samples):
        return
    starts = np.flatnonzero(first_of_instant_mask(samples))
    is_number = ~np.isnan(samples.value)
    good = np.logical_and.reduceat(rule.is_good(samples.value) | ~is_number, starts)
    instants = samples.pick(starts)
    minute = counts.minute(instants.at)
    held_until = np.minimum(counts.minute(instants.at + rule.hold_ms - 1), _next_minute_of_series(instants, minute) - 1)
    last = np.maximum(minute, held_until)
    is_number = is_number[starts]
    counts.add_ranges(counts.total, minute[is_number], last[is_number])
    counts.add_ranges(counts.good, minute[is_number & good], last[is_number & good])


def _next_minute_of_series(instants: Samples, minute: Ints) -> Ints:
    following = np.full(len(instants), _NEVER_MINUTE, np.int64)
    same_series = instants.series[1:] == instants.series[:-1]
    following[:-1][same_series] = minute[1:][same_series]
    return following


def _has_successor_of_instant(samples: Samples) -> Mask:
    """Return which rows are followed by one with the same series and time."""
    return ~np.concatenate((first_of_instant_mask(samples)[1:], np.ones(min(len(samples), 1), np.bool_)))


def _add_counts(counts: _MinuteCounts, samples: Samples, roles: RoleColumns, rule: SampleRule) -> None:
    if not len(samples):
        return
    first = first_of_instant_mask(samples)
    samples, roles = samples.pick(first), roles.pick(first)
    count = np.floor(samples.value).astype(np.int64)
    minute = counts.minute(samples.at)
    has_base = np.zeros(len(samples), np.bool_)
    has_base[1:] = (samples.series[1:] == samples.series[:-1]) & (np.diff(samples.at) <= rule.hold_ms)
    before = np.concatenate((count[:1], count[:-1]))
    may_overlap = (np.diff(samples.at, prepend=0) <= MAX_READING_OVERLAP_MS) & (count >= before - count)
    is_reset = (count < before) & ~may_overlap
    increase = np.where(roles.delta | is_reset, count, count - before)
    increase[~(has_base | roles.delta)] = 0
    counts.add(counts.good, minute, increase * roles.to_good)
    counts.add(counts.total, minute, increase * roles.to_total)
    counts.add_ranges(counts.covered, minute[:-1][has_base[1:]], minute[1:][has_base[1:]])
    counts.add_ranges(counts.covered, minute[roles.delta], minute[roles.delta])
