"""HTTP: pushes of monitors, the series they brought, and the minutes that were measured."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from common.http.paging import Page
from common.http.problems import to_response
from common.http.request_scope import AsManager, AsMonitor, AsStaff, Router, get_runtime
from common.views import Instant, Number
from sla.indicators.model import Indicator
from sla.measurements import store
from sla.measurements.ingest.ingester import Ingester
from sla.measurements.queries import series_explorer
from sla.measurements.queries.views import (
    IndicatorTrial,
    IndicatorTrialView,
    MinutesView,
    ObservationsView,
    SamplesAccepted,
    SelectorMatches,
    SelectorTrial,
    SeriesView,
)
from sla.measurements.receivers import actions, json_samples, otlp
from sla.measurements.receivers.protocol_responses import (
    OtlpRoute,
    RemoteWriteRoute,
    media_type_of,
    otlp_response,
    with_written_counts,
)
from sla.measurements.settings import PushSettings

MAX_WINDOW = timedelta(days=31)
BINARY_SCHEMA = {"type": "string", "format": "binary"}
OTLP_CONTENT = {
    otlp.PROTOBUF_MEDIA_TYPE: {"schema": BINARY_SCHEMA},
    otlp.JSON_MEDIA_TYPE: {"schema": {"type": "object"}},
}

router = Router(tags=["measurements"])
otlp_router = APIRouter(route_class=OtlpRoute, tags=["measurements"])
remote_write_router = APIRouter(route_class=RemoteWriteRoute, tags=["measurements"])


async def _intake(request: Request) -> Ingester:
    """Asynchronous, as others are called in a thread."""
    state = request.app.state
    if not hasattr(state, "intake"):
        state.intake = Ingester(get_runtime(request), PushSettings())
    intake: Ingester = state.intake
    return intake


IngesterDep = Annotated[Ingester, Depends(_intake)]


def _body(*content: Any) -> dict[str, Any]:
    """For the reference: what is read from the request itself, FastAPI does not see. Media types, each with schema."""
    schemas = {media_type: {"schema": schema} for media_type, schema in zip(content[::2], content[1::2], strict=True)}
    return {"requestBody": {"required": True, "content": schemas}}


@remote_write_router.post(
    "/push/prometheus",
    status_code=204,
    response_class=Response,
    summary="Push as Prometheus does",
    openapi_extra=_body(actions.REMOTE_WRITE_MEDIA_TYPE, BINARY_SCHEMA),
)
async def push_prometheus(work: AsMonitor, intake: IngesterDep, request: Request) -> Response:
    """Remote write 1.0 and 2.0, told apart by Content-Type. If a sample breaks a rule the answer is 400 and names it;
    the others are kept. Exemplars and metadata are read over.
    """
    headers = request.headers
    decode = actions.decoder_for(headers.get("content-type", ""), headers.get("content-encoding", ""))
    taken = await actions.ingest_remote_write(intake, work.principal.subject, await request.body(), decode)
    told = to_response("sla", taken.problem) if taken.problem else Response(status_code=HTTPStatus.NO_CONTENT.value)
    return with_written_counts(told, taken.written)


@otlp_router.post(
    "/push/otlp/v1/metrics",
    response_class=Response,
    summary="Push as OpenTelemetry does",
    openapi_extra=_body(otlp.PROTOBUF_MEDIA_TYPE, BINARY_SCHEMA, otlp.JSON_MEDIA_TYPE, {"type": "object"}),
    responses={
        200: {"description": "ExportMetricsServiceResponse, in the type of the request", "content": OTLP_CONTENT},
        "default": {"description": "google.rpc.Status, in the type of the request", "content": OTLP_CONTENT},
    },
)
async def push_otlp(work: AsMonitor, intake: IngesterDep, request: Request) -> Response:
    """OTLP/HTTP, protobuf or JSON, plain or with gzip; an exporter's endpoint is `/sla/v1/push/otlp`.

    Names and labels become those that Prometheus would have. Data points that break a rule are counted in
    `partial_success`, and the first of them named; the others are kept.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    taken = await actions.ingest_otlp(work, intake, await request.body(), media_type_of(request), encoding)
    return otlp_response(request, taken)


@router.post(
    "/push/samples",
    status_code=202,
    summary="Push samples as JSON",
    openapi_extra=_body("application/json", json_samples.samples_body_schema()),
)
async def push_samples(work: AsMonitor, intake: IngesterDep, request: Request) -> SamplesAccepted:
    """At the most 10,000; all are kept, or none.

    `{"samples": [{"indicator": "…", "at": "2026-11-22T09:30:00Z", "value": 1}]}`, or instead of `value` both `good` and
    `total`, counted since the sample before; instead of `indicator` the labels of a `series`.
    """
    return SamplesAccepted(accepted=await actions.ingest_json_samples(work, intake, await request.body()))


@router.get("/series", summary="List the series that were pushed")
async def list_series(
    work: AsStaff,
    bound: bool | None = None,
    metric: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[SeriesView]:
    """Oldest first; `bound=false` are those that measure nothing.

    A page that was filtered may hold fewer than `limit` and still have a next one.
    """
    return await series_explorer.list_series_page(work, bound=bound, metric=metric, limit=limit, cursor=cursor)


@router.post("/series/selections", summary="Try a selector")
async def try_selector(work: AsManager, body: SelectorTrial) -> SelectorMatches:
    """A dry run: which of the series seen so far a selector matches. Nothing is kept."""
    return await series_explorer.list_matching_series(work, body.selector)


@router.post("/indicators/trials", summary="Try an indicator")
async def try_indicator(work: AsManager, body: IndicatorTrial) -> IndicatorTrialView:
    """A dry run: the minutes it would have measured, out of what the log of pushes still holds. Nothing is kept."""
    return await series_explorer.run_indicator_trial(work, body)


@router.get("/indicators/{indicator_id}/minutes", summary="Read the minutes an indicator measured")
async def read_minutes(
    work: AsStaff,
    indicator_id: UUID,
    window_from: Annotated[Instant, Query(alias="from")],
    window_to: Annotated[Instant, Query(alias="to")],
) -> MinutesView:
    """Of a window of at the most 31 days."""
    series_explorer.check_window(window_from, window_to, MAX_WINDOW)
    await work.get(Indicator, indicator_id)
    minutes = await store.load_minutes(work.session, indicator_id, window_from, window_to, now=work.now)
    return MinutesView.from_minutes(indicator_id, minutes)


@router.get("/indicators/{indicator_id}/observations", summary="Read what a histogram observed")
async def read_observations(
    work: AsStaff,
    indicator_id: UUID,
    window_from: Annotated[Instant, Query(alias="from")],
    window_to: Annotated[Instant, Query(alias="to")],
    up_to: Annotated[Number | None, Query(description="By default the threshold of the indicator.")] = None,
) -> ObservationsView:
    """Quantiles, and the share up to a limit, of a window of at the most 31 days; exact at the edges of the buckets."""
    series_explorer.check_window(window_from, window_to, MAX_WINDOW)
    indicator = await work.get(Indicator, indicator_id)
    return await series_explorer.get_observations(work, indicator, (window_from, window_to), up_to)
