"""Histograms of all forms against a slow reading of their rules; in any order, repeated, late, in any cycles."""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.indicators.rollup_rules import HistogramRole
from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.histograms.columns import HistogramColumns
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.packed_observations import unpack_observations
from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, to_hour_start, unpack_hours
from sla.measurements.rollup.histogram_hours import HistogramRollup
from sla.measurements.rollup.hours import PartLimits, StoredHours, roll_up_hours
from sla.measurements.samples import STALE_MARKER
from tests.sla.measurements.conftest import join_hours, samples_of
from tests.sla.measurements.histograms.histogram_reference import Reference, Sample, entries
from tests.sla.measurements.rollup.cycles import run_cycles

FIRST = 400_000  # an hour in 2015
NATIVE, EXPLICIT, OTHER, CLASSIC, VALUES = 1, 2, 3, (10, 11, 12, 13), (20, 21)
EDGES = (0.1, 0.5, 2.5, math.inf)
STREAMS = {
    NATIVE: HistogramRole(101),
    EXPLICIT: HistogramRole(102),
    OTHER: HistogramRole(101),
    **{number: HistogramRole(101, edge) for number, edge in zip(CLASSIC, EDGES, strict=True)},
    **{10 + number: HistogramRole(103, edge) for number, edge in zip(CLASSIC, EDGES, strict=True)},
    30: HistogramRole(104, 1.0, delta=True),
    31: HistogramRole(104, math.inf, delta=True),
    40: HistogramRole(105),
    41: HistogramRole(106),
}

instants = st.one_of(
    st.integers(0, 3 * HOUR_MS - 1),
    st.integers(0, 179).map(lambda n: n * MINUTE_MS),
    st.integers(0, 40).map(lambda n: n * 15_000),
).map(lambda offset: FIRST * HOUR_MS + offset)
starts = st.none() | st.integers(0, 3 * HOUR_MS).map(lambda offset: FIRST * HOUR_MS + offset) | instants
readings = st.builds(HistogramReading, at=instants, start_at=starts, delta=st.booleans(), reset=st.booleans())
plain = st.builds(HistogramReading, at=instants)
counts = st.integers(0, 4) | st.floats(0, 4)


@st.composite
def exponential(draw: st.DrawFn) -> HistogramPoint:
    buckets = st.dictionaries(st.integers(-5, 9), counts, max_size=4).map(lambda by_index: list(by_index.items()))
    return HistogramPoint.from_exponential(
        replace(draw(plain | readings), sum=math.nan),  # some observations are in no bucket
        schema=draw(st.integers(-1, 2)),
        count=40 + draw(counts),
        zero_count=draw(counts),
        zero_threshold=draw(st.sampled_from([0.0, 0.0, 0.3, 2.0])),
        positive=draw(buckets),
        negative=draw(buckets),
    )


@st.composite
def explicit(draw: st.DrawFn) -> HistogramPoint:
    bounds = draw(st.sampled_from([(0.1, 0.5, 2.5), (0.1, 2.5), (0.1, 0.5, 2.5, math.inf), (), (0.2, 7.0)]))
    bucket_counts = draw(st.lists(counts, min_size=len(bounds) + 1, max_size=len(bounds) + 1))
    return HistogramPoint.from_explicit(draw(plain | readings), bounds=bounds, counts=bucket_counts)


@st.composite
def growing(draw: st.DrawFn) -> list[tuple[int, HistogramPoint]]:
    """As a service counts: every now and then, with buckets that get coarser, and a restart."""
    points, running_buckets, schema = [], dict[int, int](), 3
    for step in range(draw(st.integers(2, 8))):
        if draw(st.integers(0, 7)) == 0:
            running_buckets, schema = {}, 3
        if draw(st.integers(0, 3)) == 0 and schema > 0:
            schema -= 1
            running_buckets = {
                key: sum(n for k, n in running_buckets.items() if -(-k // 2) == key)
                for key in {-(-k // 2) for k in running_buckets}
            }
        for key, count in draw(st.dictionaries(st.integers(-8, 8), st.integers(0, 5), max_size=4)).items():
            running_buckets[key] = running_buckets.get(key, 0) + count
        reading = HistogramReading(FIRST * HOUR_MS + step * draw(st.sampled_from([4_000, 15_000, MINUTE_MS, 90_000])))
        point = HistogramPoint.from_exponential(
            reading, schema=schema, count=sum(running_buckets.values()), positive=running_buckets.items()
        )
        points.append((41, point))
    return points


points = st.one_of(
    st.tuples(st.sampled_from([NATIVE, OTHER]), exponential()),
    st.tuples(st.sampled_from([EXPLICIT, NATIVE]), explicit()),
)
many_points = st.tuples(st.lists(points, max_size=12), growing()).map(lambda parts: parts[0] + parts[1])
values = st.integers(0, 20).map(float) | st.sampled_from(
    [STALE_MARKER, math.nan, 2.5, 0.0, -1.0, -0.3, math.inf, 1e300]
)
samples = st.lists(
    st.tuples(st.sampled_from([n for n in STREAMS if n >= 10 and n != 41]), instants, values), max_size=40
)


@st.composite
def scrapes(draw: st.DrawFn) -> list[Sample]:
    """Classic histograms, all series of an instant together, sometimes without one."""
    samples = []
    for at in draw(st.lists(instants, max_size=6)):
        base = draw(st.sampled_from([10, 20]))
        total = 0
        for number in draw(st.sampled_from([(0, 1, 2, 3), (0, 2, 3), (0, 1, 2)])):
            total += draw(st.integers(0, 3))
            samples.append((base + number, at, float(total)))
    return samples


classic = st.tuples(samples, scrapes()).map(lambda parts: parts[0] + parts[1])
rules = st.builds(
    HistogramRollup,
    hold_ms=st.sampled_from([1_000, 15_000, MINUTE_MS, 90_000, 5 * MINUTE_MS, HOUR_MS]),
    limit=st.sampled_from([None, Decimal("0.1"), Decimal("0.3"), Decimal(1), Decimal("2.5"), Decimal(-1), Decimal(0)]),
)


def sent_of(samples: Sequence[Sample], points: Sequence[tuple[int, HistogramPoint]]) -> DataPoints:
    return merge_data_points(
        [
            DataPoints(
                samples_of(samples),
                HistogramColumns.from_points(points),
            )
        ]
    )


def rolled_up(
    cycles: Sequence[tuple[list[Sample], list[Any]]], rule: HistogramRollup, limits: PartLimits | None = None
) -> StoredHours:
    return run_cycles(rule, STREAMS, (sent_of(*cycle) for cycle in cycles), limits)


@given(classic, many_points, rules)
def test_minutes_and_buckets_equal_those_of_the_reference(
    samples: list[Sample], points: list[tuple[int, HistogramPoint]], rule: HistogramRollup
) -> None:
    slow = Reference(STREAMS, rule.hold_ms, rule.limit)
    slow.read(samples, points)
    stored = rolled_up([(samples, points)], rule)
    first, hours = FIRST - 2, 8
    packed = [(60 * (number - first), hour) for number, hour in stored.hours.items()]
    blocks = join_hours([(at, hour.minutes) for at, hour in packed if hour.minutes])
    minutes = unpack_hours(to_hour_start(first), 60 * hours, blocks)
    for place in range(60 * hours):
        read = (int(minutes.good[place]), int(minutes.total[place]), int(minutes.state[place]))
        assert read == slow.minute(first * 60 + place)
    observations = observed_in(stored, first, hours)
    assert {(first * 60 + minute, *bucket): count for (minute, *bucket), count in entries(observations).items()} == {
        (minute, *bucket): count
        for minute, in_minute in slow.buckets.items()
        for bucket, count in in_minute.items()
        if count
    }
    assert [first * 60 + place for place in observations.is_known.nonzero()[0].tolist()] == sorted(slow.known)


def observed_in(stored: StoredHours, first: int, hours: int) -> Observations:
    packed_hours = [
        (60 * (number - first), hour.observed) for number, hour in sorted(stored.hours.items()) if hour.observed
    ]
    offsets = np.array([offset for offset, _ in packed_hours], np.int64)
    return unpack_observations(
        to_hour_start(first), 60 * hours, offsets, b"".join(packed for _, packed in packed_hours)
    )


@st.composite
def cycles_of(
    draw: st.DrawFn, samples: list[Sample], points: list[tuple[int, HistogramPoint]]
) -> list[tuple[list[Sample], list[Any]]]:
    """Cycles in which all of it arrives in any order, some of it repeatedly."""
    everything: list[Any] = [*samples, *points]
    again = draw(st.lists(st.sampled_from(everything), max_size=10)) if everything else []
    shuffled = draw(st.permutations(everything + again))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=8)))
    cycles = [shuffled[a:b] for a, b in pairwise([0, *cuts, len(shuffled)])]
    return [
        ([item for item in cycle if len(item) == 3], [item for item in cycle if len(item) == 2]) for cycle in cycles
    ]


@given(classic, many_points, rules, st.data())
def test_order_repetition_and_batches_change_no_byte(
    samples: list[Sample], points: list[tuple[int, HistogramPoint]], rule: HistogramRollup, data: st.DataObject
) -> None:
    once = rolled_up([(samples, points)], rule)
    stored = rolled_up(data.draw(cycles_of(samples, points)), rule)
    assert (stored.hours, stored.parts) == (once.hours, once.parts)
    assert roll_up_hours(rule, STREAMS, once, sent_of(samples, points)) == ({}, {})


@given(classic, many_points, rules, st.data())
def test_a_large_hour_in_parts_has_the_minutes_and_buckets_of_the_whole_set(
    samples: list[Sample], points: list[tuple[int, HistogramPoint]], rule: HistogramRollup, data: st.DataObject
) -> None:
    """Every part is large here, so that each cycle reads the fewest parts and adds differences to what is stored."""
    cycles = data.draw(cycles_of(samples, points))
    limits = PartLimits(max_points=data.draw(st.integers(2, 30)), large_points=0)

    stored = rolled_up([*cycles, (samples[:5], points[:3])], rule, limits)

    in_one_cycle = rolled_up([(samples, points)], rule, limits)
    once = rolled_up([(samples, points)], rule)
    assert stored.hours == in_one_cycle.hours
    assert {number: replace(hour, spans=None) for number, hour in stored.hours.items()} == once.hours
    kept_points, _ = stored.load(rule, 0, 2**62)
    assert kept_points.pack() == sent_of(samples, points).pack()


@given(classic, many_points, rules, st.data())
def test_a_large_hour_whose_parts_have_no_index_gets_the_minutes_of_the_whole_set(
    samples: list[Sample], points: list[tuple[int, HistogramPoint]], rule: HistogramRollup, data: st.DataObject
) -> None:
    """So versions before stored them, without what differences are added to."""
    cycles = data.draw(cycles_of(samples, points))
    upgraded = data.draw(st.integers(0, len(cycles)))
    before = rolled_up(cycles[:upgraded], rule, PartLimits(max_points=5, large_points=10**9))

    arrivals = (sent_of(*cycle) for cycle in cycles[upgraded:])
    stored = run_cycles(rule, STREAMS, arrivals, PartLimits(max_points=5, large_points=0), before)

    once = rolled_up([(samples, points)], rule)
    assert {number: replace(hour, spans=None) for number, hour in stored.hours.items()} == once.hours


def count_at(step: int, value: float) -> tuple[list[Sample], list[Any]]:
    """A total count of a classic histogram, every fifteen seconds."""
    return [(CLASSIC[-1], FIRST * HOUR_MS + 15_000 * step, value)], []


def delta_at(step: int) -> tuple[list[Sample], list[Any]]:
    """An interval of the same histogram in which nothing was observed."""
    reading = HistogramReading(FIRST * HOUR_MS + 15_000 * step, delta=True)
    return [], [(NATIVE, HistogramPoint.from_explicit(reading, bounds=(), counts=[0]))]


@pytest.mark.parametrize("between", [[count_at(1, math.nan), count_at(2, math.nan)], [delta_at(1), delta_at(2)]])
def test_the_histogram_before_is_found_beyond_parts_with_nothing_to_compare_with(between: list[Any]) -> None:
    rule, limits = HistogramRollup(MINUTE_MS, Decimal(1)), PartLimits(max_points=2, large_points=0)

    stored = rolled_up([count_at(0, 5.0), *between, count_at(3, 9.0)], rule, limits)

    assert len(stored.parts) == 3
    assert observed_in(stored, FIRST, 1).count_by_minute(None)[1].sum() == 4


def test_classic_histograms_without_a_count_leave_layouts_alone() -> None:
    """Instants without +Inf, and instants with other edges right after one another."""
    samples: list[Sample] = []
    for step, numbers in enumerate([(0, 1), (0, 1, 3), (0, 3), (0, 1, 3), (0, 1), (0, 2, 3), (0, 1, 2, 3)]):
        samples += [(10 + number, FIRST * HOUR_MS + 15_000 * step, float(step * (number + 1))) for number in numbers]
    rule = HistogramRollup(60_000, Decimal("0.1"))
    slow = Reference(STREAMS, rule.hold_ms, rule.limit)
    slow.read(samples, [])
    observed_entries = entries(observed_in(rolled_up([(samples, [])], rule), FIRST, 1))
    assert {(FIRST * 60 + minute, *bucket): count for (minute, *bucket), count in observed_entries.items()} == {
        (minute, *bucket): count
        for minute, in_minute in slow.buckets.items()
        for bucket, count in in_minute.items()
        if count
    }
