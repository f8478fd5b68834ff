"""Builds the console: an application without a database, whose pages stand on the services' HTTP interfaces."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import httpx
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from common.error_descriptions import ExplainedError
from common.http.deadline import RequestDeadline
from common.http.middleware import BodyLimiter, RequestObserver
from common.settings import Settings
from console.agreements.routes import ROUTES as AGREEMENTS
from console.calls.service_client import ServiceClient
from console.catalog.routes import ROUTES as CATALOG
from console.customers.routes import ROUTES as CUSTOMERS
from console.frame.console import Console, build_templates
from console.frame.problems import HANDLERS
from console.incidents.routes import ROUTES as INCIDENTS
from console.issues.routes import ROUTES as ISSUES
from console.maintenance.routes import ROUTES as MAINTENANCE
from console.overview.routes import ROUTES as OVERVIEW
from console.reference.routes import build_reference_routes
from console.sessions.session_cookies import SessionCookies
from console.sessions.ways import SignIn
from console.settings import ConsoleSettings
from console.sign_in.provider import ProviderSignIn
from console.sign_in.sign_out import ROUTES as SIGN_OUT
from console.statements.routes import ROUTES as STATEMENTS
from console.surveys.routes import ROUTES as SURVEYS

NAME = "console"
PAGES = (*OVERVIEW, *CUSTOMERS, *AGREEMENTS, *ISSUES, *INCIDENTS, *STATEMENTS, *MAINTENANCE, *CATALOG, *SURVEYS)
SESSION_COOKIE = "rapport_session"
MAX_BODY_BYTES = 256 * 1024
READY = f'rapport_ready{{service="{NAME}"}} 1.0\n'
LARGER_LIMITS = {"/console/incidents/imports": 17 * 1024 * 1024}
"""A file of incidents has at most 16 MB."""
PAGE_SECONDS = 40.0
"""Longer than the services take for one request at most."""


class ConsoleMisconfigured(ExplainedError, RuntimeError):
    """The console lacks settings without which nobody can sign in."""


def application(settings: Settings) -> Starlette:
    """Build the console as a process of its own, with people who sign in at the identity provider."""
    own = ConsoleSettings(public_url=settings.http.public_url or "")
    if problems := own.list_problems(settings.auth):
        raise ConsoleMisconfigured("; ".join(problems))
    return build_console(own, ProviderSignIn(own, settings.auth), origins=settings.http.allowed_origins)


def build_console(
    settings: ConsoleSettings,
    sign_in: SignIn,
    transport: httpx.AsyncBaseTransport | None = None,
    origins: Collection[str] = (),
) -> Starlette:
    """Build the console over the services at `settings.service_url`, or over `transport` in one process with them.

    Pages of these `origins` may read the document of all interfaces, and nothing else.
    """
    client = ServiceClient(settings.service_url, transport)
    cookies = SessionCookies(settings.session_key.get_secret_value(), SESSION_COOKIE, is_secure=settings.is_secure)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await client.close()
        await sign_in.close()

    app = Starlette(
        routes=[*_health_routes(), *sign_in.routes, *SIGN_OUT, *build_reference_routes(client, origins), *PAGES],
        middleware=[
            Middleware(RequestObserver, service=NAME),
            Middleware(RequestDeadline, service=NAME, seconds=PAGE_SECONDS, other_seconds={}),
            Middleware(BodyLimiter, service=NAME, limit=MAX_BODY_BYTES, larger_limits=LARGER_LIMITS),
        ],
        exception_handlers=dict(HANDLERS),
        lifespan=lifespan,
    )
    app.state.console = Console(settings, client, cookies, sign_in, build_templates())
    return app


def _health_routes() -> list[Route]:
    async def answer_alive(_: Request) -> Response:
        return JSONResponse({"status": "alive", "service": NAME})

    async def answer_ready(_: Request) -> Response:
        return JSONResponse({"status": "ready", "service": NAME})

    async def answer_metrics(_: Request) -> Response:
        """Send the figures of the process, as the services do; the console is ready when it answers."""
        return Response(generate_latest() + READY.encode(), media_type=CONTENT_TYPE_LATEST)

    root = f"/{NAME}"
    return [
        Route(f"{root}/healthz", answer_alive),
        Route(f"{root}/readyz", answer_ready),
        Route(f"{root}/metrics", answer_metrics),
    ]
