"""Columns of counts: sums, and sums of ratios, that are exact where 64 bits or floats would not be."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sla.compliance.evaluation.ratios import Ratio, sum_ratios

OVERFLOW = 2**63
_FEW = 2**16
Counts = NDArray[np.signedinteger[Any]]
"""Of any width: measured minutes come in the narrowest that holds them."""


def sum_exactly(column: Counts) -> int:
    return int(column.sum(dtype=np.int64)) if largest(column) * len(column) < OVERFLOW else sum(column.tolist())


def largest(*columns: Counts) -> int:
    return max(max(int(column.max(initial=0)), -int(column.min(initial=0))) for column in columns)


def sum_ratios_of_counts(good: Counts, events: Counts) -> Ratio:
    """Add up the ratio of each slice; one that counts without events counts as one, if nothing was bad in it."""
    empty = events <= 0
    events = np.where(empty, 1, events)
    good = np.clip(np.where(empty, good >= 0, good), 0, events)
    group = _group_few if largest(events) < _FEW else _group_any
    return sum_ratios([Ratio(*pair) for pair in zip(*group(good, events), strict=True)])


def _group_few(good: Counts, events: Counts) -> tuple[list[int], list[int]]:
    """Return the good events of all slices with as many events, and the distinct numbers of events."""
    sums = np.bincount(events, weights=good)  # sums that floats hold exactly, unless there are 2^53 / 2^16 slices
    distinct = np.flatnonzero(np.bincount(events))
    return sums[distinct].astype(np.int64).tolist(), distinct.tolist()


def _group_any(good: Counts, events: Counts) -> tuple[list[int], list[int]]:
    distinct, position = np.unique(events, return_inverse=True)
    exact: type = object if largest(good) * len(good) >= OVERFLOW else np.int64
    sums: NDArray[Any] = np.zeros(len(distinct), dtype=exact)
    np.add.at(sums, position, good.astype(exact))
    return sums.tolist(), distinct.tolist()
