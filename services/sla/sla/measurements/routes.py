"""HTTP: pushes of monitors, the series they brought, and the minutes that were measured."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from common.door import AsManager, AsMonitor, AsStaff, Router, runtime_of
from common.paging import Page
from common.problems import to_response
from common.views import Instant, Number
from sla.indicators.model import Indicator
from sla.measurements import actions, catalogue, json_samples, otlp, store
from sla.measurements.intake import Intake
from sla.measurements.push_doors import OtlpDoor, RemoteWriteDoor, answer, counted, type_of
from sla.measurements.settings import PushSettings
from sla.measurements.views import (
    Accepted,
    IndicatorTrial,
    MinutesView,
    ObservationsView,
    SelectorMatches,
    SelectorTrial,
    SeriesView,
    TrialView,
)

MOST = timedelta(days=31)
BINARY = {"type": "string", "format": "binary"}
TOLD = {otlp.PROTOBUF: {"schema": BINARY}, otlp.JSON: {"schema": {"type": "object"}}}

router = Router(tags=["measurements"])
otlp_router = APIRouter(route_class=OtlpDoor, tags=["measurements"])
remote_write_router = APIRouter(route_class=RemoteWriteDoor, tags=["measurements"])


async def _intake(request: Request) -> Intake:
    """Asynchronous, as others are called in a thread."""
    state = request.app.state
    if not hasattr(state, "intake"):
        state.intake = Intake(runtime_of(request), PushSettings())
    intake: Intake = state.intake
    return intake


IntakeDep = Annotated[Intake, Depends(_intake)]


def _body(*content: Any) -> dict[str, Any]:
    """For the reference: what is read from the request itself, FastAPI does not see. Media types, each with schema."""
    schemas = {media_type: {"schema": schema} for media_type, schema in zip(content[::2], content[1::2], strict=True)}
    return {"requestBody": {"required": True, "content": schemas}}


@remote_write_router.post(
    "/push/prometheus",
    status_code=204,
    response_class=Response,
    summary="Push as Prometheus does",
    openapi_extra=_body(actions.PROMETHEUS, BINARY),
)
async def push_prometheus(work: AsMonitor, intake: IntakeDep, request: Request) -> Response:
    """Remote write 1.0 and 2.0, told apart by Content-Type. If a sample breaks a rule the answer is 400 and names it;
    the others are kept. Exemplars and metadata are read over.
    """
    headers = request.headers
    decode = actions.decoder_of(headers.get("content-type", ""), headers.get("content-encoding", ""))
    taken = await actions.take_remote_write(intake, work.principal.subject, await request.body(), decode)
    told = to_response("sla", taken.problem) if taken.problem else Response(status_code=HTTPStatus.NO_CONTENT.value)
    return counted(told, taken.kept)


@otlp_router.post(
    "/push/otlp/v1/metrics",
    response_class=Response,
    summary="Push as OpenTelemetry does",
    openapi_extra=_body(otlp.PROTOBUF, BINARY, otlp.JSON, {"type": "object"}),
    responses={
        200: {"description": "ExportMetricsServiceResponse, in the type of the request", "content": TOLD},
        "default": {"description": "google.rpc.Status, in the type of the request", "content": TOLD},
    },
)
async def push_otlp(work: AsMonitor, intake: IntakeDep, request: Request) -> Response:
    """OTLP/HTTP, protobuf or JSON, plain or with gzip; an exporter's endpoint is `/sla/v1/push/otlp`.

    Names and labels become those that Prometheus would have. Data points that break a rule are counted in
    `partial_success`, and the first of them named; the others are kept.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    taken = await actions.take_otlp(work, intake, await request.body(), type_of(request), encoding)
    return answer(request, taken)


@router.post(
    "/push/samples",
    status_code=202,
    summary="Push samples as JSON",
    openapi_extra=_body("application/json", json_samples.schema()),
)
async def push_samples(work: AsMonitor, intake: IntakeDep, request: Request) -> Accepted:
    """At the most 10,000; all are kept, or none.

    `{"samples": [{"indicator": "…", "at": "2026-11-22T09:30:00Z", "value": 1}]}`, or instead of `value` both `good` and
    `total`, counted since the sample before; instead of `indicator` the labels of a `series`.
    """
    return Accepted(accepted=await actions.take_samples(work, intake, await request.body()))


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
    return await catalogue.page(work, bound=bound, metric=metric, limit=limit, cursor=cursor)


@router.post("/series/selections", summary="Try a selector")
async def try_selector(work: AsManager, body: SelectorTrial) -> SelectorMatches:
    """A dry run: which of the series seen so far a selector matches. Nothing is kept."""
    return await catalogue.matches(work, body.selector)


@router.post("/indicators/trials", summary="Try an indicator")
async def try_indicator(work: AsManager, body: IndicatorTrial) -> TrialView:
    """A dry run: the minutes it would have measured, out of what the log of pushes still holds. Nothing is kept."""
    return await catalogue.trial(work, body)


@router.get("/indicators/{indicator_id}/minutes", summary="Read the minutes an indicator measured")
async def read_minutes(
    work: AsStaff,
    indicator_id: UUID,
    window_from: Annotated[Instant, Query(alias="from")],
    window_to: Annotated[Instant, Query(alias="to")],
) -> MinutesView:
    """Of a window of at the most 31 days."""
    catalogue.check_window(window_from, window_to, MOST)
    await work.get(Indicator, indicator_id)
    minutes = await store.minutes(work.session, indicator_id, window_from, window_to, now=work.now)
    return MinutesView.of(indicator_id, minutes)


@router.get("/indicators/{indicator_id}/observations", summary="Read what a histogram observed")
async def read_observations(
    work: AsStaff,
    indicator_id: UUID,
    window_from: Annotated[Instant, Query(alias="from")],
    window_to: Annotated[Instant, Query(alias="to")],
    up_to: Annotated[Number | None, Query(description="By default the threshold of the indicator.")] = None,
) -> ObservationsView:
    """Quantiles, and the share up to a limit, of a window of at the most 31 days; exact at the edges of the buckets."""
    catalogue.check_window(window_from, window_to, MOST)
    indicator = await work.get(Indicator, indicator_id)
    return await catalogue.observations(work, indicator, (window_from, window_to), up_to)
