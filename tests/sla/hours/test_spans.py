"""Sets of time against Python's own sets of integers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sla.hours.spans import Span, clip_spans, complement, difference, intersection, total_length, union

ANY = st.lists(st.builds(Span, st.integers(0, 60), st.integers(0, 60)), max_size=8)
SETS = ANY.map(union)
WINDOWS = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda ends: Span(min(ends), max(ends)))


def points(spans: list[Span]) -> set[int]:
    assert spans == sorted(spans)
    assert all(start < end for start, end in spans)
    return {point for start, end in spans for point in range(start, end)}


@given(ANY)
def test_union(spans: list[Span]) -> None:
    assert points(union(spans)) == {point for start, end in spans for point in range(start, end)}
    assert all(before.end < after.start for before, after in pairwise(union(spans)))


@given(SETS, SETS)
def test_intersection_and_difference(left: list[Span], right: list[Span]) -> None:
    assert points(intersection(left, right)) == points(left) & points(right)
    assert points(difference(left, right)) == points(left) - points(right)
    assert total_length(left) == len(points(left))


@given(SETS, WINDOWS)
def test_within_and_complement(spans: list[Span], window: Span) -> None:
    inside = set(range(*window))
    assert points(clip_spans(spans, window)) == points(spans) & inside
    assert points(complement(spans, window)) == inside - points(spans)
