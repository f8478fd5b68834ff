"""Large bodies are decoded in threads, two at a time, also when nobody waits for them any more."""

import asyncio
import threading

import pytest

from common.runtime import MAX_LARGE_BODIES
from common.testing.plugin import ServiceUnderTest


async def test_a_body_that_nobody_waits_for_keeps_its_place_until_it_is_decoded(sla: ServiceUnderTest) -> None:
    runtime, may_end = sla.runtime, threading.Event()
    slow = [asyncio.create_task(runtime.run_in_thread(may_end.wait)) for _ in range(MAX_LARGE_BODIES)]
    await asyncio.sleep(0.05)
    for task in slow:
        task.cancel()
    await asyncio.wait(slow)

    later = asyncio.create_task(runtime.run_in_thread(lambda: "decoded"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(later), 0.05)

    may_end.set()
    assert await asyncio.wait_for(later, 5) == "decoded"
