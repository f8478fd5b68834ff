"""Each service over a database of its own per story, in which everything is really committed."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import pytest

from common.app import create_app
from common.examples import Story, stories_of
from common.settings import Settings
from common.testing.issuer import Clock
from common.testing.plugin import Trials
from common.testing.stories import Teller
from rapport.names import Name
from rapport.services import load

SERVICES = [name.value for name in Name]
Tellers = Callable[[str], Awaitable[Teller]]


@pytest.fixture
def teller(running: Trials, headers: Callable[..., dict[str, str]], clock: Clock) -> Tellers:
    async def of(name: str) -> Teller:
        service = await running(name)
        return Teller(service.service, service.runtime, service.client, headers, clock)

    return of


@cache
def stories(service: str) -> dict[str, Story]:
    """Read once: they are large."""
    return stories_of(service)


@cache
def openapi(service: str) -> dict[str, Any]:
    return create_app(load(service), Settings(environment="test")).openapi()


STORIES = [(service, name) for service in SERVICES for name in stories(service)]
every_story = pytest.mark.parametrize(("service", "name"), STORIES, ids=["-".join(pair) for pair in STORIES])
every_service = pytest.mark.parametrize("service", SERVICES)
