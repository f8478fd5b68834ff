"""ASGI middleware of every service: request ids, metrics, access log, limits of bodies, security headers."""

import re
import time
from collections.abc import Mapping

import orjson
import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.errors import TooLarge, problem_document
from common.http.context import correlation_id
from common.http.deadline import is_endless
from common.ids import new_id

REQUESTS = Counter("rapport_http_requests_total", "Answers given", ["service", "method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "rapport_http_request_seconds",
    "Time to the answer",
    ["service", "method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SAFE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]
REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._:-]{8,128}")

log = structlog.get_logger(__name__)


class RequestObserver:
    """Gives each request an id, and counts and logs its response."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        sent_id = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        token = correlation_id.set(sent_id if REQUEST_ID_PATTERN.fullmatch(sent_id) else new_id().hex)
        started, status, seconds = time.perf_counter(), 500, 0.0

        async def observe(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status = message["status"]
                seconds = time.perf_counter() - started if is_endless(message) else 0.0
                message["headers"] = _with_safe_headers(message.get("headers", []))
            await send(message)

        try:
            return await self._app(scope, receive, observe)
        finally:
            # Of a stream, which lasts as long as somebody listens, the time to its beginning is what somebody waits.
            self._record(scope, status, seconds or time.perf_counter() - started)
            correlation_id.reset(token)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        REQUESTS.labels(self._service, scope["method"], route, status).inc()
        REQUEST_SECONDS.labels(self._service, scope["method"], route).observe(seconds)
        level = log.warning if status >= 500 else log.debug  # noqa: PLR2004
        level(
            "request_completed",
            service=self._service,
            method=scope["method"],
            route=route,
            status=status,
            seconds=seconds,
        )


def _with_safe_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in headers}
    added = [(name, value) for name, value in SAFE_HEADERS if name not in present]
    return [*headers, *added, (b"x-request-id", correlation_id.get().encode())]


class BodyLimiter:
    """Refuses bodies that are too large. It counts bytes as they come, so a chunked body is refused as well.

    The reader of the body gets the error, so that a route can answer in its own form.
    """

    def __init__(self, app: ASGIApp, service: str, limit: int, larger_limits: Mapping[str, int]) -> None:
        self._app = app
        self._service = service
        self._limit = limit
        self._larger_limits = larger_limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        limits = (limit for start, limit in self._larger_limits.items() if scope["path"].startswith(start))
        limit = next(limits, self._limit)
        length = dict(scope["headers"]).get(b"content-length", b"0")
        announced = int(length) if length.isdigit() else 0
        received, is_answering = announced if announced > limit else 0, False

        async def count() -> Message:
            nonlocal received
            message: Message = await receive() if received <= limit else {}
            received += len(message.get("body", b""))
            if received > limit:
                raise TooLarge(f"The body may hold at most {limit} bytes.")
            return message

        async def watch(message: Message) -> None:
            nonlocal is_answering
            is_answering = True
            if announced > limit and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        try:
            return await self._app(scope, count, watch)
        except TooLarge:
            if is_answering:
                raise
            return await self._refuse(send, limit)

    async def _refuse(self, send: Send, limit: int) -> None:
        document = problem_document(
            self._service, TooLarge.slug, TooLarge.title(), 413, f"The body may hold at most {limit} bytes."
        )
        headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(document)})
