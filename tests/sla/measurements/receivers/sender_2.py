"""A Prometheus that speaks remote write 2.0."""

from datetime import UTC, datetime, timedelta
from typing import Any

import cramjam
import httpx

from sla.measurements.ingest.series_labels import Labels
from sla.measurements.receivers.remote_write_pb2 import BucketSpan, Histogram, Request, Sample, SeriesByReference
from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
ELEVEN = NOON - timedelta(hours=1)
AT = int(ELEVEN.timestamp() * 1000)
SECOND = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
NAMES = ("a", "b", "a longer one")
LABELS: list[Labels] = [(("__name__", "up"), ("job", name)) for name in NAMES]
HISTOGRAM: Labels = (("__name__", "request_seconds"), ("job", "shop"))
UP: Labels = (("__name__", "up"), ("job", "shop"))


def flat(labels: Labels) -> tuple[str, ...]:
    return tuple(text for pair in labels for text in pair)


class Symbols(list[str]):
    """As a sender builds them."""

    def __init__(self) -> None:
        super().__init__([""])

    def refer(self, labels: Labels) -> list[int]:
        for text in flat(labels):
            if text not in self:
                self.append(text)
        return [self.index(text) for text in flat(labels)]


def request_of(*series: tuple[Labels, dict[str, Any]]) -> bytes:
    symbols = Symbols()
    pieces = []
    for labels, fields in series:
        samples = [Sample(**sample) for sample in fields.pop("samples", ())]
        referred = SeriesByReference(labels_refs=symbols.refer(labels), samples=samples, **fields)
        pieces.append(referred.SerializeToString())
    return Request(symbols=symbols, timeseries=pieces).SerializeToString()


def native(at: int, counts: tuple[int, ...] = (3, 1, 2), **changes: Any) -> Histogram:
    """Observations up to 2, 4 and 8, sent as differences."""
    deltas = [count - before for count, before in zip(counts, (0, *counts), strict=False)]
    usual: dict[str, Any] = {
        "timestamp": at,
        "count_int": sum(counts),
        "sum": 9.5,
        "schema": 0,
        "positive_spans": [BucketSpan(offset=1, length=len(counts))],
        "positive_deltas": deltas,
    }
    return Histogram(**{name: value for name, value in (usual | changes).items() if value is not None})


async def push(
    monitored: MonitoredService, raw: bytes, content_type: str = SECOND
) -> tuple[httpx.Response, tuple[int, int, int]]:
    answer = await monitored.push_raw(bytes(cramjam.snappy.compress_raw(raw)), **{"content-type": content_type})
    samples, histograms, exemplars = (
        int(answer.headers[f"x-prometheus-remote-write-{kind}-written"])
        for kind in ("samples", "histograms", "exemplars")
    )
    return answer, (samples, histograms, exemplars)
