"""Whatever an example shows of one customer, another customer is not shown, and cannot change."""

from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

import httpx
from pydantic import JsonValue

from common.http.examples import ScenarioStep
from common.ids import new_id
from common.testing.scenarios import ScenarioPlayer
from tests.examples.conftest import Tellers, every_story, stories

TURNED_AWAY = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


@dataclass
class Intruded(ScenarioPlayer):
    """Before each step a stranger asks for the same."""

    stranger: UUID = field(default_factory=new_id)
    seen: list[str] = field(default_factory=list)

    async def _asked(self, step: ScenarioStep, known: dict[str, JsonValue]) -> httpx.Response:
        if step.by != "nobody" and "customer" in known:
            await self._intrude(step, known)
        return await super()._asked(step, known)

    async def _intrude(self, step: ScenarioStep, known: dict[str, JsonValue]) -> None:
        theirs = step.model_copy(update={"by": "customer mallory"})
        answer = await super()._asked(theirs, known | {"customer": str(self.stranger)})
        reading = step.method == "GET"
        if reading and str(known["customer"]) in answer.text:
            self.seen.append(f"{step.request} showed {answer.text[:200]}")
        if not reading and "$" in step.path and answer.status_code not in TURNED_AWAY:
            self.seen.append(f"{step.request} was answered {answer.status_code} {answer.text[:200]}")


@every_story
async def test_a_stranger_is_shown_nothing_and_changes_nothing(service: str, name: str, teller: Tellers) -> None:
    told = await teller(service)
    intruded = Intruded(told.service, told.runtime, told.client, told.headers, told.clock)
    differences = await intruded.play(stories(service)[name])
    assert intruded.seen == []
    assert [said for said in differences if ": 40" in said or ": 5" in said] == []
