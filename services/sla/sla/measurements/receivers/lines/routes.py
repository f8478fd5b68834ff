"""HTTP: the addresses for samples as lines of text."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from common.http.request_bodies import media_type_of, read_body
from common.http.request_scope import Router
from common.unit_of_work import UnitOfWork
from sla.measurements.ingest.ingester import Ingester
from sla.measurements.minutes import to_milliseconds
from sla.measurements.receivers.actions import ingest_lines
from sla.measurements.receivers.errors import TextFormatNotSupported
from sla.measurements.receivers.lines.grouping_labels import MAX_EXTRA_LABELS, read_extra_labels, read_grouping
from sla.measurements.receivers.lines.influx_lines import decode_influx_lines
from sla.measurements.receivers.lines.prometheus_text import decode_text
from sla.measurements.receivers.protocol_responses import InfluxRoute
from sla.measurements.receivers.routes import AsSender, IngesterDep


def _takes(example: str) -> dict[str, Any]:
    """Describe a route that takes lines of text and answers nothing, for the OpenAPI document."""
    content = {"text/plain": {"schema": {"type": "string"}, "example": example}}
    return {
        "status_code": 204,
        "response_class": Response,
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
    }


TEXT = _takes('probe_success{job="shop"} 1 1795423800000\n')
POINTS = _takes("cpu,host=a usage_idle=91.5 1795423800000000000\n")

OPEN_METRICS_MEDIA_TYPE = "application/openmetrics-text"

Precision = Literal["ns", "n", "us", "u", "ms", "s", "m", "h"]
ExtraLabels = Annotated[
    list[str],
    Query(
        alias="extra_label",
        default_factory=list,
        max_length=MAX_EXTRA_LABELS,
        description="A label of all samples, as `job=backup`.",
    ),
]

router = Router(tags=["measurements"])
influx_router = APIRouter(route_class=InfluxRoute, tags=["measurements"])


async def _ingest_text(work: UnitOfWork, ingester: Ingester, request: Request, labels: Mapping[str, str]) -> None:
    if media_type_of(request).endswith("protobuf"):
        raise TextFormatNotSupported(
            "Push the text format, with Content-Type: text/plain; with client_golang by "
            "push.New(…).Format(expfmt.NewFormat(expfmt.TypeTextPlain)), which is expfmt.FmtText."
        )
    now, body = to_milliseconds(work.now), await read_body(request)
    is_open_metrics = body.media_type == OPEN_METRICS_MEDIA_TYPE
    await ingest_lines(work, ingester, body, lambda raw: decode_text(raw, labels, now, is_open_metrics=is_open_metrics))


@router.post("/push/text", summary="Push Prometheus' text format", **TEXT)
async def push_text(work: AsSender, ingester: IngesterDep, request: Request, extra_label: ExtraLabels) -> None:
    """Accepts at most 100,000 lines, plain or with gzip; a sample without a time was taken now. OpenMetrics is read as
    such, with times in seconds, by its Content-Type or its last line.

    If a line breaks a rule the answer is 400 and names it; the others are written.
    """
    await _ingest_text(work, ingester, request, read_extra_labels(extra_label))


@router.post("/push/metrics/{job_label}/{grouping:path}", summary="Push text as to a Pushgateway", **TEXT)
async def push_pushgateway_group(
    work: AsSender, ingester: IngesterDep, request: Request, job_label: str, grouping: str
) -> None:
    """Accepts what clients send to a Pushgateway whose address is `/sla/v1/push`: `job/backup/instance/db1` in the path
    gives labels. Samples were taken now, and are not repeated as a Pushgateway would: push as often as you measure.
    """
    await _ingest_text(work, ingester, request, read_grouping(f"{job_label}/{grouping}"))


@router.put("/push/metrics/{job_label}/{grouping:path}", summary="Put text as to a Pushgateway", **TEXT)
async def replace_pushgateway_group(
    work: AsSender, ingester: IngesterDep, request: Request, job_label: str, grouping: str
) -> None:
    """Does what POST does: what was pushed before stays."""
    await _ingest_text(work, ingester, request, read_grouping(f"{job_label}/{grouping}"))


async def _ingest_influx(work: UnitOfWork, ingester: Ingester, request: Request, precision: Precision) -> None:
    now = to_milliseconds(work.now)
    body = await read_body(request)
    await ingest_lines(work, ingester, body, lambda raw: decode_influx_lines(raw, precision, now))


@influx_router.post("/push/influx", summary="Push InfluxDB's line protocol", **POINTS)
async def push_influx(work: AsSender, ingester: IngesterDep, request: Request, precision: Precision = "ns") -> None:
    """Accepts at most 100,000 lines, plain or with gzip, as of Telegraf's `outputs.http`. The field `usage_idle` of the
    measurement `cpu` is the series `cpu_usage_idle`, with the tags as labels; texts measure nothing.

    If a point breaks a rule the answer is 400 and names its line; the others are written.
    """
    await _ingest_influx(work, ingester, request, precision)


@influx_router.post("/push/influx/write", summary="Push lines as to InfluxDB 1", **POINTS)
async def write_influx(work: AsSender, ingester: IngesterDep, request: Request, precision: Precision = "ns") -> None:
    """Accepts what Telegraf's `outputs.influxdb` sends to the address `/sla/v1/push/influx`; set
    `skip_database_creation`.
    """
    await _ingest_influx(work, ingester, request, precision)


@influx_router.post("/push/influx/api/v2/write", summary="Push lines as to InfluxDB 2", **POINTS)
async def write_influx_2(work: AsSender, ingester: IngesterDep, request: Request, precision: Precision = "ns") -> None:
    """Accepts what Telegraf's `outputs.influxdb_v2` sends to `/sla/v1/push/influx`; the key is its token."""
    await _ingest_influx(work, ingester, request, precision)
