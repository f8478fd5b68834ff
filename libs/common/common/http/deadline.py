"""ASGI middleware that answers 503 when a request takes too long, whatever it waits for: a body, PostgreSQL, a bug."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.errors import DomainError, problem_document

EVENT_STREAM = b"text/event-stream; charset=utf-8"

log = structlog.get_logger(__name__)


class TooSlow(DomainError, slug="too-slow"):
    """The request took too long and was stopped; try again later."""

    status = 503
    headers = {"Retry-After": "5"}  # noqa: RUF012 - as its parent's


def is_endless(message: Message) -> bool:
    """Tell whether the message begins a stream of events."""
    return (b"content-type", EVENT_STREAM) in message.get("headers", ())


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """The time in which a request is to be answered, in seconds of the event loop's clock."""

    begin: float
    end: float

    @property
    def elapsed_seconds(self) -> float:
        return asyncio.get_running_loop().time() - self.begin

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    @property
    def elapsed_share(self) -> float:
        return self.elapsed_seconds / self.seconds


def answer_time_of(request: Request) -> AnswerTime:
    answer_time: AnswerTime = request.state.answer_time
    return answer_time


class RequestDeadline:
    """Gives each request `seconds`, or those of the first path in `other_seconds`.

    The answer leaves at the deadline itself: what the request waits for may take long to be given up. A stream of
    events, which has no end, must have begun by then.
    """

    def __init__(self, app: ASGIApp, service: str, seconds: float, other_seconds: Mapping[str, float]) -> None:
        self._app = app
        self._service = service
        self._seconds = seconds
        self._other_seconds = other_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seconds = self._other_seconds.get(scope["path"], self._seconds)
        request = _TimedRequest(send, self._refusal(seconds))
        loop = asyncio.get_running_loop()
        request.timer = loop.call_later(seconds, request.expire)
        scope.setdefault("state", {})["answer_time"] = AnswerTime(loop.time(), loop.time() + seconds)
        try:
            await self._app(scope, receive, request.send)
        except asyncio.CancelledError:
            if not request.is_expired or request.task.uncancel():
                raise
            log.warning("request_too_slow", service=self._service, seconds=seconds)
        finally:
            request.timer.cancel()
        await request.finish()

    def _refusal(self, seconds: float) -> bytes:
        detail = f"It took longer than {seconds:g} s. A change may have been made or not: try again."
        return orjson.dumps(problem_document(self._service, TooSlow.slug, TooSlow.title(), TooSlow.status, detail))


class _TimedRequest:
    """A request whose answer is either the application's or, from the deadline on, the refusal."""

    def __init__(self, send: Send, refusal: bytes) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is answered in a task")
        self.task = task
        self.timer: asyncio.TimerHandle
        self.is_expired = False
        self._send = send
        self._refusal = refusal
        self._has_started = False
        self._refusing: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> None:
        """Send a message of the application, unless the refusal was sent instead."""
        if self._refusing is None:
            self._has_started = True
            if is_endless(message):
                self.timer.cancel()
            await self._send(message)

    def expire(self) -> None:
        """Stop the application; an answer that has begun is broken off."""
        self.is_expired = True
        if not self._has_started:
            self._refusing = asyncio.get_running_loop().create_task(self._refuse())
        self.task.cancel()

    async def finish(self) -> None:
        if self._refusing is not None:
            await self._refusing

    async def _refuse(self) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in TooSlow.headers.items()]
        headers.append((b"content-type", b"application/problem+json"))
        await self._send({"type": "http.response.start", "status": TooSlow.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": self._refusal})
