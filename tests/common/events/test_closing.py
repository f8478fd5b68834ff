"""A client that is thrown away holds nobody up, and takes nobody with it."""

import asyncio
import contextlib
import time
from unittest.mock import patch

import pytest
from aiokafka.errors import KafkaError

from common.events.broker import close_client, with_timeout
from common.jobs.supervisor import run_forever


async def test_a_client_that_cancels_itself_does_not_cancel_us() -> None:
    """As aiokafka's consumer does, when a fetch had failed just before it is stopped."""

    async def stop() -> None:
        raise asyncio.CancelledError

    await close_client(stop())


async def test_a_client_that_will_not_stop_is_left_alone() -> None:
    let_go = asyncio.Event()

    async def stop() -> None:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    began = time.monotonic()
    with patch("common.events.broker.CLOSE_SECONDS", 0.1):
        await close_client(stop())
    assert time.monotonic() - began < 30  # left to itself it would never end
    let_go.set()
    await asyncio.sleep(0)


async def test_what_goes_wrong_at_the_end_is_of_no_interest() -> None:
    async def stop() -> None:
        raise KafkaError("gone already")

    await close_client(stop())


async def test_our_own_cancellation_counts() -> None:
    closing = asyncio.create_task(close_client(asyncio.sleep(60)))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing


async def test_a_loop_ends_though_a_library_swallows_its_cancellation() -> None:
    async def swallow_cancellation() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)

    async def run() -> None:
        while True:
            await with_timeout(swallow_cancellation(), 60)

    task = asyncio.create_task(run_forever("notes", "stubborn", run))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task], timeout=5)

    assert task.cancelled()
