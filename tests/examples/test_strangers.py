"""Whatever an example shows of one customer, another customer is not shown, and cannot change."""

from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

import httpx

from common.ids import new_id
from common.testing.scenarios import ScenarioPlayer, ScenarioStep, Variables
from tests.examples.conftest import StartPlayer, every_scenario, scenarios

TURNED_AWAY = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


@dataclass
class IntrudedPlayer(ScenarioPlayer):
    """Before each step a stranger sends the same request."""

    stranger: UUID = field(default_factory=new_id)
    leaks: list[str] = field(default_factory=list)

    async def _send(self, step: ScenarioStep, variables: Variables) -> httpx.Response:
        if step.by != "nobody" and "customer" in variables:
            await self._intrude(step, variables)
        return await super()._send(step, variables)

    async def _intrude(self, step: ScenarioStep, variables: Variables) -> None:
        strangers_step = step.model_copy(update={"by": "customer mallory"})
        answer = await super()._send(strangers_step, {**variables, "customer": str(self.stranger)})
        reading = step.method == "GET"
        if reading and str(variables["customer"]) in answer.text:
            self.leaks.append(f"{step.request} showed {answer.text[:200]}")
        if not reading and "$" in step.path and answer.status_code not in TURNED_AWAY:
            self.leaks.append(f"{step.request} was answered {answer.status_code} {answer.text[:200]}")


@every_scenario
async def test_a_stranger_is_shown_nothing_and_changes_nothing(
    service: str, name: str, start_player: StartPlayer
) -> None:
    player = await start_player(service)
    intruded = IntrudedPlayer(player.service, player.runtime, player.client, player.headers, player.clock)

    await intruded.play(name, scenarios(service)[name])

    assert intruded.leaks == []
    assert intruded.problems == []
