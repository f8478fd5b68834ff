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
    DELTA_FLAG,
    HistogramColumns,
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
from sla.measurements.rollup.hours import Instants
from sla.measurements.samples import START_MARKER, Floats, Ints, Samples, can_be_counts_mask, series_runs

_FORMAT_VERSION = 2
"""Hours of the other indicators are packed in version 1."""
_COMPRESSION_LEVEL = 1

RolesBySeries = Mapping[int, HistogramRole]


def compute_data_point_increases(points: DataPoints, roles: RolesBySeries, hold_ms: int) -> Increases:
    """Compute what was observed, out of data points that reach back `hold_ms` before the first minute asked for."""
    histogram_id, edge, delta = _list_role_fields(points.samples, roles)
    is_bucket = ~np.isnan(edge)
    classic = build_classic_histograms(
        points.samples.pick(is_bucket), histogram_id[is_bucket], edge[is_bucket], delta[is_bucket]
    )
    native = replace(points.histograms, series=_list_native_ids(points.histograms, roles))
    values = compute_value_increases(points.samples.pick(~is_bucket), hold_ms)
    return concatenate_increases([compute_histogram_increases(concat_histograms([native, classic]), hold_ms), values])


def list_histogram_instants(points: DataPoints, roles: RolesBySeries) -> Instants:
    """List the instants of cumulative histograms and of single values: deltas are compared with nothing.

    A classic histogram stands where its total count does; a value is ended by whatever follows it.
    """
    samples, histograms = points.samples, points.histograms
    histogram_id, edge, delta = _list_role_fields(samples, roles)
    is_value = np.isnan(edge)
    stream = np.where(is_value, ~samples.series, histogram_id)  # ids of histograms are not negative
    stands = np.where(is_value, samples.value != START_MARKER, (edge == np.inf) & can_be_counts_mask(samples))
    is_native_delta = (histograms.flags & DELTA_FLAG) > 0
    is_compared = np.concatenate((is_value | (delta == 0), ~is_native_delta))
    return Instants(
        np.concatenate((stream, _list_native_ids(histograms, roles)))[is_compared],
        points.at[is_compared],
        np.concatenate((stands, ~is_native_delta))[is_compared],
    )


def _list_role_fields(samples: Samples, roles: RolesBySeries) -> tuple[Ints, Floats, Ints]:
    """List for each sample its histogram, the edge up to which it counts (NaN if none), and whether it is a delta."""
    starts, rows = series_runs(samples.series)
    sample_roles = [roles[series] for series in samples.series[starts].tolist()]
    histogram_id = np.array([role.histogram_id for role in sample_roles], np.int64)
    delta = np.array([role.delta for role in sample_roles], np.int64)
    return np.repeat(histogram_id, rows), np.repeat(_edges(sample_roles), rows), np.repeat(delta, rows)


def _list_native_ids(histograms: HistogramColumns, roles: RolesBySeries) -> Ints:
    return np.array([roles[series].histogram_id for series in histograms.series.tolist()], np.int64)


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


def _edges(roles: list[HistogramRole]) -> Floats:
    """Return the upper edge that each series counts up to; NaN for one that does not count up to an edge."""
    return np.array([np.nan if role.edge is None else role.edge for role in roles], np.float64)
