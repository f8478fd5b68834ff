"""What was observed up to a limit, and the percentiles of it: exact at edges, and one the other's counterpart."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import cramjam
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, INDEX_OFFSET, BucketLayout
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.packed_observations import pack_observations, unpack_observations
from sla.measurements.histograms.percentiles import INFINITY
from tests.sla.measurements.histograms.histogram_reference import entries

START = datetime(2026, 2, 3, 12, tzinfo=UTC)
LAYOUTS = (
    BucketLayout(EXPLICIT_SCHEMA, 0.0, (0.1, 0.5, 2.0)),
    BucketLayout(EXPLICIT_SCHEMA, 0.0, (0.5, 1.0)),
    BucketLayout(0),
)
KEYS = ((0, 1, 2, 3), (0, 1, 2), (0, INDEX_OFFSET - 1, INDEX_OFFSET, INDEX_OFFSET + 1))
rows = st.dictionaries(
    st.tuples(st.integers(0, 59), st.sampled_from([(n, key) for n, keys in enumerate(KEYS) for key in keys])),
    st.integers(1, 5) | st.just(2**61),
    max_size=12,
)
Rows = dict[tuple[int, tuple[int, int]], int]


def hour(rows: Rows) -> bytes:
    columns = [
        [minute for minute, _ in rows],
        [n for _, (n, _) in rows],
        [key for _, (_, key) in rows],
        [*rows.values()],
    ]
    is_known = np.isin(np.arange(60), columns[0])
    is_known[7] = True
    packed = pack_observations(
        Observations.from_columns(START, is_known, LAYOUTS, tuple(np.array(column, np.int64) for column in columns))
    )
    assert packed is not None
    return packed


def observed(*hours: Rows, shift: int = 0, count: int = 60) -> Observations:
    """From `shift` minutes after the start of the first hour; of the hours that the window touches."""
    offsets = [(60 * number - shift, hour(rows_of_hour)) for number, rows_of_hour in enumerate(hours)]
    touched = [(offset, packed) for offset, packed in offsets if -60 < offset < count]
    packed = b"".join(packed for _, packed in touched)
    start = START + timedelta(minutes=shift)
    return unpack_observations(start, count, np.array([offset for offset, _ in touched], np.int64), packed)


@given(rows, rows, st.integers(-30, 90), st.integers(0, 150))
def test_packed_observations_are_unpacked_in_any_window(
    first_hour: Rows, second_hour: Rows, shift: int, count: int
) -> None:
    observations, hours = (
        observed(first_hour, second_hour, shift=shift, count=count),
        enumerate((first_hour, second_hour)),
    )
    amounts = {(60 * n + at - shift, *bucket): amount for n, rows in hours for (at, bucket), amount in rows.items()}
    inside = {entry: amount for entry, amount in amounts.items() if 0 <= entry[0] < count}
    assert entries(observations) == {(at, LAYOUTS[n], key): amount for (at, n, key), amount in inside.items()}
    assert set(observations.layouts) == {LAYOUTS[n] for _, n, _ in inside}
    places = {at for at, *_ in amounts} | {7 - shift, 67 - shift}
    assert observations.is_known.nonzero()[0].tolist() == sorted(place for place in places if 0 <= place < count)
    assert len(observations) == count


@given(rows, rows, st.integers(-30, 30), st.tuples(st.integers(0, 120), st.integers(0, 120)))
def test_a_slice_equals_what_its_window_unpacks_to(
    first_hour: Rows, second_hour: Rows, shift: int, ends: tuple[int, int]
) -> None:
    first, last = sorted(ends)
    part = observed(first_hour, second_hour, shift=shift, count=120).slice(first, last)
    read = observed(first_hour, second_hour, shift=shift + first, count=last - first)
    assert (part.start, entries(part), part.digest()) == (read.start, entries(read), read.digest())
    assert np.array_equal(part.is_known, read.is_known)


@given(rows, rows, st.sets(st.integers(0, 119)))
def test_the_distribution_of_minutes_is_the_sum_of_each_minute(
    first_hour: Rows, second_hour: Rows, minutes: set[int]
) -> None:
    observations, summed = observed(first_hour, second_hour, count=120), Counter[tuple[BucketLayout, int]]()
    for (minute, *bucket), amount in entries(observations).items():
        summed.update({tuple(bucket): amount} if minute in minutes else {})
    distribution = observations.distribution(np.isin(np.arange(120), list(minutes)))
    assert {(distribution.layouts[n], key): amount for (n, key), amount in distribution.amounts.items()} == summed
    assert distribution.count == sum(summed.values())


@given(rows, st.sets(st.integers(0, 59)), st.sampled_from(["0.05", "0.1", "0.5", "1", "1.5", "2"]), st.integers(1, 999))
def test_a_share_is_reached_when_its_percentile_is(rows: Rows, minutes: set[int], limit: str, share: int) -> None:
    distribution = observed(rows).distribution(np.isin(np.arange(60), list(minutes)))
    inside = dict.fromkeys({bucket for _, bucket in rows}, 0)
    for (minute, bucket), amount in rows.items():
        inside[bucket] += amount if minute in minutes else 0
    edges = {(n, key): LAYOUTS[n].upper_edge(key) for n, key in inside}
    good = sum(
        amount for bucket, amount in inside.items() if (edge := edges[bucket]) is not None and edge <= Decimal(limit)
    )
    assert (distribution.count_up_to(Decimal(limit)), distribution.count) == (good, sum(inside.values()))
    percentile = distribution.percentile(Fraction(share, 1000))
    if not sum(inside.values()):
        assert percentile is None
    else:
        assert percentile is not None
        assert (percentile <= Decimal(limit)) == (good * 1000 >= share * sum(inside.values()))


def test_edges_below_a_limit_are_listed() -> None:
    observations = observed({(0, (0, 1)): 1, (0, (1, 0)): 1, (0, (2, INDEX_OFFSET)): 2})
    assert observations.edges_below(Decimal("0.7")) == [Decimal("0.5")]
    assert observations.edges_below(Decimal("1.9")) == [Decimal("0.5"), Decimal(1)]
    assert observations.edges_below(Decimal("0.3")) == [None, Decimal("0.1"), Decimal("0.25")]


def test_observations_above_every_edge_have_an_infinite_percentile() -> None:
    everything = np.ones(60, np.bool_)
    assert observed({(0, (0, 3)): 1}).distribution(everything).percentile(Decimal("0.5")) == INFINITY
    two_edges = observed({(0, (0, 3)): 1, (0, (0, 0)): 1}).distribution(everything)
    assert two_edges.percentile(Decimal("0.5")) == Decimal("0.1")


def test_hours_packed_in_another_format_are_refused() -> None:
    another_format = cramjam.zstd.compress(bytes([3]) + bytes(200))
    with pytest.raises(ValueError, match="cannot read"):
        unpack_observations(START, 60, np.zeros(1, np.int64), bytes(another_format))


@given(rows, rows)
def test_digests_differ_between_windows(first_hour: Rows, second_hour: Rows) -> None:
    same = first_hour == second_hour
    assert (observed(first_hour).digest() == observed(second_hour).digest()) is same
    assert observed(first_hour).digest() != observed(first_hour, count=59).digest()
    assert hour(first_hour) == hour(dict(reversed(first_hour.items())))
