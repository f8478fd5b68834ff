"""What an example shows of one customer no other is shown, nor can it change it, whatever roles its token has."""

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest

from common.auth.principal import Role
from common.ids import new_id
from common.testing.scenarios import ScenarioPlayer, ScenarioStep, Variables, fill_in
from tests.examples.conftest import StartPlayer, every_scenario, scenarios

TURNED_AWAY = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
CALCULATORS = {"/assessments", "/clock"}
"""What anybody may calculate with figures of their own."""
OWN_ACCESS = "/me"
"""It says what the token may do, and so differs by role."""


class Caller(NamedTuple):
    """The holder of a token that is bound to a customer: with a role of the staff, it is half-bound."""

    role: Role
    customer_id: UUID


@dataclass
class IntrudedPlayer(ScenarioPlayer):
    """Before each step, bound tokens send the same request: of every role the first time that a route is met."""

    tried_routes: set[str] = field(default_factory=set)
    stranger: UUID = field(default_factory=new_id)
    caller: Caller | None = None
    leaks: list[str] = field(default_factory=list)

    async def _send(self, step: ScenarioStep, variables: Variables) -> httpx.Response:
        if self.caller is None and step.by != "nobody" and "customer" in variables:
            is_new = step.request.partition("?")[0] not in self.tried_routes
            self.tried_routes.add(step.request.partition("?")[0])
            for role in Role if is_new else [Role.admin]:
                self._judge_stranger(step, variables, await self._send_as(Caller(role, self.stranger), step, variables))
            if is_new and step.method == "GET" and not step.path.startswith(OWN_ACCESS):
                await self._compare_own(step, variables)
        return await super()._send(step, variables)

    async def _send_as(self, caller: Caller, step: ScenarioStep, variables: Variables) -> httpx.Response:
        self.caller = caller
        try:
            return await super()._send(step, variables)
        finally:
            self.caller = None

    def _credentials(self, step: ScenarioStep, variables: Variables) -> dict[str, str]:
        if self.caller is None:
            return super()._credentials(step, variables)
        return self.headers(self.caller.role, self.caller.customer_id, f"{self.caller.role} mallory")

    def _judge_stranger(self, step: ScenarioStep, variables: Variables, answer: httpx.Response) -> None:
        """Note what a stranger is shown or may do; a filter by the customer gives an empty list."""
        path = step.path.partition("?")[0]
        sent = path + json.dumps(fill_in(step.body, variables), default=str)
        names_customer = str(variables["customer"]) in sent or "$" in path
        is_shown = answer.is_success and str(variables["customer"]) in answer.text
        if step.method == "GET":
            is_let_in = "$customer" in path and answer.status_code not in TURNED_AWAY
        elif names_customer:
            is_let_in = answer.status_code not in TURNED_AWAY
        else:
            is_let_in = answer.is_success and path not in CALCULATORS
        if is_shown or is_let_in or answer.is_server_error:
            self.leaks.append(f"{step.by} {step.request}: {answer.status_code} {answer.text[:200]}")

    async def _compare_own(self, step: ScenarioStep, variables: Variables) -> None:
        """Note where a token of the customer with a role of the staff is shown more than the customer is."""
        own = UUID(str(variables["customer"]))
        by_role = {role: await self._send_as(Caller(role, own), step, variables) for role in Role}
        answers = {role: (answer.status_code, _shown_text(answer)) for role, answer in by_role.items()}
        if len(set(answers.values())) > 1:
            self.leaks.append(f"{step.request} differs by role: {answers}")


def _shown_text(answer: httpx.Response) -> str:
    """Return what is shown but for the actions open to the reader, which differ by role."""
    return re.sub(r'"actions":\[[^]]*\]', "", answer.text) if answer.is_success else ""


@pytest.fixture(scope="session")
def tried_routes() -> set[str]:
    """The routes that the scenarios of this process have met."""
    return set()


@every_scenario
async def test_a_stranger_is_shown_nothing_and_changes_nothing(
    service: str, name: str, start_player: StartPlayer, tried_routes: set[str]
) -> None:
    player = await start_player(service)
    intruded = IntrudedPlayer(player.service, player.runtime, player.client, player.headers, player.clock)
    intruded.tried_routes = tried_routes

    await intruded.play(name, scenarios(service)[name])

    assert intruded.leaks == []
    assert intruded.problems == []
