"""Each service over a database of its own per story, in which everything is really committed."""

from collections.abc import Awaitable, Callable

import pytest

from common.testing.issuer import Clock
from common.testing.plugin import Trials
from common.testing.stories import Teller

Tellers = Callable[[str], Awaitable[Teller]]


@pytest.fixture
def teller(running: Trials, headers: Callable[..., dict[str, str]], clock: Clock) -> Tellers:
    async def of(name: str) -> Teller:
        service = await running(name)
        return Teller(service.service, service.runtime, service.client, headers, clock)

    return of
