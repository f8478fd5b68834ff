"""The minutes of an indicator, computed from the set of its samples, so that arrival order cannot matter."""

# Values: a sample counts once in its minute, and once in each following minute in which the series has no sample, while
# it holds. A stale marker or another NaN ends it. Values in conflict at one time count as one, good only if all are.
# Counts: an increase is counted in the minute of the later sample (counter_increases).

import numpy as np
from numpy.typing import NDArray

from sla.indicators.rollup_rules import SampleRule
from sla.measurements.minute_counts import MinuteCounts
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, count_ranges, held_until
from sla.measurements.rollup.counter_increases import compute_counter_increases, standing_counts_mask
from sla.measurements.samples import START_MARKER, Ints, Samples, first_of_instant_mask


def compute_minute_counts(
    samples: Samples, role_columns: NDArray[np.int8], rule: SampleRule, first_hour: int, count: int
) -> MinuteCounts:
    """Compute `count` minutes from the beginning of an hour out of a set of samples (`to_sample_set`).

    The set must reach from `rule.hold_ms` before the window to as much behind it. `role_columns` has the fields of
    SampleRole as rows, and a column for each sample.
    """
    start = first_hour * HOUR_MS
    is_count = (role_columns[:2] != 0).any(axis=0)
    is_value = ~is_count & (samples.value != START_MARKER)
    good, total = _count_values(samples.pick(is_value), rule, start, count)
    is_count &= standing_counts_mask(samples)
    events = _count_events(samples.pick(is_count), role_columns.compress(is_count, axis=1), rule, start, count)
    return MinuteCounts(good, total, np.zeros(count, np.int64)) + events


def _count_values(samples: Samples, rule: SampleRule, start: int, count: int) -> tuple[Ints, Ints]:
    """Return for each minute how many values speak for it that are good, and how many in all."""
    if not len(samples):
        return np.zeros(count, np.int64), np.zeros(count, np.int64)
    starts = np.flatnonzero(first_of_instant_mask(samples))
    is_number = ~np.isnan(samples.value)
    is_good = np.logical_and.reduceat(rule.is_good(samples.value) | ~is_number, starts)
    instants, is_number = samples.pick(starts), is_number[starts]
    first, last = (instants.at - start) // MINUTE_MS, (held_until(instants, rule.hold_ms) - start) // MINUTE_MS
    is_good &= is_number
    return count_ranges(first[is_good], last[is_good], count), count_ranges(first[is_number], last[is_number], count)


def _count_events(
    counts: Samples, role_columns: NDArray[np.int8], rule: SampleRule, start: int, count: int
) -> MinuteCounts:
    """Count for each minute the good events, all events, and the known spans of time it lies in."""
    good, total = np.zeros(count, np.int64), np.zeros(count, np.int64)
    to_good, to_total, delta = role_columns
    amount, known_from, known_to = compute_counter_increases(counts, delta != 0, rule.hold_ms)
    minute = (counts.at - start) // MINUTE_MS
    inside = (minute >= 0) & (minute < count)
    np.add.at(good, minute[inside], (amount * to_good)[inside])
    np.add.at(total, minute[inside], (amount * to_total)[inside])
    spans = count_ranges((known_from - start) // MINUTE_MS, (known_to - start) // MINUTE_MS, count)
    return MinuteCounts(good, total, spans)
