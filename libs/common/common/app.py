"""Builds a service's application: its routes, the parts that every service has, and its background work."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import structlog
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from common.auth.api_key_verifier import ApiKeyVerifier
from common.auth.authenticator import Authenticator
from common.changes.feed import ChangeFeed
from common.changes.hints import HintBuilder
from common.changes.routes import build_changes_router
from common.changes.store import OutboxReader
from common.database.connections import Database
from common.events.consumer import Consumer
from common.events.inbox import Inbox
from common.events.relay import Relay
from common.events.sent_records import SentRecords
from common.http import problems
from common.http.conventions.own_access import own_access_router
from common.http.cross_origin import allow_origins
from common.http.deadline import RequestDeadline
from common.http.documentation import openapi, served_document, viewer
from common.http.health import health_router
from common.http.middleware import BodyLimiter, RequestObserver
from common.http.request_scope import connect_routes
from common.jobs.housekeeping import HOUSEKEEPING_JOBS
from common.jobs.periodic_jobs import run_periodically
from common.jobs.supervisor import run_forever
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.settings import Settings

DRAIN_SECONDS = 10.0
"""The seconds that background work gets to finish."""
COLLECTED_AFTER = 10_000
"""The new objects after which the garbage collector looks for cycles; Python's own figure is 700."""

log = structlog.get_logger(__name__)


def create_app(
    service: ServiceDefinition, settings: Settings | None = None, sent_records: SentRecords | None = None
) -> FastAPI:
    """Build the service as an ASGI application that runs its relay, consumer and jobs in its lifespan.

    The services of a process that runs all of them share `sent_records`.
    """
    settings = settings or Settings()
    runtime = service.build_runtime(settings, Database(settings.database))
    runtime.sent_records = sent_records
    return build_app(service, runtime, background=True)


def build_app(service: ServiceDefinition, runtime: Runtime, *, background: bool) -> FastAPI:
    """Build the application over a given runtime; without `background` it only answers requests."""
    root = f"/{service.name}"
    app = FastAPI(
        title=service.title,
        version="1",
        description=openapi.DESCRIPTION,
        servers=openapi.SERVERS,
        license_info=openapi.LICENCE,
        openapi_tags=openapi.describe_tags(service.tags),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(service, runtime, background=background),
        separate_input_output_schemas=True,
        generate_unique_id_function=openapi.to_operation_id,
    )
    app.state.runtime = runtime
    app.state.changes = build_change_feed(service, runtime)
    routers = [*service.routers, build_changes_router(service.name)]
    connect_routes(routers)
    for router in (*routers, own_access_router(service.name, routers)):
        app.include_router(router, prefix=f"{root}/v1")
    app.include_router(health_router(service, runtime))
    served_document.install(app, root)
    app.router.routes.extend(viewer.build_viewer_routes(root, service.title))
    openapi.install(app, service.name)
    problems.install(app, service.name, list_addresses(f"{root}/v1", routers))
    app.add_middleware(
        BodyLimiter,
        service=service.name,
        limit=runtime.settings.limits.max_body_bytes,
        larger_limits=service.body_limits,
    )
    limits = runtime.settings.limits
    app.add_middleware(
        RequestDeadline,
        service=service.name,
        seconds=limits.request_deadline.total_seconds(),
        other_seconds={f"{root}/readyz": limits.probe_deadline.total_seconds()},
    )
    app.add_middleware(RequestObserver, service=service.name)
    allow_origins(app, runtime.settings.http.allowed_origins)
    return app


def list_addresses(base: str, routers: Iterable[APIRouter]) -> list[str]:
    routes = (route for router in routers for route in router.routes)
    return sorted({base + route.path for route in routes if isinstance(route, APIRoute) and route.include_in_schema})


def build_change_feed(service: ServiceDefinition, runtime: Runtime) -> ChangeFeed:
    """Build the feed of this process, which a commit in it wakes."""
    reader = OutboxReader(runtime.database, runtime.tables)
    feed = ChangeFeed(service.name, reader, HintBuilder(service), runtime.settings.limits.change_listeners)
    runtime.wake_changes = feed.wake
    return feed


def build_authenticator(service: ServiceDefinition, runtime: Runtime, client: httpx.AsyncClient) -> Authenticator:
    """Build the authenticator, which fetches the issuer's keys by `client` and accepts the service's own API keys."""
    verifier = ApiKeyVerifier(runtime.database.sessions, service.api_keys, runtime.clock) if service.api_keys else None
    return Authenticator(runtime.settings.auth, client, verifier, runtime.clock)


def _lifespan(service: ServiceDefinition, runtime: Runtime, *, background: bool) -> Any:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=5.0) as client:
            runtime.authenticator = build_authenticator(service, runtime, client)
            tasks = [asyncio.create_task(work) for work in _background(service, runtime)] if background else []
            if background:
                _spare_collector()
            try:
                yield
            finally:
                await _stop(tasks)
                await runtime.database.close()

    return lifespan


def _spare_collector() -> None:
    """Have the garbage collector pass over what the start has built, which it would visit again and again, and run
    less often: it took 8 % of the processor time of requests.
    """
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, 10, 10)


def _background(service: ServiceDefinition, runtime: Runtime) -> list[Coroutine[Any, Any, None]]:
    settings = runtime.settings
    relay = Relay(service.name, runtime.database, runtime.tables, settings.kafka, settings.events, runtime.sent_records)
    runtime.wake_relay = relay.wake
    consumer = Consumer(runtime, Inbox(service.name, runtime.tables, service.subscriptions))
    loops: dict[str, Callable[[], Awaitable[None]]] = {"relay": relay.run}
    if service.subscriptions:
        loops["consumer"] = consumer.run
    loops |= {loop.name: partial(loop.run, runtime) for loop in service.background_loops}
    loops |= {job.name: partial(run_periodically, runtime, job) for job in (*service.periodic_jobs, *HOUSEKEEPING_JOBS)}
    return [_run_on_schema(runtime, name, run) for name, run in loops.items()]


async def _run_on_schema(runtime: Runtime, name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run the loop from when the schema is migrated: a service may be started before `rapport migrate`."""
    await runtime.schema_guard.wait()
    await run_forever(runtime.name, name, run)


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
