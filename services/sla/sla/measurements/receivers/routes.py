"""HTTP: the addresses that monitors push to, one for each protocol."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from common.auth import Role
from common.http.request_bodies import read_body
from common.http.request_scope import RequireRole, Router, get_runtime
from common.unit_of_work import UnitOfWork
from sla.measurements.ingest.ingester import Ingester
from sla.measurements.receivers import actions, json_samples, otlp
from sla.measurements.receivers.protocol_responses import (
    OtlpRoute,
    RemoteWriteRoute,
    otlp_response,
    with_written_counts,
)
from sla.measurements.receivers.views import SamplesAccepted
from sla.measurements.settings import PushSettings
from sla.push_keys.model import SAMPLES_SCOPE

BINARY = {"schema": {"type": "string", "format": "binary"}}
OTLP_CONTENT = {otlp.PROTOBUF_MEDIA_TYPE: BINARY, otlp.JSON_MEDIA_TYPE: {"schema": {"type": "object"}}}

router = Router(tags=["measurements"])
otlp_router = APIRouter(route_class=OtlpRoute, tags=["measurements"])
remote_write_router = APIRouter(route_class=RemoteWriteRoute, tags=["measurements"])


async def _get_ingester(request: Request) -> Ingester:
    """Return the ingester of this process. Asynchronous, as FastAPI calls other dependencies in a thread."""
    state = request.app.state
    if not hasattr(state, "ingester"):
        runtime = get_runtime(request)
        state.ingester = Ingester(runtime, runtime.service_settings.of(PushSettings))
    ingester: Ingester = state.ingester
    return ingester


AsSender = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, scope=SAMPLES_SCOPE))]
IngesterDep = Annotated[Ingester, Depends(_get_ingester)]


def _request_body(content: dict[str, Any]) -> dict[str, Any]:
    """Describe a body that FastAPI does not read, by media type, for the OpenAPI document."""
    return {"requestBody": {"required": True, "content": content}}


@remote_write_router.post(
    "/push/prometheus",
    status_code=204,
    response_class=Response,
    summary="Push with Prometheus remote write",
    openapi_extra=_request_body({actions.REMOTE_WRITE_MEDIA_TYPE: BINARY}),
)
async def push_prometheus(work: AsSender, ingester: IngesterDep, request: Request) -> Response:
    """Accepts remote write 1.0 and 2.0, by Content-Type.

    If a sample breaks a rule the answer is 400 and names it; the others are written. Labels may come in any order.
    Exemplars, metadata and gauge histograms are accepted, and measure nothing.
    """
    headers = request.headers
    decode = actions.decoder_for(headers.get("content-type", ""), headers.get("content-encoding", ""))
    sender = await ingester.admit(work.principal)
    written = await actions.ingest_remote_write(ingester, sender, await request.body(), decode)
    return with_written_counts(Response(status_code=HTTPStatus.NO_CONTENT.value), written)


@otlp_router.post(
    "/push/otlp/v1/metrics",
    response_class=Response,
    summary="Push with OpenTelemetry",
    openapi_extra=_request_body(OTLP_CONTENT),
    responses={
        200: {"description": "ExportMetricsServiceResponse, in the type of the request", "content": OTLP_CONTENT},
        "default": {"description": "google.rpc.Status, in the type of the request", "content": OTLP_CONTENT},
    },
)
async def push_otlp(work: AsSender, ingester: IngesterDep, request: Request) -> Response:
    """Accepts OTLP/HTTP as protobuf or JSON, plain or with gzip; an exporter's endpoint is `/sla/v1/push/otlp`.

    Names and labels become those that Prometheus would have. Data points that break a rule are counted in
    `partial_success`, and the first of them are named; the others are written.
    """
    response = await actions.ingest_otlp(work, ingester, await read_body(request))
    return otlp_response(request, response)


@router.post(
    "/push/samples",
    status_code=202,
    summary="Push samples as JSON",
    openapi_extra=_request_body({"application/json": {"schema": json_samples.samples_body_schema()}}),
)
async def push_samples(work: AsSender, ingester: IngesterDep, request: Request) -> SamplesAccepted:
    """Accepts at most 10,000 samples, plain or with gzip. If a sample breaks a rule the answer is 400 and names it; the
    others are written.

    `{"samples": [{"indicator": "…", "at": "2026-11-22T09:30:00Z", "value": 1}]}`. Instead of `value`, give both `good`
    and `total`, counted since the sample before; instead of `indicator`, the labels of a `series`. `at` may be seconds
    since 1970, too, and is now if it is left out.
    """
    return SamplesAccepted(accepted=await actions.ingest_json_samples(work, ingester, await read_body(request)))
