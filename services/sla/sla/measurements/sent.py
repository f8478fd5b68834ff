"""What came of the streams of a histogram indicator: single values, counts up to an edge, whole histograms. A set."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import cramjam
import numpy as np

from sla.indicators.rules import Stream
from sla.measurements import points as histograms
from sla.measurements import samples as plain
from sla.measurements.classic import put_together
from sla.measurements.minutes import HOUR
from sla.measurements.observing import Observed, observed, together
from sla.measurements.points import Points
from sla.measurements.samples import Ints, Samples, by_series
from sla.measurements.singles import observed_values

VERSION = 2
"""Hours of other indicators are packed in version 1."""
_LEVEL = 1

Streams = Mapping[int, Stream]
"""By the number of the series."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Two sets."""

    samples: Samples
    points: Points

    def __len__(self) -> int:
        return len(self.samples) + len(self.points)

    @property
    def at(self) -> Ints:
        return np.concatenate((self.samples.at, self.points.at))

    def between(self, start: int, end: int) -> "Sent":
        inside = [(part.at >= start) & (part.at < end) for part in (self.samples, self.points)]
        return Sent(self.samples.pick(inside[0]), self.points.pick(inside[1]))

    def of_series(self, wanted: Collection[int]) -> "Sent":
        numbers = np.array(sorted(wanted), np.int64)
        inside = [np.isin(part.series, numbers) for part in (self.samples, self.points)]
        return Sent(self.samples.pick(inside[0]), self.points.pick(inside[1]))


def united(parts: Sequence[Sent]) -> Sent:
    return Sent(
        plain.as_set(plain.joined([part.samples for part in parts])),
        histograms.as_set(histograms.joined([part.points for part in parts])),
    )


def observed_of(sent: Sent, streams: Streams, holds: int) -> Observed:
    """All that was observed, out of what reaches back `holds` (ms) before what is asked."""
    starts, rows = by_series(sent.samples)
    found = [streams[number] for number in sent.samples.series[starts].tolist()]
    edge = np.repeat(np.array([np.nan if one.edge is None else one.edge for one in found], np.float64), rows)
    group = np.repeat(np.array([one.group for one in found], np.int64), rows)
    delta = np.repeat(np.array([one.delta for one in found], np.int64), rows)
    counts = ~np.isnan(edge)
    classic = put_together(sent.samples.pick(counts), group[counts], edge[counts], delta[counts])
    groups = np.array([streams[number].group for number in sent.points.series.tolist()], np.int64)
    native = replace(sent.points, series=groups)
    values = observed_values(sent.samples.pick(~counts), holds)
    return together([observed(histograms.joined([native, classic]), holds), values])


def pack(hour: int, sent: Sent, streams: Streams) -> bytes:
    """What was sent in an hour, and what its series are."""
    samples, points = sent.samples, histograms.as_set(sent.points)  # with those layouts only that are in use
    series = np.union1d(samples.series, points.series)
    found = [streams[number] for number in series.tolist()]
    columns = (
        np.array([len(series), len(samples)], np.int64),
        series,
        np.array([one.group for one in found], np.int64),
        np.array([np.nan if one.edge is None else one.edge for one in found], np.float64),
        np.array([one.delta for one in found], np.int8),
        np.diff(samples.series, prepend=0),
        np.diff(samples.at, prepend=hour * HOUR).astype(np.int32),
        samples.value,
    )
    raw = b"".join(column.tobytes() for column in columns) + histograms.raw(points)
    return bytes([VERSION]) + bytes(cramjam.zstd.compress(raw, _LEVEL))


def unpack(hour: int, packed: bytes) -> tuple[Sent, dict[int, Stream]]:
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
        np.cumsum(np.frombuffer(raw, np.int32, count, at + 8 * count), dtype=np.int64) + hour * HOUR,
        np.frombuffer(raw, np.float64, count, at + 12 * count),
    )
    streams = {
        number: Stream(one, None if math.isnan(up_to) else up_to, bool(since))
        for number, one, up_to, since in zip(series, group, edge, delta, strict=True)
    }
    return Sent(samples, histograms.of_raw(raw[at + 20 * count :])), streams
