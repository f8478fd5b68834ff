"""Open streams: heartbeats, their end, and how many a process has."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from common.app import build_app
from common.changes import feed, streams
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import trust_key
from tests.common.changes.conftest import MINE, Headers, Notes, numbers
from tests.common.changes.stream_reader import listen
from tests.common.conftest import NOTES
from tests.common.http.serving import serve


async def test_silence_is_broken_by_heartbeats_that_say_the_position(
    notes: Notes, headers: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.3)
    async with listen(notes.url, headers("customer", MINE)) as stream:
        ready = await stream.read()
        await notes.write(1)
        with pytest.raises(TimeoutError):
            await stream.read(1)
    assert stream.comments[0] == "heartbeat"
    assert ready is not None
    assert stream.last_id != ready.id


async def test_a_stream_ends_with_the_token(
    notes: Notes, headers: Headers, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.3)
    async with listen(notes.url, headers("viewer")) as stream:
        await stream.read()
        clock.advance(timedelta(days=2))
        await notes.write(1)
        assert await stream.read() is None


async def test_a_stream_needs_a_token(notes: Notes) -> None:
    async with listen(notes.url, {}) as stream:
        assert stream.answer.status_code == 401


async def test_a_process_has_only_so_many_streams_open(notes: Notes, headers: Headers) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(feed.MAX_PER_PERSON):
            stream = await stack.enter_async_context(listen(notes.url, headers("viewer")))
            assert stream.answer.status_code == 200
        refused = await stack.enter_async_context(listen(notes.url, headers("viewer")))
        assert refused.answer.status_code == 503
        assert refused.answer.headers["retry-after"] == "30"
        another = await stack.enter_async_context(listen(notes.url, headers("viewer", subject="somebody else")))
        assert another.answer.status_code == 200
    await asyncio.sleep(0.5)
    async with listen(notes.url, headers("viewer")) as later:
        assert later.answer.status_code == 200, "those that were closed have made room"


async def test_streams_neither_outlast_the_stop_of_the_server_nor_hold_it_up(
    small: Callable[[ServiceDefinition], Runtime], development_key: ECKey, headers: Headers
) -> None:
    runtime = small(NOTES)
    trust_key(NOTES, runtime, development_key)
    async with AsyncExitStack() as stack:
        async with serve(build_app(NOTES, runtime, background=False), grace_seconds=20) as port:
            stream = await stack.enter_async_context(
                listen(f"http://127.0.0.1:{port}/notes/v1/changes", headers("viewer"))
            )
            await stream.read()
            began = time.monotonic()
        assert await stream.read() is None
        assert time.monotonic() - began < 2


async def test_listeners_share_one_look_and_hold_no_connection(notes: Notes, headers: Headers) -> None:
    async with AsyncExitStack() as stack:
        tokens = [headers("viewer", subject=f"person {number}") for number in range(8)]
        opened = [await stack.enter_async_context(listen(notes.url, token)) for token in tokens]
        for stream in opened:
            await stream.read()
        pool = await notes.runtime.get_pool()
        await asyncio.sleep(0.2)
        assert pool.get_idle_size() == pool.get_size()
        assert pool.get_size() <= 2
        await notes.write(1)
        heard = [await stream.read() for stream in opened]
    assert len({event.id for event in heard if event}) == 1


async def test_a_stream_has_no_deadline(notes: Notes, headers: Headers) -> None:
    notes.runtime.settings.limits.request_deadline = timedelta(seconds=0.5)
    async with (
        serve(build_app(NOTES, notes.runtime, background=False)) as port,
        listen(f"http://127.0.0.1:{port}/notes/v1/changes", headers("viewer")) as stream,
    ):
        await stream.read()
        await asyncio.sleep(1)
        await notes.write(1)
        assert numbers(await stream.read_all(1)) == [1]
