"""Connections that send too much, too slowly or nothing at all are closed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from common.http import server
from tests.common.http.serving import converse, serve

SECONDS = 0.3


async def answer_at_once(_scope: Any, _receive: Any, send: Any) -> None:
    """An application that never reads a body."""
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(server, "HEADER_SECONDS", SECONDS)
    monkeypatch.setattr(server, "LINGER_SECONDS", SECONDS)
    async with serve(answer_at_once) as port:
        yield port


REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\n"
SLOW = {
    "nothing": (b"", b""),
    "a line that never ends, slowly": (b"GET /", b"a"),
    "headers that never end, slowly": (REQUEST, b"X-A: b\r\n"),
    "empty lines for ever": (b"", b"\r\n"),
}


@pytest.mark.parametrize("kind", SLOW)
async def test_a_connection_without_a_whole_request_is_closed(port: int, kind: str) -> None:
    answer, seconds = await converse(port, *SLOW[kind])

    assert answer == b""
    assert SECONDS <= seconds < SECONDS + 3


LARGE = {
    "a header that never ends": (REQUEST + b"X-A: ", b"a" * 8192),
    "headers that never end": (REQUEST, b"X-A: b\r\n" * 1000),
    "a path that never ends": (b"GET /", b"a" * 8192),
    "trailers that never end": (
        REQUEST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
        b"X-A: b\r\n" * 1000,
    ),
}


@pytest.mark.parametrize("kind", LARGE)
async def test_headers_of_any_size_are_refused(port: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 9)
    monkeypatch.setattr(server, "LINGER_SECONDS", 9)

    answer, seconds = await converse(port, *LARGE[kind], pause=0)

    assert b" 400 " in answer or b" 401 " in answer
    assert seconds < 5


async def test_a_body_that_goes_on_after_the_answer_is_cut_off(port: int) -> None:
    answer, seconds = await converse(port, REQUEST + b"Content-Length: 1000000\r\n\r\n", b"a")

    assert answer.startswith(b"HTTP/1.1 401")
    assert SECONDS <= seconds < SECONDS + 3


async def test_a_large_body_that_arrives_at_once_is_no_header(port: int) -> None:
    body = b"a" * 200_000
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(REQUEST + f"Content-Length: {len(body)}\r\n\r\n".encode())
        await writer.drain()
        writer.write(body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 401")
    writer.close()


async def test_requests_of_one_connection_follow_each_other(port: int) -> None:
    request = REQUEST + b"Content-Length: 5\r\n\r\nhello"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(request * 2)
        await asyncio.sleep(SECONDS * 1.5)
    answer = await reader.read(65536)
    writer.close()

    assert answer.count(b"HTTP/1.1 401") == 6


async def test_connections_beyond_the_limit_are_answered_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 3)
    async with serve(answer_at_once) as port:
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for _, writer in connections:
            writer.write(REQUEST + b"Content-Length: 0\r\n\r\n")
        answers = [await reader.read(65536) for reader, _ in connections]
        for _, writer in connections:
            writer.close()

    assert any(answer.startswith(b"HTTP/1.1 503") for answer in answers)
