"""The OpenTelemetry SDK's own exporter (protobuf, gzip) sends every kind of instrument through what fails at times."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from tests.senders.conftest import Receiver, until

pytestmark = pytest.mark.senders


@dataclass
class Twice(MetricExporter):
    """Two collectors that were given the same: each sends it on."""

    exporters: tuple[OTLPMetricExporter, OTLPMetricExporter]

    def __post_init__(self) -> None:
        first = self.exporters[0]
        super().__init__(first._preferred_temporality, first._preferred_aggregation)  # noqa: SLF001 - no other way

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object) -> MetricExportResult:
        results = {exporter.export(metrics_data, timeout_millis, **kwargs) for exporter in self.exporters}
        return MetricExportResult.SUCCESS if results == {MetricExportResult.SUCCESS} else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return all(exporter.force_flush(timeout_millis) for exporter in self.exporters)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        for exporter in self.exporters:
            exporter.shutdown(timeout_millis, **kwargs)


def meter_provider(receiver: Receiver, temporality: AggregationTemporality) -> MeterProvider:
    def exporter() -> OTLPMetricExporter:
        return OTLPMetricExporter(
            endpoint=f"{receiver.between.url}/sla/v1/push/otlp/v1/metrics",
            headers={"Authorization": f"Bearer {receiver.key}"},
            compression=Compression.Gzip,
            timeout=30,
            preferred_temporality={Counter: temporality, Histogram: temporality},
        )

    reader = PeriodicExportingMetricReader(Twice((exporter(), exporter())), export_interval_millis=float("inf"))
    resource = Resource({"service.name": temporality.name.lower(), "service.instance.id": "1"})
    views = [View(instrument_name="fine.duration", aggregation=ExponentialBucketHistogramAggregation())]
    return MeterProvider([reader], resource, views=views)


def defined(receiver: Receiver, job: str) -> Mapping[str, str]:
    def metric(name: str) -> str:
        return f'{name}{{job="{job}"}}'

    return {
        "orders": receiver.define(kind="volume", series=[{"selector": metric("orders_total"), "part": "total"}]),
        "coarse": receiver.define(
            kind="histogram", threshold=5, series=[{"selector": metric("coarse_duration_seconds")}]
        ),
        "fine": receiver.define(kind="histogram", threshold=1, series=[{"selector": metric("fine_duration_seconds")}]),
        "up": receiver.define(kind="availability", series=[{"selector": metric("shop_up")}]),
    }


@pytest.mark.parametrize("temporality", [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA])
async def test_nothing_is_lost_and_nothing_doubled(receiver: Receiver, temporality: AggregationTemporality) -> None:
    indicators = defined(receiver, temporality.name.lower())
    began = time.time()
    await asyncio.to_thread(worked, meter_provider(receiver, temporality))
    await until(lambda: receiver.sums(indicators["orders"], began), (20, 20))
    await until(lambda: receiver.sums(indicators["coarse"], began), (4, 8))
    await until(lambda: receiver.sums(indicators["fine"], began), (4, 8))
    await until(lambda: "good" in receiver.minutes(indicators["up"], began)["state"], expected=True)
    assert receiver.between.failed >= 4
    assert set(receiver.between.answers) == {200}


def worked(provider: MeterProvider) -> None:
    """Four rounds, each told by itself."""
    meter = provider.get_meter("shop", "1")

    def up(_: CallbackOptions) -> Iterator[Observation]:
        yield Observation(1)

    meter.create_observable_gauge("shop.up", [up])
    orders = meter.create_counter("orders")
    durations = [meter.create_histogram(name, "s") for name in ("coarse.duration", "fine.duration")]
    for _ in range(4):
        orders.add(5)
        for duration in durations:
            duration.record(0.2)
            duration.record(30)
        assert provider.force_flush(60_000)
    provider.shutdown()
