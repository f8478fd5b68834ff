"""What the series of a histogram indicator sent in an hour: packed and unpacked, and turned into increases."""

import math
from collections.abc import Mapping
from dataclasses import replace

import cramjam
import numpy as np

from sla.indicators.rollup_rules import HistogramRole
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.classic_histograms import build_classic_histograms
from sla.measurements.histograms.columns import (
    concat_histograms,
    histograms_from_bytes,
    histograms_to_bytes,
    to_histogram_set,
)
from sla.measurements.histograms.histogram_increases import (
    Increases,
    compute_histogram_increases,
    concatenate_increases,
)
from sla.measurements.histograms.value_buckets import compute_value_increases
from sla.measurements.minutes import HOUR_MS
from sla.measurements.samples import Samples, series_runs

_FORMAT_VERSION = 2
"""Hours of the other indicators are packed in version 1."""
_COMPRESSION_LEVEL = 1

RolesBySeries = Mapping[int, HistogramRole]


def compute_data_point_increases(points: DataPoints, roles: RolesBySeries, hold_ms: int) -> Increases:
    """Compute what was observed, out of data points that reach back `hold_ms` before the first minute asked for."""
    starts, rows = series_runs(points.samples.series)
    sample_roles = [roles[series] for series in points.samples.series[starts].tolist()]
    edge = np.repeat(_edges(sample_roles), rows)
    histogram_id = np.repeat(np.array([role.histogram_id for role in sample_roles], np.int64), rows)
    delta = np.repeat(np.array([role.delta for role in sample_roles], np.int64), rows)
    is_bucket = ~np.isnan(edge)
    classic = build_classic_histograms(
        points.samples.pick(is_bucket), histogram_id[is_bucket], edge[is_bucket], delta[is_bucket]
    )
    native_ids = np.array([roles[series].histogram_id for series in points.histograms.series.tolist()], np.int64)
    native = replace(points.histograms, series=native_ids)
    values = compute_value_increases(points.samples.pick(~is_bucket), hold_ms)
    return concatenate_increases([compute_histogram_increases(concat_histograms([native, classic]), hold_ms), values])


def pack_histogram_samples(hour: int, points: DataPoints, roles: RolesBySeries) -> bytes:
    """Pack what was sent in an hour, and the roles of its series."""
    samples, histograms = points.samples, to_histogram_set(points.histograms)  # drops layouts that nothing uses
    series = np.union1d(samples.series, histograms.series)
    packed_roles = [roles[number] for number in series.tolist()]
    columns = (
        np.array([len(series), len(samples)], np.int64),
        series,
        np.array([role.histogram_id for role in packed_roles], np.int64),
        _edges(packed_roles),
        np.array([role.delta for role in packed_roles], np.int8),
        np.diff(samples.series, prepend=0),
        np.diff(samples.at, prepend=hour * HOUR_MS).astype(np.int32),
        samples.value,
    )
    raw = b"".join(column.tobytes() for column in columns) + histograms_to_bytes(histograms)
    return bytes([_FORMAT_VERSION]) + bytes(cramjam.zstd.compress(raw, _COMPRESSION_LEVEL))


def unpack_histogram_samples(hour: int, packed: bytes) -> tuple[DataPoints, dict[int, HistogramRole]]:
    if packed[0] != _FORMAT_VERSION:
        raise ValueError("packed in an unknown format")
    raw = bytes(cramjam.zstd.decompress(packed[1:]))
    series_count, count = (int(number) for number in np.frombuffer(raw, np.int64, 2))
    series, histogram_ids = np.frombuffer(raw, np.int64, 2 * series_count, 16).reshape(2, -1).tolist()
    edges = np.frombuffer(raw, np.float64, series_count, 16 + 16 * series_count).tolist()
    deltas = np.frombuffer(raw, np.int8, series_count, 16 + 24 * series_count).tolist()
    offset = 16 + 25 * series_count
    samples = Samples(
        np.cumsum(np.frombuffer(raw, np.int64, count, offset)),
        np.cumsum(np.frombuffer(raw, np.int32, count, offset + 8 * count), dtype=np.int64) + hour * HOUR_MS,
        np.frombuffer(raw, np.float64, count, offset + 12 * count),
    )
    roles = {
        number: HistogramRole(histogram_id, None if math.isnan(edge) else edge, bool(delta))
        for number, histogram_id, edge, delta in zip(series, histogram_ids, edges, deltas, strict=True)
    }
    return DataPoints(samples, histograms_from_bytes(raw[offset + 20 * count :])), roles


def _edges(roles: list[HistogramRole]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the upper edge that each series counts up to; NaN for one that does not count up to an edge."""
    return np.array([np.nan if role.edge is None else role.edge for role in roles], np.float64)
