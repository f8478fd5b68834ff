"""Two replicas of a real Prometheus remote-write counters and native histograms through what fails at times."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.senders.conftest import PATIENCE, Receiver, until
from tests.senders.exposed import Exposed, exposed
from tests.senders.prometheus import Prometheus, version

pytestmark = pytest.mark.senders

SECOND = "io.prometheus.write.v2.Request"
SENDS_SECOND = (2, 54)
MUST_BE_TOLD = (3, 8)
"""Versions from which on the feature alone does not scrape native histograms."""


@pytest.mark.parametrize("message", ["prometheus.WriteRequest", SECOND])
async def test_nothing_is_lost_and_nothing_doubled(receiver: Receiver, home: Path, message: str) -> None:
    remote: dict[str, Any] = {"send_native_histograms": True}
    if version() >= SENDS_SECOND:
        remote["protobuf_message"] = message
    elif message == SECOND:
        pytest.skip(f"Prometheus {version()} does not send remote write 2.0: not covered by a real sender here")
    job = f"job-{message.rpartition('.')[2].lower()}"
    selector = f'{{instance="{job}"}}'
    requests = receiver.define(kind="volume", series=[{"selector": f"requests_total{selector}", "part": "total"}])
    judged = receiver.define(kind="histogram", threshold=2, series=[{"selector": f"request_seconds{selector}"}])
    began = time.time()
    with exposed() as target:
        async with AsyncExitStack() as stack:
            programs = []
            for replica in "ab":
                program = Prometheus(
                    home / f"{job}-{replica}",
                    target.address,
                    f"{receiver.between.url}/sla/v1/push/prometheus",
                    receiver.key,
                    replica=replica,
                    instance=job,
                    features=["native-histograms"],
                    scraping={"scrape_native_histograms": True} if version() >= MUST_BE_TOLD else {},
                    remote=remote,
                )
                programs.append(await stack.enter_async_context(program))
            await counting(target, programs)
            # Each observation once, although both have sent it, and much of it several times.
            await until(lambda: receiver.sums(requests, began), (400, 400))
            await until(lambda: receiver.sums(judged, began), (100, 400))
    assert receiver.sums(requests, began) == (400, 400)
    assert receiver.between.failed > 3
    assert set(receiver.between.answers) == {204}


async def counting(target: Exposed, replicas: Sequence[Prometheus]) -> None:
    """From 8 observations, which all have seen, to 408."""
    async with asyncio.timeout(PATIENCE):
        for replica in replicas:
            await replica.holds("requests_total")
    for _ in range(10):
        target.count += 40
        await asyncio.sleep(0.7)
