"""Each service over a database of its own per story, in which everything is really committed."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import pytest

from common.app import create_app
from common.http.examples import Scenario, load_scenarios
from common.settings import Settings
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import StartService
from common.testing.scenarios import ScenarioPlayer
from rapport.embedded.services import load_service
from rapport.service_names import ServiceName

SERVICES = [name.value for name in ServiceName]
Tellers = Callable[[str], Awaitable[ScenarioPlayer]]


@pytest.fixture
def teller(running: StartService, headers: Callable[..., dict[str, str]], clock: FakeClock) -> Tellers:
    async def of(name: str) -> ScenarioPlayer:
        service = await running(name)
        return ScenarioPlayer(service.service, service.runtime, service.client, headers, clock)

    return of


@cache
def stories(service: str) -> dict[str, Scenario]:
    """Read once: they are large."""
    return load_scenarios(service)


@cache
def openapi(service: str) -> dict[str, Any]:
    return create_app(load_service(service), Settings(environment="test")).openapi()


STORIES = [(service, name) for service in SERVICES for name in stories(service)]
every_story = pytest.mark.parametrize(("service", "name"), STORIES, ids=["-".join(pair) for pair in STORIES])
every_service = pytest.mark.parametrize("service", SERVICES)
