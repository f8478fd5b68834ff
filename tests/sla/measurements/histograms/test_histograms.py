"""Histograms as they are sent, the edges of their buckets, and what is counted from one to the next."""

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, INDEX_OFFSET, OVERFLOW_KEY, BucketLayout
from sla.measurements.histograms.columns import (
    HistogramColumns,
    concat_histograms,
    histograms_to_bytes,
    to_histogram_set,
)
from sla.measurements.histograms.histogram_increases import compute_histogram_increases
from sla.measurements.histograms.point import HistogramPoint, HistogramReading, InvalidHistogram
from sla.measurements.histograms.value_buckets import VALUE_LAYOUT, bucket_keys
from tests.sla.measurements.conftest import samples_of

SECOND = 1000
limits = st.decimals("1e-9", "1e9", allow_nan=False, allow_infinity=False)


def native(at: int, *buckets: int, start: int | None = None, reset: bool = False, **fields: Any) -> HistogramPoint:
    """The buckets from 1 on, at scale 0 unless told: up to 2, 4, 8."""
    fields = {"schema": 0, "count": sum(buckets)} | fields
    reading = HistogramReading(at * SECOND, None if start is None else start * SECOND, reset=reset)
    return HistogramPoint.from_exponential(reading, positive=list(enumerate(buckets, 1)), **fields)


def explicit(at: int, bounds: tuple[float, ...], *counts: int) -> HistogramPoint:
    return HistogramPoint.from_explicit(HistogramReading(at * SECOND), bounds=bounds, counts=counts)


def increases(*points: HistogramPoint, holds: int = 300) -> dict[tuple[int, str], int]:
    """By second and upper edge."""
    computed = compute_histogram_increases(HistogramColumns.from_points((1, point) for point in points), holds * SECOND)
    rows = zip(
        computed.at.tolist(), computed.layout.tolist(), computed.key.tolist(), computed.amount.tolist(), strict=True
    )
    by_edge = [
        (at // SECOND, str(computed.layouts[layout].upper_edge(key)), amount) for at, layout, key, amount in rows
    ]
    return {(at, edge): amount for at, edge, amount in by_edge}


def test_the_increase_since_the_histogram_before_is_counted() -> None:
    assert increases(native(10, 1, 2), native(25, 4, 2, 1)) == {(25, "2"): 3, (25, "8"): 1}
    assert increases(native(10, 1, 2)) == {}
    assert increases(native(10, 1), native(311, 5)) == {}


def test_a_bucket_that_holds_less_is_a_reset() -> None:
    assert increases(native(10, 5, 2), native(25, 1, 9)) == {(25, "2"): 1, (25, "4"): 9}


def test_a_reset_that_the_sender_reports_counts_once() -> None:
    anew = native(25, 7, reset=True)
    assert increases(native(10, 5), anew) == {(25, "2"): 7}
    assert increases(native(10, 5), anew, native(30, 8, reset=True)) == {(25, "2"): 7, (30, "2"): 1}


def test_two_replicas_of_one_prometheus_count_once() -> None:
    first_replica = [native(at, at) for at in range(10, 100, 15)]
    second_replica = [native(at, at) for at in range(17, 107, 15)]
    assert sum(increases(*first_replica, *second_replica).values()) == 92 - 10
    assert increases(*first_replica, *first_replica) == increases(*first_replica)


def test_a_start_after_the_point_before_counts_from_nothing() -> None:
    assert increases(native(10, 5), native(40, 9, start=20)) == {(40, "2"): 9}
    assert increases(native(10, 5, start=1), native(40, 9, start=1)) == {(10, "2"): 5, (40, "2"): 4}
    # As OTLP writes an unknown start: the point itself is worth nothing, those behind it are counted from it.
    assert increases(native(10, 5, start=10), native(40, 9, start=10)) == {(40, "2"): 4}


def test_coarser_buckets_take_in_the_finer_ones() -> None:
    fine = native(10, 1, 1, 1, 1, schema=1)  # up to 1.41, 2, 2.83, 4
    assert increases(fine, native(25, 3, 4)) == {(25, "2"): 1, (25, "4"): 2}
    assert increases(native(10, 3, 4), replace(fine, reading=HistogramReading(25 * SECOND))) == {
        (25, edge): 1 for edge in ("1.41421356237", "2", "2.82842712475", "4")
    }


def test_a_wider_zero_bucket_takes_in_the_buckets_within_it() -> None:
    narrow = native(10, 2, 3, zero_count=1, count=6)
    wide = native(25, 0, 4, zero_threshold=2.0, zero_count=5, count=9)
    assert increases(narrow, wide) == {(25, "2.0"): 2, (25, "4"): 1}
    cut = native(25, 0, 4, zero_threshold=3.0, zero_count=9, count=13)
    assert increases(narrow, cut) == {(25, "3.0"): 9, (25, "4"): 4}


def test_different_bounds_are_compared_at_common_edges() -> None:
    counted_increases = increases(explicit(10, (0.1, 0.5, 1.0), 1, 2, 3, 4), explicit(25, (0.1, 1.0, 2.0), 2, 6, 5, 1))
    assert counted_increases == {(25, "0.1"): 1, (25, "1.0"): 1, (25, "None"): 2}


@pytest.mark.parametrize(
    ("limit", "edge"), [("0.1", "0.1"), ("0.3", "0.1"), ("0.5", "0.5"), ("9", "0.5"), ("0.09", None), ("-1", None)]
)
def test_the_edge_below_a_limit_stands_for_it(limit: str, edge: str | None) -> None:
    layout = BucketLayout(EXPLICIT_SCHEMA, 0.0, (0.1, 0.5))
    key = layout.last_key_up_to(Decimal(limit))
    assert (str(layout.upper_edge(key)) if layout.has_bucket(key) else None) == edge


@given(limits, st.integers(-2, 8), st.sampled_from([1, -1]))
def test_edges_of_exponential_buckets_are_exact(limit: Decimal, schema: int, side: int) -> None:
    key = BucketLayout(schema).last_key_up_to(side * limit)
    index = (key if key > 0 else -key) - INDEX_OFFSET - (0 if key > 0 else 1)
    steps = 1 << max(schema, 0)
    base = Fraction(2) ** (1 << max(-schema, 0))
    raised = Fraction(limit) ** steps
    if side > 0:
        assert base**index <= raised < base ** (index + 1)
    else:
        assert base ** (index - 1) < raised <= base**index


@given(st.floats(allow_nan=False, width=64))
def test_a_single_value_lies_in_its_bucket(value: float) -> None:
    key = int(bucket_keys(np.array([value]))[0])
    if math.isinf(value):
        assert key == OVERFLOW_KEY
    else:
        upper = VALUE_LAYOUT.upper_edge(key)
        assert upper is not None
        assert Decimal(value) <= upper * (1 + Decimal("1e-9") * (1 if value > 0 else -1))
        assert abs(float(upper) - value) <= abs(value) * 0.003 + 1e-320


def test_a_finer_scale_than_the_finest_is_merged() -> None:
    point = HistogramPoint.from_exponential(HistogramReading(0), schema=10, count=8, positive=[(1, 1), (4, 2), (5, 5)])
    assert (point.layout.schema, point.buckets) == (8, ((INDEX_OFFSET + 1, 3), (INDEX_OFFSET + 2, 5)))


def test_buckets_within_the_zero_threshold_belong_to_the_zero_bucket() -> None:
    point = native(0, 4, 2, zero_threshold=2.0, zero_count=1, count=7)
    assert point.buckets == ((0, 5), (INDEX_OFFSET + 2, 2))


def test_observations_of_nan_lie_above_every_edge() -> None:
    reading = HistogramReading(0, sum=math.nan)
    point = HistogramPoint.from_exponential(reading, schema=0, count=3, positive=[(1, 1)])
    assert point.buckets == ((INDEX_OFFSET + 1, 1), (OVERFLOW_KEY, 2))
    assert HistogramPoint.from_explicit(reading, bounds=(1,), counts=(1, 0), count=3).buckets == ((0, 1), (1, 2))


def test_a_histogram_without_buckets_has_its_count() -> None:
    assert HistogramPoint.from_explicit(HistogramReading(0), bounds=(), counts=(), count=3).buckets == ((0, 3),)
    assert explicit(0, (1.0, math.inf), 1, 2, 0).buckets == ((0, 1), (1, 2))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schema": -11}, "schema"),
        ({"zero_threshold": -1.0}, "threshold"),
        ({"zero_threshold": math.nan}, "threshold"),
        ({"count": 0, "zero_count": 1}, "more than its count"),
        ({"count": 2, "zero_count": 1}, "less than its count"),
        ({"zero_count": -1}, "negative"),
        ({"zero_count": math.nan}, "not a number"),
        ({"count": 2.0**63}, "too large"),
        ({"positive": [(2**40, 1)]}, "beyond"),
        ({"positive": [(index, 1) for index in range(3000)], "count": 3000}, "2000 buckets"),
    ],
)
def test_invalid_exponential_histograms_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidHistogram, match=message):
        HistogramPoint.from_exponential(HistogramReading(0), **{"schema": 0, "count": 5} | fields)


@pytest.mark.parametrize(
    ("bounds", "counts", "message"),
    [
        ((1.0, 1.0), (1, 1, 1), "ascending order"),
        ((2.0, 1.0), (1, 1, 1), "ascending order"),
        ((math.nan,), (1, 1), "finite"),
        ((1.0,), (1,), "one more bucket"),
        ((), (1, 1), "one more bucket"),
        ((1.0,), (1, -1), "negative"),
    ],
)
def test_invalid_explicit_histograms_are_refused(
    bounds: tuple[float, ...], counts: tuple[float, ...], message: str
) -> None:
    with pytest.raises(InvalidHistogram, match=message):
        HistogramPoint.from_explicit(HistogramReading(0), bounds=bounds, counts=counts)


def test_a_push_of_samples_and_histograms_is_read_as_it_was_written() -> None:
    points = to_histogram_set(
        HistogramColumns.from_points(
            [(7, native(10, 1, 2, start=3)), (9, explicit(5, (0.5,), 1, 2)), (7, native(10, 1))]
        )
    )
    samples = samples_of([(1, 5, 0.5), (2, 6, math.inf)])
    again = DataPoints.unpack(DataPoints(samples, points).pack())
    assert again.samples.value.tolist() == [0.5, math.inf]
    assert histograms_to_bytes(again.histograms) == histograms_to_bytes(points)
    assert histograms_to_bytes(to_histogram_set(concat_histograms([points, again.histograms]))) == histograms_to_bytes(
        points
    )
    for damaged in (b"\x02", b"\x02" + bytes(40), b"\x07abc"):
        with pytest.raises(ValueError, match=r"damaged|unknown"):
            DataPoints.unpack(damaged)


def test_a_stored_point_is_known_again_whatever_the_classes_are_called() -> None:
    reading = HistogramReading(1_000, 500, delta=True, sum=2.5)
    native = HistogramPoint.from_exponential(
        reading, schema=3, count=6, zero_count=1, zero_threshold=0.5, positive=[(4, 2), (5, 3)]
    )
    explicit = HistogramPoint.from_explicit(HistogramReading(60_000), bounds=[0.1, 1], counts=[1, 2, 3])

    stored = HistogramColumns.from_points([(1, native), (1, explicit)])

    assert stored.content.tolist() == [-8400064310311781970, -6319928094075207027]
