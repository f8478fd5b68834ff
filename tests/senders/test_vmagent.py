"""A real vmagent with its defaults pushes a counter through what fails at times."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.senders.conftest import Receiver, find_built_program, until
from tests.senders.exposed import exposed
from tests.senders.vmagent import Vmagent

pytestmark = pytest.mark.senders


async def test_vmagent_loses_nothing_though_its_labels_are_in_no_order(receiver: Receiver, home: Path) -> None:
    selector = 'requests_total{job="scraped", team="shop", zone="a", area="b"}'
    requests = receiver.define(kind="volume", series=[{"selector": selector, "part": "total"}])
    began = time.time()
    url = f"{receiver.between.url}/sla/v1/push/prometheus"
    with exposed() as target:
        program = find_built_program("vmagent")
        async with Vmagent(home / "vmagent", target.address, url, receiver.key, "team=shop", program=program):
            await until(lambda: "good" in receiver.minutes(requests, began)["state"], expected=True)
            for _ in range(10):
                target.count += 40
                await asyncio.sleep(0.7)
            await until(lambda: receiver.sums(requests, began), (400, 400))
    assert receiver.between.failed > 3
    assert receiver.between.answers.count(204) > 3
