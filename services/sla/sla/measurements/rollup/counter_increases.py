"""Counter increases: how many events a counter counted from one sample to the next, also across a reset."""

# The increase since the sample before is counted at the later sample if the two are at most the hold time apart; the
# time from one to the other is known. A smaller count is a reset: it was counted since then. Fractions of an event are
# floored before anything is subtracted, so that sums never drift. Of counts in conflict the smaller one stands. When
# two replicas of a monitor read a counter at nearly the same time, the reading that began first may end last, and the
# other one is then a little smaller: that is not a reset, and the difference is subtracted again. Deltas count as they
# are.

from typing import NamedTuple

import numpy as np

from sla.measurements.samples import (
    MAX_READING_OVERLAP_MS,
    START_MARKER,
    Ints,
    Mask,
    Samples,
    can_be_counts_mask,
    first_of_instant_mask,
)


class CounterIncreases(NamedTuple):
    """The increase at each sample, and the spans of time (ms, inclusive) that are known."""

    amount: Ints
    known_from: Ints
    known_to: Ints


def standing_counts_mask(samples: Samples) -> Mask:
    """Mask the samples of a set that can be counts, each instant's smallest; a reading overrides a start marker."""
    is_first = first_of_instant_mask(samples)
    is_followed = ~np.append(is_first[1:], np.True_)[: len(samples)]
    is_overridden_start = (samples.value == START_MARKER) & is_followed
    stands: Mask = can_be_counts_mask(samples) & ~is_overridden_start
    stands[stands] = first_of_instant_mask(samples.pick(stands))
    return stands


def compute_counter_increases(counts: Samples, is_delta: Mask, hold_ms: int) -> CounterIncreases:
    """Compute the increases of counters, ordered by series and time, of which some count since the sample before."""
    count = np.floor(counts.value).astype(np.int64)
    count_before, at_before = (np.concatenate((column[:1], column[:-1])) for column in (count, counts.at))
    has_base = np.zeros(len(counts), np.bool_)
    has_base[1:] = (counts.series[1:] == counts.series[:-1]) & (np.diff(counts.at) <= hold_ms)
    may_overlap = (counts.at - at_before <= MAX_READING_OVERLAP_MS) & (count >= count_before - count)
    is_reset = (count < count_before) & ~may_overlap
    amount = np.where(is_delta | is_reset, count, count - count_before)
    is_known = has_base | is_delta
    known_from = np.where(has_base, at_before, counts.at)
    return CounterIncreases(np.where(is_known, amount, 0), known_from[is_known], counts.at[is_known])
