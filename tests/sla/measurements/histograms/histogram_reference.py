"""A slow, obvious reading of the rules of histograms: one point after the other, bucket by bucket."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from sla.indicators.rollup_rules import HistogramRole
from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, INDEX_OFFSET, OVERFLOW_KEY, BucketLayout
from sla.measurements.histograms.columns import HistogramColumns
from sla.measurements.histograms.observations import Observations, to_bits
from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from sla.measurements.histograms.value_buckets import VALUE_LAYOUT
from sla.measurements.minutes import MINUTE_MS
from sla.measurements.samples import MAX_READING_OVERLAP_MS

Sample = tuple[int, int, float]
Buckets = dict[tuple[BucketLayout, int], int]


@dataclass(frozen=True)
class Snapshot:
    """A histogram of one stream, and whether it was put together of classic series."""

    reading: HistogramReading
    layout: BucketLayout
    buckets: tuple[tuple[int, int], ...]
    classic: bool = False

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Of those in conflict the lowest one stands."""
        point = HistogramPoint(self.reading, self.layout, self.buckets)
        return (
            self.classic,
            sum(count for _, count in self.buckets),
            int(HistogramColumns.from_points([(1, point)]).content[0]),
        )


def entries(observed: Observations) -> dict[tuple[int, BucketLayout, int], int]:
    """By minute, layout and key."""
    row, minute_of_hour = np.nonzero(to_bits(observed.minutes))
    minute = 60 * observed.hour[row] + minute_of_hour - observed.start.minute
    columns = (minute, observed.layout[row], observed.key[row], observed.amount)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {(minute, observed.layouts[layout], key): amount for minute, layout, key, amount in rows}


class Reference:
    def __init__(self, streams: Mapping[int, HistogramRole], holds: int, limit: Decimal | None) -> None:
        self.streams, self.holds, self.limit = streams, holds, limit
        self.buckets: dict[int, Buckets] = defaultdict(Counter)
        """By minute from 1970."""
        self.known: set[int] = set()

    def read(self, samples: Iterable[Sample], points: Iterable[tuple[int, HistogramPoint]]) -> None:
        groups: dict[int, set[Snapshot]] = defaultdict(set)
        for series, point in points:
            groups[self.streams[series].histogram_id].add(Snapshot(point.reading, point.layout, point.buckets))
        distinct = set(samples)
        for group, snapshot in self._classic(distinct):
            groups[group].add(snapshot)
        for group in groups.values():
            self._deltas([snapshot for snapshot in group if snapshot.reading.delta])
            self._cumulative([snapshot for snapshot in group if not snapshot.reading.delta])
        self._values(distinct)

    def minute(self, minute: int) -> tuple[int, int, int]:
        """Good, total and state."""
        buckets = self.buckets.get(minute, {})
        total = sum(buckets.values())
        good = sum(count for (layout, key), count in buckets.items() if self._good(layout, key))
        return good, total, 0 if minute not in self.known else 1 if good >= total else 2

    def _good(self, layout: BucketLayout, key: int) -> bool:
        edge = layout.upper_edge(key)
        return self.limit is None or (edge is not None and edge <= self.limit)

    def _count(self, at: int, since: int, counts: Mapping[tuple[BucketLayout, int], int]) -> None:
        for bucket, count in counts.items():
            self.buckets[at // MINUTE_MS][bucket] += count
        self.known.update(range(since // MINUTE_MS, at // MINUTE_MS + 1))

    def _classic(self, samples: set[Sample]) -> Iterator[tuple[int, Snapshot]]:
        by_instant: dict[tuple[int, int, bool], dict[float, int]] = defaultdict(dict)
        for series, at, value in samples:
            stream = self.streams[series]
            if stream.edge is not None and 0 <= value < 2**62:
                counts = by_instant[stream.histogram_id, at, stream.delta]
                counts[stream.edge] = min(math.floor(value), counts.get(stream.edge, 2**62))
        for (group, at, delta), counts in by_instant.items():
            if math.inf in counts:
                bounds = tuple(sorted(edge for edge in counts if edge < math.inf))
                up_to = [0, *(counts[edge] for edge in bounds), counts[math.inf]]
                buckets = tuple((key, up_to[key + 1] - up_to[key]) for key in range(len(bounds) + 1))
                yield (
                    group,
                    Snapshot(
                        HistogramReading(at, delta=delta),
                        BucketLayout(EXPLICIT_SCHEMA, 0.0, bounds),
                        buckets,
                        classic=True,
                    ),
                )

    def _deltas(self, group: list[Snapshot]) -> None:
        keyed: dict[tuple[int, int | None], list[Snapshot]] = defaultdict(list)
        for snapshot in group:
            keyed[snapshot.reading.at, snapshot.reading.start_at].append(snapshot)
        for (at, start), conflicting in keyed.items():
            counts_from_start = start is not None and start < at and at - start <= self.holds
            snapshot = min(conflicting, key=lambda candidate: candidate.rank)
            self._count(at, start if counts_from_start and start is not None else at, _by_layout(snapshot))

    def _cumulative(self, group: list[Snapshot]) -> None:
        keyed: dict[int, list[Snapshot]] = defaultdict(list)
        for snapshot in group:
            keyed[snapshot.reading.at].append(snapshot)
        before: Snapshot | None = None
        for at in sorted(keyed):
            snapshot = min(keyed[at], key=lambda candidate: candidate.rank)
            self._since(before, snapshot)
            before = snapshot

    def _since(self, before: Snapshot | None, snapshot: Snapshot) -> None:
        at, start = snapshot.reading.at, snapshot.reading.start_at
        if start is not None and (before is None or before.reading.at < start):
            if start < at and at - start <= self.holds:
                self._count(at, start, _by_layout(snapshot))
        elif (
            before is not None
            and at - before.reading.at <= self.holds
            and before.layout.is_explicit == snapshot.layout.is_explicit
        ):
            anew = snapshot.reading.reset and not before.reading.reset
            difference = None if anew else _difference(before, snapshot)
            self._count(at, before.reading.at, _by_layout(snapshot) if difference is None else difference)

    def _values(self, samples: set[Sample]) -> None:
        series: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        for number, at, value in samples:
            if self.streams[number].edge is None:
                series[number][at].append(value)
        for instants in series.values():
            order = sorted(instants)
            for at, following in zip(order, [*order[1:], None], strict=True):
                real = [value for value in instants[at] if not math.isnan(value)]
                if real:
                    self.buckets[at // MINUTE_MS][VALUE_LAYOUT, _key_of(max(real))] += 1
                    until = (at + self.holds - 1) // MINUTE_MS
                    last = until if following is None else min(until, following // MINUTE_MS - 1)
                    self.known.update(range(at // MINUTE_MS, max(last, at // MINUTE_MS) + 1))


def _by_layout(snapshot: Snapshot) -> Buckets:
    return {(snapshot.layout, key): count for key, count in snapshot.buckets}


def _difference(before: Snapshot, after: Snapshot) -> Buckets | None:
    """None: counting began anew."""
    layout = after.layout
    if layout.is_explicit:
        common = tuple(bound for bound in layout.bounds if bound in before.layout.bounds)
        layout = BucketLayout(EXPLICIT_SCHEMA, 0.0, common)
    elif layout.schema > before.layout.schema or layout.zero_threshold < before.layout.zero_threshold:
        return None
    differences: Counter[int] = Counter()
    for sign, snapshot in ((1, after), (-1, before)):
        for key, count in snapshot.buckets:
            merged = _merged(snapshot.layout, key, layout)
            if merged is None:
                return None
            differences[merged] += sign * count
    up_to = [sum(count for key, count in differences.items() if key <= last) for last in differences]
    counts = [sum(count for _, count in snapshot.buckets) for snapshot in (before, after)]
    overlapping = after.reading.at - before.reading.at <= MAX_READING_OVERLAP_MS and 2 * counts[1] >= counts[0]
    if overlapping and all(count <= 0 for count in differences.values()):
        return {(layout, key): count for key, count in differences.items()}
    if any(count < 0 for count in (up_to if after.classic else differences.values())):
        return None
    return {(layout, key): count for key, count in differences.items()}


def _merged(layout: BucketLayout, key: int, into: BucketLayout) -> int | None:
    """The key of a bucket in a coarser layout; None if the bucket around zero cuts it."""
    if into.is_explicit:
        edges = [*layout.bounds, math.inf]
        return sum(bound < edges[key] for bound in into.bounds)
    if key in (0, OVERFLOW_KEY):
        return key
    index = abs(key) - INDEX_OFFSET
    base = Fraction(2) ** (-layout.schema) if layout.schema < 0 else Fraction(1, 2**layout.schema)
    low, high = (2.0 ** float(base * step) for step in (index - 1, index))
    if into.zero_threshold > layout.zero_threshold and high <= into.zero_threshold:
        return 0
    if into.zero_threshold > layout.zero_threshold and low < into.zero_threshold:
        return None
    coarse = INDEX_OFFSET + math.ceil(Fraction(index, 2 ** (layout.schema - into.schema)))
    return coarse if key > 0 else -coarse


def _key_of(value: float) -> int:
    if math.isinf(value) or value == 0:
        return OVERFLOW_KEY if value else 0
    index = math.ceil(256 * math.log2(abs(value)))
    return INDEX_OFFSET + index if value > 0 else -INDEX_OFFSET - index
