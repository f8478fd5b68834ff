"""Two replicas of a real Prometheus remote-write counters and native histograms through what fails at times."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.senders.conftest import PATIENCE, Receiver, find_built_program, until
from tests.senders.exposed import UTF_8_NAME, Exposed, exposed
from tests.senders.prometheus import Prometheus

pytestmark = pytest.mark.senders


@pytest.mark.parametrize("version", [1, 2])
async def test_nothing_is_lost_and_nothing_doubled(receiver: Receiver, home: Path, version: int) -> None:
    """Debian's Prometheus sends remote write 1.0, and one of version 3 remote write 2.0."""
    job, remote = f"remote-write-{version}", {"send_native_histograms": True}
    program = find_built_program("prometheus") if version == 2 else None
    if program:
        remote["protobuf_message"] = "io.prometheus.write.v2.Request"
    selector = f'{{instance="{job}"}}'
    requests = receiver.define(kind="volume", series=[{"selector": f"requests_total{selector}", "part": "total"}])
    judged = receiver.define(kind="histogram", threshold=2, series=[{"selector": f"request_seconds{selector}"}])
    began = time.time()
    with exposed() as target:
        async with AsyncExitStack() as stack:
            replicas = []
            for replica in "ab":
                prometheus = Prometheus(
                    home / f"{job}-{replica}",
                    target.address,
                    f"{receiver.between.url}/sla/v1/push/prometheus",
                    receiver.key,
                    replica=replica,
                    instance=job,
                    features=["native-histograms"],
                    scraping={"scrape_native_histograms": True} if program else {},
                    remote=remote,
                    program=program,
                )
                replicas.append(await stack.enter_async_context(prometheus))
            await counting(target, replicas)
            # Each observation once, although both have sent it, and much of it several times.
            await until(lambda: receiver.sums(requests, began), (400, 400))
            await until(lambda: receiver.sums(judged, began), (100, 400))
    assert receiver.sums(requests, began) == (400, 400)
    assert receiver.between.failed > 3
    assert set(receiver.between.answers) == {204}


async def test_a_name_of_any_characters_is_kept_as_prometheus_3_sends_it(receiver: Receiver, home: Path) -> None:
    selector = f'{{"{UTF_8_NAME}", instance="utf-8"}}'
    requests = receiver.define(kind="volume", series=[{"selector": selector, "part": "total"}])
    began = time.time()
    with exposed() as target:
        url = f"{receiver.between.url}/sla/v1/push/prometheus"
        program = find_built_program("prometheus")
        prometheus = Prometheus(home / "utf-8", target.address, url, receiver.key, instance="utf-8", program=program)
        async with prometheus:
            await prometheus.holds(selector)
            target.count += 40
            await until(lambda: receiver.sums(requests, began), (40, 40))


async def counting(target: Exposed, replicas: Sequence[Prometheus]) -> None:
    """From 8 observations, which all have seen, to 408."""
    async with asyncio.timeout(PATIENCE):
        for replica in replicas:
            await replica.holds("requests_total")
    for _ in range(10):
        target.count += 40
        await asyncio.sleep(0.7)
