"""Scenarios: YAML files of steps that are played over a real service, and make the examples of its OpenAPI document."""

# A step is a request, an event of another service, time that passes, a periodic job, or a named set-up of several
# steps. `$names` stand for variables of the scenario, or for what a step has saved from an answer.

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx
import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, model_validator

from common.http.conventions.entity_tags import NOT_MODIFIED
from common.http.documentation.examples import Example
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.testing.fake_issuer import FakeClock
from common.views import Instant
from published.event import registered_events

_VARIABLE = re.compile(r"\$([a-z_]+)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_GENERATED_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}")
_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)
SHORTEST_SECRET = 16
_ALWAYS_GENERATED = frozenset({"created_at", "next", "request_id", "instance"})
"""Fields whose values come from the machine's clock, or are made of ids."""

Variables = Mapping[str, JsonValue]


class _ScenarioPart(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScenarioStep(_ScenarioPart):
    """One of request, event, wait, job and setup."""

    request: str | None = None
    """`POST /agreements/$agreement/proposals`, below /<service>/v1."""
    event: str | None = None
    """The class of an event; its fields are the `body`."""
    wait: str | None = None
    """An ISO 8601 duration that passes."""
    job: str | None = None
    """The name of a periodic job that runs."""
    setup: str | None = None
    """The name of steps in `setups.yaml`."""
    summary: str = ""
    by: str = Field(default="manager", alias="as")
    """A role, `customer` for the scenario's `$customer`, or nobody."""
    headers: dict[str, str] = {}
    body: JsonValue = None
    content: str | None = None
    """Instead of a body, bytes in hexadecimal; `headers` say what they are."""
    status: int = 200
    save: dict[str, str] = {}
    """Variable and dotted path in the answer; `etag` is saved by itself."""

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if sum(kind is not None for kind in (self.request, self.event, self.wait, self.job, self.setup)) != 1:
            raise ValueError("a step is one of request, event, wait, job and setup")
        return self

    @property
    def method(self) -> str:
        return (self.request or "").partition(" ")[0]

    @property
    def path(self) -> str:
        return (self.request or "").partition(" ")[2]


class Scenario(_ScenarioPart):
    title: str
    at: Instant
    variables: dict[str, JsonValue] = {}
    random: frozenset[str] = frozenset()
    """Names of fields that are generated anew each time: secrets, links, signatures."""
    steps: list[ScenarioStep]


def load_scenarios(folder: Path) -> dict[str, Scenario]:
    """Load the scenarios of a service by the names of their files, with set-ups replaced by their steps."""
    documents = {path.stem: _load_yaml(path) for path in sorted(folder.glob("*.yaml"))}
    steps = TypeAdapter(dict[str, list[ScenarioStep]])
    setups = steps.validate_python(documents.pop("setups", {}))
    scenarios = {name: Scenario.model_validate(document) for name, document in documents.items()}
    for scenario in scenarios.values():
        scenario.steps = [inner for step in scenario.steps for inner in (setups[step.setup] if step.setup else [step])]
    return scenarios


def _load_yaml(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506 - it is safe


def fill_in(value: JsonValue, variables: Variables) -> Any:
    """Replace the `$names` in `value`; a text that is nothing but a name becomes the variable, of any type."""
    if isinstance(value, str):
        variable = _VARIABLE.fullmatch(value)
        if variable and variable[1] in variables:
            return variables[variable[1]]
        return _VARIABLE.sub(lambda name: str(variables.get(name[1], name[0])), value)
    if isinstance(value, list):
        return [fill_in(item, variables) for item in value]
    if isinstance(value, dict):
        return {name: fill_in(item, variables) for name, item in value.items()}
    return value


def extract_variables(step: ScenarioStep, answer: JsonValue) -> dict[str, JsonValue]:
    """Take from an answer what the step saves. Raise LookupError when it is not there."""
    variables: dict[str, JsonValue] = {}
    for name, path in step.save.items():
        value: Any = answer
        for key in path.split("."):
            value = value[int(key)] if isinstance(value, list) else value[key]
        variables[name] = value
    return variables


@dataclass
class Stabiliser:
    """Replaces what is generated anew in each run by values that are the same in every run."""

    scenario: Scenario
    ids: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    """Texts generated at random, which may return in a later address, and what stands for them."""

    def __post_init__(self) -> None:
        self.ids |= {text: text for text in _GENERATED_ID.findall(str(self.scenario.model_dump(mode="json")))}

    def stabilise(self, value: JsonValue, name: str = "") -> JsonValue:
        if isinstance(value, dict):
            return {key: self.stabilise(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.stabilise(item, name) for item in value]
        if not isinstance(value, str):
            return value
        if name == "created_at" or (name in self.scenario.random and _INSTANT.match(value)):
            return self.scenario.at.isoformat().replace("+00:00", "Z")
        if name in self.scenario.random | _ALWAYS_GENERATED:
            if len(value) >= SHORTEST_SECRET:
                self.secrets[value] = f"<{name}>"
            return f"<{name}>"
        for secret, placeholder in self.secrets.items():
            value = value.replace(secret, placeholder)
        return _GENERATED_ID.sub(lambda match: self._get_stable(match[0]), value)

    def _get_stable(self, generated: str) -> str:
        if generated not in self.ids:
            number = len(self.ids) + 1
            is_id = "-" in generated
            self.ids[generated] = f"01900000-0000-7000-8000-{number:012x}" if is_id else f"{number:064x}"
        return self.ids[generated]


@dataclass
class ScenarioPlayer:
    service: ServiceDefinition
    runtime: Runtime
    client: httpx.AsyncClient
    headers: Callable[..., dict[str, str]]
    clock: FakeClock
    problems: list[str] = field(default_factory=list)
    """Steps that were answered with another status than the scenario says."""

    async def play(self, name: str, scenario: Scenario) -> list[Example]:
        """Play all steps, and return an example of each request."""
        self.clock.now = scenario.at
        variables: dict[str, JsonValue] = dict(scenario.variables)
        stabiliser = Stabiliser(scenario)
        examples: list[Example] = []
        for step in scenario.steps:
            if step.request is None:
                await self._apply(step, variables)
                continue
            response = await self._send(step, variables)
            if response.status_code != step.status:
                self.problems.append(f"{name}, {step.request}: {response.status_code}: {response.text[:400]}")
                return examples
            await self._check_location(step, variables, response)
            await self._check_tag(step, response)
            answer = (
                response.json() if "json" in response.headers.get("content-type", "") and response.content else None
            )
            examples.append(
                Example(
                    name=f"{name}-{len(examples) + 1}",
                    summary=step.summary or scenario.title,
                    method=step.method.lower(),
                    path=str(stabiliser.stabilise(fill_in(step.path, variables))),
                    body=stabiliser.stabilise(fill_in(step.body, variables)),
                    status=step.status,
                    answer=stabiliser.stabilise(answer),
                )
            )
            variables |= extract_variables(step, answer)
            variables["etag"] = response.headers.get("etag", variables.get("etag"))
        return examples

    async def _send(self, step: ScenarioStep, variables: Variables) -> httpx.Response:
        headers = self._credentials(step, variables) | {
            name: fill_in(text, variables) for name, text in step.headers.items()
        }
        options: dict[str, Any] = {}
        if step.content is not None:
            options["content"] = bytes.fromhex(step.content)
        elif step.body is not None:
            options["json"] = fill_in(step.body, variables)
        return await self.client.request(step.method, fill_in(step.path, variables), headers=headers, **options)

    async def _check_location(self, step: ScenarioStep, variables: Variables, response: httpx.Response) -> None:
        """Check that what was created is found at the address that the answer names."""
        location = response.headers.get("location")
        if location is None:
            return
        reading = await self.client.get(response.request.url.join(location), headers=self._credentials(step, variables))
        if not reading.is_success:
            self.problems.append(f"{step.request}: {location} is answered {reading.status_code}")
        elif reading.json().get("id") != response.json().get("id"):
            self.problems.append(f"{step.request}: {location} is the address of something else")

    async def _check_tag(self, step: ScenarioStep, response: httpx.Response) -> None:
        """Check that a document that was read is not sent again to those who have it."""
        is_document = "json" in response.headers.get("content-type", "") and response.is_success
        if step.method != "GET" or not is_document:
            return
        condition = {"If-None-Match": response.headers.get("etag", "none")}
        again = await self.client.get(response.request.url, headers=dict(response.request.headers) | condition)
        if again.status_code != NOT_MODIFIED:
            self.problems.append(f"{step.request}: what is held already is answered {again.status_code}")

    def _credentials(self, step: ScenarioStep, variables: Variables) -> dict[str, str]:
        role, _, subject = step.by.partition(" ")
        if role == "nobody":
            return {}
        customer = UUID(str(variables["customer"])) if role == "customer" else None
        return self.headers(role, customer, subject or None)

    async def _apply(self, step: ScenarioStep, variables: Variables) -> None:
        """Let time pass, run a periodic job, or receive an event."""
        if step.wait is not None:
            self.clock.advance(_DURATION.validate_python(step.wait))
        elif step.job is not None:
            job = next(job for job in self.service.periodic_jobs if job.name == step.job)
            await job.run(self.runtime)
        else:
            events = {event.type_name: event for event in registered_events().values()}
            event = events[str(step.event)].model_validate(fill_in(step.body, variables))
            async with self.runtime.begin() as work:
                await self.service.subscriptions[type(event)].apply(work, event)
