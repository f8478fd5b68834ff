"""Bodies for the receivers: valid pushes, damaged in many ways by a seeded generator."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cramjam
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from sla.measurements.receivers.remote_write_pb2 import Label, Sample, TimeSeries, WriteRequest


class Push(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


def build_remote_write() -> bytes:
    series = [
        TimeSeries(
            labels=[Label(name="__name__", value=f"fuzz_{number}").SerializeToString()],
            samples=[Sample(value=float(number), timestamp=1_790_000_000_000 + number)],
        ).SerializeToString()
        for number in range(3)
    ]
    return WriteRequest(timeseries=series).SerializeToString()


def build_otlp() -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="fuzz")
    metric.gauge.data_points.add(as_double=1.0, time_unix_nano=1_790_000_000_000_000_000)
    histogram = request.resource_metrics[0].scope_metrics[0].metrics.add(name="fuzz_histogram").exponential_histogram
    histogram.aggregation_temporality = 2
    histogram.data_points.add(count=3, sum=1.5, scale=4, zero_count=1, time_unix_nano=1_790_000_000_000_000_000)
    return bytes(request.SerializeToString())


def flip(body: bytearray, generator: random.Random) -> None:
    for _ in range(generator.randint(1, 8)):
        body[generator.randrange(len(body))] = generator.randrange(256)


def cut(body: bytearray, generator: random.Random) -> None:
    del body[generator.randrange(len(body)) :]


def repeat(body: bytearray, generator: random.Random) -> None:
    start = generator.randrange(len(body))
    body[start:start] = body[start : start + generator.randint(1, 40)] * generator.randint(1, 50)


def insert(body: bytearray, generator: random.Random) -> None:
    place = generator.randrange(len(body))
    body[place:place] = generator.choice(
        [b"\xff" * 10, b"\x00" * 10, b"\x0a\xff\xff\xff\xff\x07", generator.randbytes(20)]
    )


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (flip, cut, repeat, insert)


PROTOBUF = {"content-type": "application/x-protobuf"}
LINES = b'# TYPE up gauge\nup{job="shop",le="0.5"} 1 1790000000000\n{"my.metric", "l"="\\n"} +Inf\n'
POINTS = b'cpu,host=web\\ 1 usage_idle=91.5,user=3i,ok=t,text="a, \\"b\\"" 1790000000000000000\n'
STATE = b'[{"what": "checkout", "state": "down", "since": 1790000000, "labels": {"service": "Web shop"}}]'
SAMPLES = Path("tests/sla/alerts/states/samples")


def list_pushes() -> list[Push]:
    """List valid pushes, at least one for each receiver."""
    notifications = [
        Push(f"/sla/v1/push/states/{sender}", {}, path.read_bytes())
        for sender in ("uptime-kuma", "azure-monitor", "cloudwatch")
        for path in sorted(SAMPLES.glob(f"{sender}-*.json"))
    ]
    return [
        Push("/sla/v1/push/prometheus", PROTOBUF | {"content-encoding": "snappy"}, build_remote_write()),
        Push("/sla/v1/push/otlp/v1/metrics", PROTOBUF, build_otlp()),
        Push("/sla/v1/push/text", {}, LINES),
        Push("/sla/v1/push/influx", {}, POINTS),
        Push("/sla/v1/push/states", {}, STATE),
        *notifications,
    ]


def generate_pushes(seed: int) -> Iterator[Push]:
    """Generate damaged pushes without end; the same seed generates the same."""
    generator, pushes = random.Random(seed), list_pushes()
    while True:
        path, headers, valid = generator.choice(pushes)
        body = bytearray(valid)
        for _ in range(generator.randint(1, 3)):
            generator.choice(DAMAGES)(body, generator)
            body = body or bytearray(b"\x0a")
        if "content-encoding" in headers:
            body = bytearray(bytes(cramjam.snappy.compress_raw(bytes(body))))
            if generator.random() < 0.2:
                flip(body, generator)
        yield Push(path, headers, bytes(body))
