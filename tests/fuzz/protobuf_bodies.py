"""Bodies for the receivers of protobuf: valid pushes, damaged in many ways by a seeded generator."""

import random
from collections.abc import Callable, Iterator
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


def generate_pushes(seed: int) -> Iterator[Push]:
    """Generate damaged pushes without end; the same seed generates the same."""
    generator = random.Random(seed)
    remote_write, otlp = build_remote_write(), build_otlp()
    while True:
        is_remote_write = generator.random() < 0.5
        body = bytearray(remote_write if is_remote_write else otlp)
        for _ in range(generator.randint(1, 3)):
            generator.choice(DAMAGES)(body, generator)
            body = body or bytearray(b"\x0a")
        headers = {"content-type": "application/x-protobuf"}
        if not is_remote_write:
            yield Push("/sla/v1/push/otlp/v1/metrics", headers, bytes(body))
            continue
        packed = bytearray(bytes(cramjam.snappy.compress_raw(bytes(body))))
        if generator.random() < 0.2:
            flip(packed, generator)
        yield Push("/sla/v1/push/prometheus", headers | {"content-encoding": "snappy"}, bytes(packed))
