"""Streams of changes as answers: server-sent events, resumed at a position, until the reader's token expires."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import orjson
from fastapi import Request, Response
from fastapi.sse import format_sse_event
from starlette.types import Message, Receive, Scope, Send

from common.auth.principal import Principal
from common.changes.feed import ChangeFeed, Listener
from common.changes.hints import ChangeMessage
from common.changes.positions import Position
from common.changes.store import tag_of
from common.errors import DomainError
from common.events.sent_records import wait_for_signal
from common.http.server import on_stop

if TYPE_CHECKING:
    from common.runtime import Runtime

HEARTBEAT_SECONDS = 15.0
"""The seconds of silence after which a reader is shown that the stream lives, if it may still read it."""
RETRY_MILLISECONDS = 2000
"""How long a reader waits before it opens a stream again."""
SEND_SECONDS = 30.0
"""The seconds in which a reader must take what it is sent."""
MAX_RESUMED = 10_000
"""The events that a stream is resumed over; reading anew costs less than more of them."""
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""Proxies neither keep a stream, nor compress it, nor hold it back."""
RESET_REASON = "Events were missed that are not held any more, or too many: read again what is shown."


class ChangeStreamResponse(Response):
    """Sends the events after a position, and then each one as it is committed."""

    media_type = "text/event-stream"

    def __init__(
        self, request: Request, principal: Principal, types: Collection[str] = (), resumed: Position | None = None
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._request = request
        self._runtime: Runtime = request.app.state.runtime
        self._feed: ChangeFeed = request.app.state.changes
        self._principal = principal
        self._types = types
        self._resumed = resumed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        listener = self._feed.admit(self._principal)
        watch = asyncio.create_task(_close_on_disconnect(receive, listener))
        on_stop(scope, listener.close)
        try:
            position = await self._feed.join(listener)
            can_resume = await self._can_resume()
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with aclosing(self._stream(listener, position, can_resume=can_resume)) as chunks:
                async for chunk in chunks:
                    await _send_in_time(send, {"type": "http.response.body", "body": chunk, "more_body": True})
            await _send_in_time(send, {"type": "http.response.body", "body": b""})
        except TimeoutError:
            listener.close()  # its reader takes nothing any more
            raise
        finally:
            watch.cancel()
            self._feed.remove(listener)

    async def _can_resume(self) -> bool:
        if self._resumed is None:
            return True
        reader, retention = self._feed.reader, self._runtime.settings.events.retention
        if not await reader.has_position(self._resumed, retention, self._runtime.clock()):
            return False
        return await reader.count_after(self._resumed, MAX_RESUMED + 1) <= MAX_RESUMED

    async def _stream(self, listener: Listener, joined: Position, *, can_resume: bool) -> AsyncGenerator[bytes]:
        yield format_sse_event(retry=RETRY_MILLISECONDS)
        if not can_resume:
            yield _notice("reset", joined, {"reason": RESET_REASON})
        else:
            if self._resumed is not None:
                async with aclosing(self._replay(self._resumed, joined)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            yield _notice("ready", joined, {"heartbeat_seconds": int(HEARTBEAT_SECONDS)})
        async with aclosing(self._follow(listener)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _replay(self, resumed: Position, joined: Position) -> AsyncGenerator[bytes]:
        """Send what lies between two positions; what is still open at the later one comes from the feed."""
        cursor, position, has_more = resumed, resumed, True
        while has_more:
            view = await self._feed.reader.list_after(cursor, joined.number)
            chunk = b""
            for row in view.rows:
                cursor = cursor.skip_to(row["seq"])
                if not joined.is_in_gap(row["seq"]):
                    position = position.step_towards(joined, row["seq"], tag_of(row))
                    chunk += self._format(self._feed.hints.build(row), position)
            if chunk:
                yield chunk
            has_more = view.is_full

    async def _follow(self, listener: Listener) -> AsyncGenerator[bytes]:
        """Send what the feed has, and heartbeats while it has nothing for this stream."""
        now = asyncio.get_running_loop().time
        due, beat_position = now() + HEARTBEAT_SECONDS, listener.position
        while not listener.is_closed:
            await wait_for_signal(listener.signal, due - now())
            if listener.is_closed or not await self._is_authorised():
                return
            chunk = b"".join(self._format(placed.message, placed.position) for placed in listener.take())
            if not chunk and now() >= due:
                position = None if listener.position == beat_position else str(listener.position)
                chunk, beat_position = format_sse_event(comment="heartbeat", id=position), listener.position
            if chunk:
                yield chunk
                due = now() + HEARTBEAT_SECONDS

    def _format(self, message: ChangeMessage | None, position: Position) -> bytes:
        if message is None or not message.is_for(self._principal):
            return b""
        if self._types and message.hint.type not in self._types:
            return b""
        return message.to_bytes(str(position), self._principal)

    async def _is_authorised(self) -> bool:
        """Tell whether the reader's token is still accepted."""
        with suppress(DomainError):
            await self._runtime.authenticator.authenticate(self._request)
            return True
        return False


def _notice(name: str, position: Position, content: dict[str, str] | dict[str, int]) -> bytes:
    return format_sse_event(event=name, data_str=orjson.dumps(content).decode(), id=str(position))


async def _close_on_disconnect(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close()


async def _send_in_time(send: Send, message: Message) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send(message)
