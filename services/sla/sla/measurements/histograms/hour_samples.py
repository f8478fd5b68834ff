"""What came of the streams of a histogram indicator: single values, counts up to an edge, whole histograms. A set."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import cramjam
import numpy as np

from sla.indicators.rollup_rules import HistogramRole
from sla.measurements import samples as plain
from sla.measurements.histograms import columns as histograms
from sla.measurements.histograms.classic import build_classic_histograms
from sla.measurements.histograms.columns import HistogramColumns
from sla.measurements.histograms.increases import Increases, compute_increases, concatenate_increases
from sla.measurements.histograms.value_buckets import compute_value_increases
from sla.measurements.minutes import HOUR_MS
from sla.measurements.samples import Ints, Samples, series_runs

VERSION = 2
"""Hours of other indicators are packed in version 1."""
_LEVEL = 1

Streams = Mapping[int, HistogramRole]
"""By the number of the series."""


@dataclass(frozen=True, slots=True)
class DataPoints:
    """Two sets."""

    samples: Samples
    histograms: HistogramColumns

    def __len__(self) -> int:
        return len(self.samples) + len(self.histograms)

    @property
    def at(self) -> Ints:
        return np.concatenate((self.samples.at, self.histograms.at))

    def between(self, start: int, end: int) -> "DataPoints":
        inside = [(part.at >= start) & (part.at < end) for part in (self.samples, self.histograms)]
        return DataPoints(self.samples.pick(inside[0]), self.histograms.pick(inside[1]))

    def for_series(self, wanted: Collection[int]) -> "DataPoints":
        numbers = np.array(sorted(wanted), np.int64)
        inside = [np.isin(part.series, numbers) for part in (self.samples, self.histograms)]
        return DataPoints(self.samples.pick(inside[0]), self.histograms.pick(inside[1]))


def merge_data_points(parts: Sequence[DataPoints]) -> DataPoints:
    return DataPoints(
        plain.to_sample_set(plain.concat_samples([part.samples for part in parts])),
        histograms.to_histogram_set(histograms.concat_histograms([part.histograms for part in parts])),
    )


def compute_data_point_increases(sent: DataPoints, streams: Streams, holds: int) -> Increases:
    """All that was observed, out of what reaches back `holds` (ms) before what is asked."""
    starts, rows = series_runs(sent.samples)
    found = [streams[number] for number in sent.samples.series[starts].tolist()]
    edge = np.repeat(np.array([np.nan if one.edge is None else one.edge for one in found], np.float64), rows)
    group = np.repeat(np.array([one.histogram_id for one in found], np.int64), rows)
    delta = np.repeat(np.array([one.delta for one in found], np.int64), rows)
    counts = ~np.isnan(edge)
    classic = build_classic_histograms(sent.samples.pick(counts), group[counts], edge[counts], delta[counts])
    groups = np.array([streams[number].histogram_id for number in sent.histograms.series.tolist()], np.int64)
    native = replace(sent.histograms, series=groups)
    values = compute_value_increases(sent.samples.pick(~counts), holds)
    return concatenate_increases([compute_increases(histograms.concat_histograms([native, classic]), holds), values])


def pack_histogram_samples(hour: int, sent: DataPoints, streams: Streams) -> bytes:
    """What was sent in an hour, and what its series are."""
    samples, points = (
        sent.samples,
        histograms.to_histogram_set(sent.histograms),
    )  # with those layouts only that are in use
    series = np.union1d(samples.series, points.series)
    found = [streams[number] for number in series.tolist()]
    columns = (
        np.array([len(series), len(samples)], np.int64),
        series,
        np.array([one.histogram_id for one in found], np.int64),
        np.array([np.nan if one.edge is None else one.edge for one in found], np.float64),
        np.array([one.delta for one in found], np.int8),
        np.diff(samples.series, prepend=0),
        np.diff(samples.at, prepend=hour * HOUR_MS).astype(np.int32),
        samples.value,
    )
    raw = b"".join(column.tobytes() for column in columns) + histograms.histograms_to_bytes(points)
    return bytes([VERSION]) + bytes(cramjam.zstd.compress(raw, _LEVEL))


def unpack_histogram_samples(hour: int, packed: bytes) -> tuple[DataPoints, dict[int, HistogramRole]]:
    if packed[0] != VERSION:
        raise ValueError("packed in a form unknown here")
    raw = bytes(cramjam.zstd.decompress(packed[1:]))
    series_count, count = (int(number) for number in np.frombuffer(raw, np.int64, 2))
    series, group = np.frombuffer(raw, np.int64, 2 * series_count, 16).reshape(2, -1).tolist()
    edge = np.frombuffer(raw, np.float64, series_count, 16 + 16 * series_count).tolist()
    delta = np.frombuffer(raw, np.int8, series_count, 16 + 24 * series_count).tolist()
    at = 16 + 25 * series_count
    samples = Samples(
        np.cumsum(np.frombuffer(raw, np.int64, count, at)),
        np.cumsum(np.frombuffer(raw, np.int32, count, at + 8 * count), dtype=np.int64) + hour * HOUR_MS,
        np.frombuffer(raw, np.float64, count, at + 12 * count),
    )
    streams = {
        number: HistogramRole(one, None if math.isnan(up_to) else up_to, bool(since))
        for number, one, up_to, since in zip(series, group, edge, delta, strict=True)
    }
    return DataPoints(samples, histograms.histograms_from_bytes(raw[at + 20 * count :])), streams
