"""The gateway: one application over all services and the console, by the first segment of the path, with health."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from common.http.cross_origin import allow_origins
from rapport.service_names import ServiceName

READY_SECONDS = 5.0
CONSOLE_PATHS = frozenset({"", "console", "docs", "openapi.json"})


class Gateway:
    """Forwards requests to the services, which are FastAPI applications by name.

    Lifespans are run by the owner (see `ServiceLifespans`), before the first request and after the last.
    """

    def __init__(
        self,
        services: Mapping[str, Starlette],
        issuer: ASGIApp,
        build_console: Callable[[httpx.AsyncBaseTransport], Starlette],
        origins: Collection[str] = (),
    ) -> None:
        """Take the services, the issuer, and what builds the console, which calls the services through the gateway.

        Pages of these `origins` read what the gateway itself answers: that an address is misspelt, for example.
        """
        self.services = services
        self.console = build_console(httpx.ASGITransport(self, raise_app_exceptions=False))
        self.states: dict[str, Mapping[str, Any]] = {}
        self.is_stopping = False
        self._own = Starlette(
            routes=[
                Route("/healthz", self._health),
                Route("/readyz", self._readiness),
                Mount("/development", issuer),
            ],
            exception_handlers={404: _explain_absence},
        )
        allow_origins(self._own, origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].partition("/")[2].partition("/")[0]
        if name in self.services:
            scope = {**scope, "state": dict(self.states.get(name, {}))}
        rest = self.console if name in CONSOLE_PATHS else self._own
        await self.services.get(name, rest)(scope, receive, send)

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _readiness(self, _: Request) -> Response:
        """Answer ready if every service is; each names what it waits for."""
        answers = await asyncio.gather(*(self._ask(name) for name in self.services))
        ready = all(status == 200 for status, _ in answers) and not self.is_stopping  # noqa: PLR2004
        body = {name: answer for name, (_, answer) in zip(self.services, answers, strict=True)}
        word = "stopping" if self.is_stopping else "ready" if ready else "not ready"
        return JSONResponse(
            {"status": word, "services": body},
            status_code=200 if ready else 503,
            headers={} if ready else {"Retry-After": "2"},
        )

    async def _ask(self, name: str) -> tuple[int, Any]:
        transport = httpx.ASGITransport(self, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            try:
                answer = await asyncio.wait_for(client.get(f"/{name}/readyz"), READY_SECONDS)
            except TimeoutError:
                return 503, {"status": "not ready", "reason": f"no answer in {READY_SECONDS:g} s"}
        return answer.status_code, answer.json() if "json" in answer.headers.get("content-type", "") else answer.text


async def _explain_absence(_request: Request, _error: Exception) -> Response:
    services = ", ".join(f"/{name}/v1" for name in ServiceName)
    document = {
        "type": "about:blank",
        "title": "There is nothing at this address.",
        "status": 404,
        "detail": f"The services answer under {services}.",
    }
    return JSONResponse(document, 404, media_type="application/problem+json")


class ServiceLifespans:
    """Runs the lifespans of services and console, each in a task of its own: they start together and end together."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._end = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> None:
        starts = []
        for name, service in {**self._gateway.services, "console": self._gateway.console}.items():
            started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._tasks.append(asyncio.create_task(self._live(name, service, started), name=f"lifespan {name}"))
            starts.append(started)
        try:
            await asyncio.gather(*starts)
        except BaseException:
            await self._stop()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _stop(self) -> None:
        self._end.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _live(self, name: str, service: Starlette, started: "asyncio.Future[None]") -> None:
        async with AsyncExitStack() as stack:
            try:
                state = await stack.enter_async_context(service.router.lifespan_context(service))
            except Exception as problem:  # noqa: BLE001 - whatever it is, the one who waits must hear it
                started.set_exception(problem)
                return
            self._gateway.states[name] = state or {}
            started.set_result(None)
            await self._end.wait()
