"""The health of a service: liveness, readiness, metrics, and pages that explain its problem types."""

import asyncio
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from common.errors import DomainError, NotFound
from common.pages.answers import to_html_answer
from common.pages.page_templates import PageTemplates
from common.runtime import Runtime
from common.service import ServiceDefinition

TEMPLATES = PageTemplates("common.pages")
ADVICE = {
    401: "Send a token that is still valid, or sign in again.",
    403: "Ask those who manage your account for the role that it needs.",
    404: "Look at the id or the address. What belongs to another customer is answered like this too.",
    409: "Read the present state, and decide anew: the detail says what stands in the way.",
    412: "Somebody has changed it meanwhile. Read it again, and send the change with the new ETag.",
    428: "Read it first, and send its ETag in If-Match.",
    429: "Wait for the seconds that Retry-After names, and send the same request again.",
    503: "Wait for the seconds that Retry-After names, and send the same request again.",
}
OTHER_ADVICE = "Mend the request as the detail and the errors say, and send it again."


def health_router(service: ServiceDefinition, runtime: Runtime) -> APIRouter:
    router = APIRouter(prefix=f"/{service.name}", include_in_schema=False)

    @router.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "alive", "service": service.name}

    @router.get("/readyz")
    async def ready() -> Response:
        try:
            if (reason := await runtime.schema_guard.find_problem()) is not None:
                return _not_ready(reason)
            async with runtime.database.sessions() as session:
                await session.execute(text("SELECT 1"))
            problem = await runtime.clock_guard.find_problem()
        except Exception as error:  # noqa: BLE001 - whatever it is, the service is not ready
            return _not_ready(type(error).__name__)
        # A wrong clock stops jobs, not requests: pushes must still be taken.
        clock = {} if problem is None else {"clock": problem}
        return JSONResponse({"status": "ready", "service": service.name} | clock)

    @router.get("/metrics")
    async def metrics() -> Response:
        state = await _state_text(runtime)
        return Response(generate_latest() + state.encode(), media_type=CONTENT_TYPE_LATEST)

    @router.get("/v1/problems/{slug}")
    async def explain(slug: str) -> HTMLResponse:
        rule = domain_errors_by_slug().get(slug)
        if rule is None:
            raise NotFound("problem", slug)
        return _explain(rule, f"/{service.name}/v1/problems/{slug}")

    return router


def _explain(rule: type[DomainError], address: str) -> HTMLResponse:
    title = rule.title().rstrip(".")
    page = TEMPLATES.render(
        "problem_type.html", title=title, status=rule.status, type=address, advice=ADVICE.get(rule.status, OTHER_ADVICE)
    )
    return to_html_answer(page)


def _not_ready(reason: str) -> JSONResponse:
    return JSONResponse({"status": "not ready", "reason": reason}, 503, {"Retry-After": "2"})


def domain_errors_by_slug() -> dict[str, type[DomainError]]:
    """Return every error class of the running process by its slug."""
    by_slug: dict[str, type[DomainError]] = {}
    pending: list[type[DomainError]] = [DomainError]
    while pending:
        error = pending.pop()
        by_slug[error.slug] = error
        pending += error.__subclasses__()
    return by_slug


async def load_event_backlog(runtime: Runtime) -> dict[str, float]:
    """Load the number of events that are pending, held and dead, and the age of the oldest pending one."""
    t = runtime.tables
    age = func.coalesce(func.extract("epoch", func.clock_timestamp() - func.min(t.outbox_pending.c.since)), 0)
    query = select(
        select(func.count()).select_from(t.outbox_pending).scalar_subquery().label("pending"),
        select(age).scalar_subquery().label("oldest_pending_seconds"),
        select(func.count()).select_from(t.inbox_held).scalar_subquery().label("held"),
        select(func.count()).select_from(t.dead_letters).scalar_subquery().label("dead"),
    )
    async with runtime.database.sessions() as session:
        row = (await session.execute(query)).mappings().one()
    return {name: float(value) for name, value in row.items()}


async def list_failed_items(runtime: Runtime) -> list[dict[str, Any]]:
    """List the items on which jobs failed, oldest first."""
    table = runtime.tables.failed_items
    async with runtime.database.sessions() as session:
        rows = await session.execute(select(table).order_by(table.c.since, table.c.duty, table.c.item))
        return [dict(row) for row in rows.mappings()]


async def list_missed_events(runtime: Runtime) -> list[dict[str, Any]]:
    """List how many events of other services can no longer come, by service and cause."""
    table = runtime.tables.missed_events
    async with runtime.database.sessions() as session:
        rows = await session.execute(select(table).order_by(table.c.source, table.c.cause))
        return [dict(row) for row in rows.mappings()]


async def _load_figures(runtime: Runtime) -> dict[str, float]:
    try:
        figures = {f"rapport_events_{name}": value for name, value in (await load_event_backlog(runtime)).items()}
        figures["rapport_job_failed_items"] = float(len(await list_failed_items(runtime)))
        figures["rapport_clock_trusted"] = float(await runtime.clock_guard.find_problem() is None)
    except (SQLAlchemyError, OSError):
        return {"rapport_ready": 0.0}
    return {**figures, "rapport_ready": 1.0}


async def _state_text(runtime: Runtime) -> str:
    """Return the gauges of readiness and backlog; only readiness while the database does not answer in time."""
    loading = asyncio.ensure_future(_load_figures(runtime))
    # Not awaited beyond the deadline: a query that hangs takes long to be given up as well.
    finished, _ = await asyncio.wait({loading}, timeout=runtime.settings.limits.probe_deadline.total_seconds())
    loading.cancel()
    figures = loading.result() if finished else {"rapport_ready": 0.0}
    return "".join(f'{name}{{service="{runtime.name}"}} {value}\n' for name, value in figures.items())
