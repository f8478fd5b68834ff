"""The HTTP server in front of an application: uvicorn, and limits that it lacks on the time and size of headers."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_CONNECTIONS = 500
"""The connections, idle ones too, and requests at a time; more are answered 503."""
MAX_HEADER_BYTES = 64 * 1024
"""The bytes of the first line and all headers of a request, and of its trailers."""
HEADER_SECONDS = 10.0
"""The seconds in which the headers of a request must be complete."""
LINGER_SECONDS = 5.0
"""The seconds for which a body is still read after its request was answered, so that the sender sees the answer."""

STOP_EXTENSION = "rapport.on_stop"
"""The extension of the scope by which an answer without an end learns that the server stops."""


def on_stop(scope: Scope, callback: Callable[[], None]) -> None:
    """Have `callback` called when the server begins to stop, where it is ours."""
    callbacks = scope.get("extensions", {}).get(STOP_EXTENSION)
    if callbacks is not None:
        callbacks.append(callback)


def build_server_config(app: ASGIApp, **options: Any) -> uvicorn.Config:
    """Build the configuration of uvicorn; `options` are what differs between the ways to run."""
    return uvicorn.Config(
        app,
        http=LimitedHttpProtocol,
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        log_config=None,
        access_log=False,
        server_header=False,
        **options,
    )


class LimitedHttpProtocol(HttpToolsProtocol):
    """Closes connections whose headers are too large or too slow, and those that go on sending after the answer."""

    _limit_timer: asyncio.TimerHandle | None = None
    _unparsed_bytes = 0
    _header_bytes = 0
    _awaits_headers = True
    _has_completed = False
    """Whether the data that is being parsed completed a request."""
    _stop_callbacks: Sequence[Callable[[], None]] = ()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._close_in(HEADER_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._has_completed = False
        super().data_received(data)
        is_all_header = self._awaits_headers and not self._has_completed  # or the data ends a body, which may be large
        self._unparsed_bytes = self._unparsed_bytes + len(data) if is_all_header else 0
        if self._unparsed_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self.send_400_response("The headers are too large.")

    def on_message_begin(self) -> None:
        self._awaits_headers, self._header_bytes = True, 0
        self._close_in(HEADER_SECONDS)
        super().on_message_begin()
        self._stop_callbacks = []
        self.scope["extensions"] = {STOP_EXTENSION: self._stop_callbacks}  # type: ignore[dict-item]  # ours holds a list

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADER_BYTES:
            raise ValueError("headers or trailers are too large")  # the parser turns it into a 400
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._awaits_headers = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._awaits_headers = self._has_completed = True
        if self.cycle.response_complete:
            self._close_in(self.timeout_keep_alive)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline:
            self._close_in(LINGER_SECONDS if self.cycle.more_body else self.timeout_keep_alive)
        super().on_response_complete()

    def shutdown(self) -> None:
        super().shutdown()
        for callback in self._stop_callbacks:
            callback()

    def _close_in(self, seconds: float) -> None:
        self._stop_timer()
        self._limit_timer = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _stop_timer(self) -> None:
        if self._limit_timer is not None:
            self._limit_timer.cancel()
            self._limit_timer = None
