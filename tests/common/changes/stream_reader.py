"""Reads a stream of server-sent events over a real connection, as a page does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson


@dataclass
class SentEvent:
    name: str = "message"
    data: Any = None
    id: str | None = None


@dataclass
class StreamReader:
    answer: httpx.Response
    last_id: str | None = None
    comments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = self.answer.aiter_lines()

    async def read(self, seconds: float = 10.0) -> SentEvent | None:
        """Return the next event, or None at the end of the stream. Raise TimeoutError if none comes."""
        async with asyncio.timeout(seconds):
            return await self._read()

    async def read_all(self, count: int) -> list[SentEvent]:
        events = [await self.read() for _ in range(count)]
        return [event for event in events if event is not None]

    async def _read(self) -> SentEvent | None:
        event = SentEvent()
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if not line:
                self.last_id = event.id or self.last_id
                if event.data is not None:
                    return event
                event = SentEvent()
            elif name == "":
                self.comments.append(value)
            elif name == "event":
                event.name = value
            elif name == "data":
                event.data = orjson.loads(value)
            elif name == "id":
                event.id = value
        return None


@asynccontextmanager
async def listen(
    url: str, headers: dict[str, str], last_id: str | None = None, **parameters: Any
) -> AsyncIterator[StreamReader]:
    """Open a stream; the headers of its answer have come when the block begins."""
    if last_id is not None:
        headers = headers | {"Last-Event-ID": last_id}
    async with (
        httpx.AsyncClient(timeout=httpx.Timeout(10, read=None)) as client,
        client.stream("GET", url, headers=headers, params=parameters) as answer,
    ):
        if answer.is_error:
            await answer.aread()
        yield StreamReader(answer)
