"""The hours of indicators of single values and counts: computed from samples, and packed with them."""

from dataclasses import dataclass

import cramjam
import numpy as np

from sla.indicators.rollup_rules import SampleRole, SampleRule
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.columns import empty_histograms
from sla.measurements.minute_counts import MinuteCounts
from sla.measurements.minutes import HOUR_MS
from sla.measurements.rollup.counter_increases import standing_counts_mask
from sla.measurements.rollup.hours import Instants, Roles
from sla.measurements.rollup.sample_minutes import compute_minute_counts
from sla.measurements.samples import START_MARKER, Samples, series_runs

_FORMAT_VERSION = 1
_COMPRESSION_LEVEL = 1


@dataclass(frozen=True, slots=True)
class SampleRollup:
    """Rolls up samples; histograms are ignored."""

    rule: SampleRule

    @property
    def hold_ms(self) -> int:
        return self.rule.hold_ms

    def compute(self, points: DataPoints, roles: Roles, first: int, count: int) -> tuple[MinuteCounts, None]:
        starts, rows = series_runs(points.samples.series)
        series_roles = [roles[number] for number in points.samples.series[starts].tolist()]
        role_columns = np.repeat(np.array(series_roles, np.int8).reshape(-1, 3).T, rows, axis=1)
        return compute_minute_counts(points.samples, role_columns, self.rule, first, 60 * count), None

    def list_instants(self, points: DataPoints, _: Roles) -> Instants:
        samples = points.samples
        stands = standing_counts_mask(samples) & (samples.value != START_MARKER)
        return Instants(samples.series, samples.at, stands)

    def pack(self, hour: int, points: DataPoints, roles: Roles) -> bytes:
        samples = points.samples
        starts, rows = series_runs(samples.series)
        series = samples.series[starts]
        columns = (
            np.array([len(series), len(samples)], np.int64),
            series,
            rows,
            np.array([roles[number] for number in series.tolist()], np.int8),
            np.diff(samples.at, prepend=hour * HOUR_MS).astype(np.int32),
            samples.value,
        )
        raw = b"".join(column.tobytes() for column in columns)
        return bytes([_FORMAT_VERSION]) + bytes(cramjam.zstd.compress(raw, _COMPRESSION_LEVEL))

    def unpack(self, hour: int, packed: bytes) -> tuple[DataPoints, Roles]:
        if packed[0] != _FORMAT_VERSION:
            raise ValueError(f"samples of an hour are packed in format {packed[0]}, which this version cannot read")
        raw = bytes(cramjam.zstd.decompress(packed[1:]))
        series_count, count = (int(number) for number in np.frombuffer(raw, np.int64, 2))
        series = np.frombuffer(raw, np.int64, series_count, 16)
        rows = np.frombuffer(raw, np.int64, series_count, 16 + 8 * series_count)
        role_fields = np.frombuffer(raw, np.int8, 3 * series_count, 16 + 16 * series_count).reshape(-1, 3).tolist()
        steps = np.frombuffer(raw, np.int32, count, 16 + 19 * series_count)
        value = np.frombuffer(raw, np.float64, count, len(raw) - 8 * count)
        roles = {
            number: SampleRole(to_good, to_total, bool(delta))
            for number, (to_good, to_total, delta) in zip(series.tolist(), role_fields, strict=True)
        }
        samples = Samples(np.repeat(series, rows), np.cumsum(steps, dtype=np.int64) + hour * HOUR_MS, value)
        return DataPoints(samples, empty_histograms()), roles
