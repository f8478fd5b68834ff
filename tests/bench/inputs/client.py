"""An HTTP/1.1 client that costs next to nothing, so that what is measured is the server. Loopback only."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httptools

HOST = "127.0.0.1"


class Connection(asyncio.Protocol):
    """One request at a time on a connection that stays open."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.body = bytearray()
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # asyncio types the callback wider than TCP is

    async def ask(self, request: bytes) -> int:
        """The status; the answer's body is in `body` until the next request."""
        self.body.clear()
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))


@asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(Connection, HOST, port))[1] for _ in range(count)]
    try:
        yield opened
    finally:
        for connection in opened:
            connection.transport.abort()


async def load(port: int, requests: Iterator[bytes], *, at_once: int, seconds: float = 600) -> tuple[int, float]:
    """Send `requests` over `at_once` connections until they end or time is up; answers that are not 2xx fail it.

    How many were answered, and in how many seconds.
    """
    statuses: Counter[int] = Counter()
    async with connections(port, at_once) as opened:
        began = time.perf_counter()

        async def work(connection: Connection) -> None:
            for request in requests:
                statuses[await connection.ask(request)] += 1
                if time.perf_counter() - began > seconds:
                    return

        await asyncio.gather(*map(work, opened))
        took = time.perf_counter() - began
    if any(not 200 <= status < 300 for status in statuses):
        raise RuntimeError(f"the server answered {dict(statuses)}")
    return statuses.total(), took


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
