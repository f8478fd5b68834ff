"""Each test of events finds a broker that runs: one that crashed in a test before would fail all that follow."""

import pytest

from rapport.embedded.broker import Broker


@pytest.fixture(autouse=True)
async def _running_broker(broker: Broker) -> None:
    if isinstance(broker, Broker) and broker.child.exit_code is not None:
        await broker.restart_empty()
