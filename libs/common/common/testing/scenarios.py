"""Tells the stories of `common.examples` over a real service, and compares what comes with what was recorded."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from pydantic import JsonValue, TypeAdapter

from common.http.examples import Scenario, ScenarioStep, extract_variables, fill_in
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.testing.fake_issuer import FakeClock
from published.event import registered_events

GENERATED_FIELDS = frozenset({"created_at", "next", "request_id", "instance"})
"""Fields whose values come from the machine's clock, or are made of ids."""
_DRAWN_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}")
_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)


@dataclass
class AnswerComparison:
    """Whether two documents say the same, where ids and hashes are drawn anew: each stands for one other, always."""

    random: frozenset[str]
    pairs: dict[str, str] = field(default_factory=dict)

    def find_difference(self, recorded: JsonValue, found: JsonValue, place: str = "answer") -> str | None:
        """In words; None if there is none."""
        if isinstance(recorded, dict) and isinstance(found, dict):
            return self._of_objects(recorded, found, place)
        if isinstance(recorded, list) and isinstance(found, list) and len(recorded) == len(found):
            pairs = enumerate(zip(recorded, found, strict=True))
            return next((said for i, pair in pairs if (said := self.find_difference(*pair, f"{place}.{i}"))), None)
        if isinstance(recorded, str) and isinstance(found, str):
            same = self._alike(recorded, found)
        else:
            same = type(recorded) is type(found) and recorded == found
        return None if same else f"{place}: {recorded!r} was recorded, {found!r} came"

    def _of_objects(self, recorded: dict[str, Any], found: dict[str, Any], place: str) -> str | None:
        if recorded.keys() != found.keys():
            return f"{place}: the fields differ: {sorted(recorded.keys() ^ found.keys())}"
        compared = (name for name in recorded if name not in self.random)
        differences = (self.find_difference(recorded[name], found[name], f"{place}.{name}") for name in compared)
        return next((said for said in differences if said), None)

    def _alike(self, recorded: str, found: str) -> bool:
        drawn = zip(_DRAWN_TEXT.findall(recorded), _DRAWN_TEXT.findall(found), strict=False)
        return _DRAWN_TEXT.sub("", recorded) == _DRAWN_TEXT.sub("", found) and all(
            self.pairs.setdefault(old, new) == new for old, new in drawn
        )


@dataclass
class ScenarioPlayer:
    service: ServiceDefinition
    runtime: Runtime
    client: httpx.AsyncClient
    headers: Callable[..., dict[str, str]]
    clock: FakeClock

    async def play(self, story: Scenario, *, record: bool = False) -> list[str]:
        """What came differently from what was recorded; with `record`, write what came into the story instead."""
        self.clock.now = story.at
        known: dict[str, JsonValue] = dict(story.given)
        likeness = AnswerComparison(story.random | GENERATED_FIELDS)
        found: list[str] = []
        for number, step in enumerate(story.steps):
            if step.request is None:
                await self._happens(step, known)
                continue
            answer = await self._asked(step, known)
            document = answer.json() if "json" in answer.headers.get("content-type", "") and answer.content else None
            if record:
                step.status, step.answer = answer.status_code, document
            elif answer.status_code != step.status:
                found.append(f"step {number + 1}, {step.request}: {answer.status_code}: {answer.text[:400]}")
                break
            elif said := likeness.find_difference(step.answer, document):
                found.append(f"step {number + 1}, {step.request}: {said}")
            try:
                known |= extract_variables(step, document)
            except (LookupError, TypeError):
                return [*found, f"step {number + 1}, {step.request}: nothing to keep in {answer.text[:400]}"]
            known["etag"] = answer.headers.get("etag", known.get("etag"))
        return found

    async def _asked(self, step: ScenarioStep, known: dict[str, JsonValue]) -> httpx.Response:
        headers = self._credentials(step, known) | {name: fill_in(text, known) for name, text in step.headers.items()}
        options: dict[str, Any] = {}
        if step.content is not None:
            options["content"] = bytes.fromhex(step.content)
        elif step.body is not None:
            options["json"] = fill_in(step.body, known)
        return await self.client.request(step.method, fill_in(step.path, known), headers=headers, **options)

    def _credentials(self, step: ScenarioStep, known: dict[str, JsonValue]) -> dict[str, str]:
        role, _, subject = step.by.partition(" ")
        if role == "nobody":
            return {}
        customer = UUID(str(known["customer"])) if role == "customer" else None
        return self.headers(role, customer, subject or None)

    async def _happens(self, step: ScenarioStep, known: dict[str, JsonValue]) -> None:
        if step.later is not None:
            self.clock.advance(_DURATION.validate_python(step.later))
        elif step.duty is not None:
            duty = next(one for one in self.service.periodic_jobs if one.name == step.duty)
            await duty.run(self.runtime)
        else:
            kinds = {kind.__name__: kind for kind in registered_events().values()}
            event = kinds[str(step.told)].model_validate(fill_in(step.body, known))
            async with self.runtime.begin() as work:
                await self.service.subscriptions[type(event)].apply(work, event)
