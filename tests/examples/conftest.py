"""Each service over a database of its own per scenario, in which everything is really committed."""

import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from common.app import create_app
from common.http.documentation.examples import Example, get_examples_path, read_examples, select_examples
from common.settings import Settings
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import StartService
from common.testing.scenarios import Scenario, ScenarioPlayer, load_scenarios
from rapport.embedded.services import load_service
from rapport.service_names import ServiceName

SERVICES = [name.value for name in ServiceName]
RECORD = bool(os.environ.get("RAPPORT_RECORD_EXAMPLES"))
"""`make examples` writes down what is answered, instead of comparing it."""

StartPlayer = Callable[[str], Awaitable[ScenarioPlayer]]
Recording = dict[str, dict[str, list[Example]]]
"""By service and scenario."""


@pytest.fixture
def start_player(
    start_committed_service: StartService, headers: Callable[..., dict[str, str]], clock: FakeClock
) -> StartPlayer:
    async def start(name: str) -> ScenarioPlayer:
        service = await start_committed_service(name)
        return ScenarioPlayer(service.service, service.runtime, service.client, headers, clock)

    return start


@pytest.fixture(scope="session")
def recording() -> Iterator[Recording]:
    examples: Recording = defaultdict(dict)
    yield examples
    for service, by_scenario in examples.items() if RECORD else ():
        all_scenarios = read_examples_of_others(service, by_scenario) | by_scenario
        in_order = [example for name in sorted(all_scenarios) for example in all_scenarios[name]]
        lines = (
            example.model_dump_json(exclude_defaults=True)
            for example in select_examples(openapi(service), service, in_order)
        )
        get_examples_path(service).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_examples_of_others(service: str, played: dict[str, list[Example]]) -> dict[str, list[Example]]:
    """Read the examples of scenarios that exist and were not played this time, so that they stay as recorded."""
    examples: dict[str, list[Example]] = defaultdict(list)
    for example in read_examples(service):
        name = example.name.rpartition("-")[0]
        if name in scenarios(service) and name not in played:
            examples[name].append(example)
    return examples


@cache
def scenarios(service: str) -> dict[str, Scenario]:
    return load_scenarios(Path(__file__).parent / service)


@cache
def openapi(service: str) -> dict[str, Any]:
    return create_app(load_service(service), Settings(environment="test")).openapi()


SCENARIOS = [(service, name) for service in SERVICES for name in scenarios(service)]
every_scenario = pytest.mark.parametrize(("service", "name"), SCENARIOS, ids=["-".join(pair) for pair in SCENARIOS])
every_service = pytest.mark.parametrize("service", SERVICES)
