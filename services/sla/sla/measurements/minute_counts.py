"""Counts by minute: good events, all events, and the known spans of time; those of two sets of series add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sla.measurements.minutes import Minutes, to_hour_start, unpack_hours
from sla.measurements.samples import Ints, narrowest_type


@dataclass(frozen=True, slots=True, eq=False)
class MinuteCounts:
    """The counts of whole hours, one entry per minute."""

    good: Ints
    total: Ints
    spans: Ints
    """How many known spans of time each minute lies in: one between any two counts of a series that are compared."""

    def __add__(self, other: Self) -> Self:
        return type(self)(self.good + other.good, self.total + other.total, self.spans + other.spans)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.good - other.good, self.total - other.total, self.spans - other.spans)

    def to_minutes(self, first_hour: int) -> Minutes:
        is_known = (self.spans > 0) | (self.total > 0)
        return Minutes.from_counts(to_hour_start(first_hour), self.good, self.total, is_known)


def pack_spans(spans: Ints) -> bytes:
    """Pack the spans of an hour in the narrowest integers that hold them."""
    return spans.astype(narrowest_type(spans)).tobytes()


def unpack_counts(minutes: bytes | None, spans: bytes | None) -> MinuteCounts:
    """Unpack the counts of one hour; those of an hour that is not stored are zero."""
    if minutes is None:
        good, total = np.zeros(60, np.int64), np.zeros(60, np.int64)
    else:
        hour = unpack_hours(to_hour_start(0), 60, [(np.zeros(1, np.int64), minutes)])
        good, total = hour.good.astype(np.int64), hour.total.astype(np.int64)
    stored_spans = np.zeros(60, np.int64) if spans is None else np.frombuffer(spans, f"<i{len(spans) // 60}")
    return MinuteCounts(good, total, stored_spans.astype(np.int64))


def join_counts(hours: Sequence[MinuteCounts]) -> MinuteCounts:
    columns = [(hour.good, hour.total, hour.spans) for hour in hours]
    return MinuteCounts(*map(np.concatenate, zip(*columns, strict=True)))
