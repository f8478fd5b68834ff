"""Examples of requests and their answers: stories in a service's folder `examples`, shown in OpenAPI, told by tests."""

# A story is a YAML file of steps: a request, an event another service told, time that passes, a duty done. `$names`
# stand for what the story gives or has kept from an answer.

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from common.views import Instant

_NAME = re.compile(r"\$([a-z_]+)")
Variables = Mapping[str, JsonValue]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScenarioStep(_Part):
    """One of request, told, later, duty."""

    request: str | None = None
    """`POST /agreements/$agreement/proposals`, below /<service>/v1."""
    told: str | None = None
    """The class of an event; its fields are the `body`."""
    later: str | None = None
    """An ISO 8601 duration that passes."""
    duty: str | None = None
    """The name of a duty that is done."""
    says: str = ""
    by: str = Field(default="manager", alias="as")
    """A role, `customer` for the story's `$customer`, or nobody."""
    headers: dict[str, str] = {}
    body: JsonValue = None
    content: str | None = None
    """Instead of a body, bytes in hexadecimal; `headers` say what they are."""
    status: int = 200
    answer: JsonValue = None
    keep: dict[str, str] = {}
    """Name and dotted place in the answer; `etag` is kept by itself."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if sum(one is not None for one in (self.request, self.told, self.later, self.duty)) != 1:
            raise ValueError("a step is one of request, told, later and duty")
        return self

    @property
    def method(self) -> str:
        return (self.request or "").partition(" ")[0]

    @property
    def path(self) -> str:
        return (self.request or "").partition(" ")[2]


class Scenario(_Part):
    title: str
    at: Instant
    given: dict[str, JsonValue] = {}
    random: frozenset[str] = frozenset()
    """Names of fields that are drawn anew each time: secrets, links, signatures."""
    steps: list[ScenarioStep]


class Example(BaseModel):
    """One request with its answer, every name replaced by what it stood for."""

    name: str
    says: str
    method: str
    path: str
    body: JsonValue
    status: int
    answer: JsonValue


def examples_folder(service: str) -> Path | None:
    """Beside the service's own package, where it has one."""
    spec = find_spec(service)
    return Path(spec.origin).parent / "examples" if spec and spec.origin else None


def load_scenarios(service: str) -> dict[str, Scenario]:
    """By the name of the file, in its order."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    folder = examples_folder(service)
    files = sorted(folder.glob("*.yaml")) if folder else []
    return {
        file.stem: Scenario.model_validate(yaml.load(file.read_text(encoding="utf-8"), loader))  # noqa: S506 - it is safe
        for file in files
    }


def fill_in(value: JsonValue, known: Variables) -> Any:
    """`value` with its `$names` replaced; a text that is nothing but a name becomes what is known, of any type."""
    if isinstance(value, str):
        whole = _NAME.fullmatch(value)
        if whole and whole[1] in known:
            return known[whole[1]]
        return _NAME.sub(lambda found: str(known.get(found[1], found[0])), value)
    if isinstance(value, list):
        return [fill_in(one, known) for one in value]
    if isinstance(value, dict):
        return {name: fill_in(one, known) for name, one in value.items()}
    return value


def extract_variables(step: ScenarioStep, answer: JsonValue) -> dict[str, JsonValue]:
    """What the step takes from an answer. Raise LookupError when it is not there."""
    found: dict[str, JsonValue] = {}
    for name, place in step.keep.items():
        value: Any = answer
        for key in place.split("."):
            value = value[int(key)] if isinstance(value, list) else value[key]
        found[name] = value
    return found


def list_examples(name: str, story: Scenario) -> Iterator[Example]:
    """Each request of the story as it was recorded."""
    known: dict[str, JsonValue] = dict(story.given)
    for number, step in enumerate(story.steps):
        if step.request is not None:
            yield Example(
                name=f"{name}-{number + 1}",
                says=step.says or story.title,
                method=step.method.lower(),
                path=str(fill_in(step.path, known)),
                body=fill_in(step.body, known),
                status=step.status,
                answer=step.answer,
            )
            if step.keep:
                known |= extract_variables(step, step.answer)


class PathTemplates:
    """The paths of an OpenAPI document, and which of them an address is of."""

    def __init__(self, document: Mapping[str, Any], root: str) -> None:
        self._root = root
        self._paths = sorted(document["paths"], key=lambda path: path.count("{"))

    @cached_property
    def _patterns(self) -> Sequence[tuple[str, re.Pattern[str]]]:
        return [(path, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))) for path in self._paths]

    def find_template(self, address: str) -> str | None:
        """The most literal one that fits."""
        wanted = self._root + address.partition("?")[0]
        return next((path for path, pattern in self._patterns if pattern.fullmatch(wanted)), None)


def add_examples(document: Mapping[str, Any], service: str) -> None:
    """Put the service's examples into its OpenAPI document."""
    paths = PathTemplates(document, f"/{service}/v1")
    for name, story in load_scenarios(service).items():
        for example in list_examples(name, story):
            _show(document, paths, example)


def _show(document: Mapping[str, Any], paths: PathTemplates, example: Example) -> None:
    operation = document["paths"].get(paths.find_template(example.path), {}).get(example.method)
    if operation is None:
        return
    if example.body is not None:
        content = operation["requestBody"]["content"].setdefault("application/json", {})
        content.setdefault("examples", {})[example.name] = {"summary": example.says, "value": example.body}
    if example.answer is not None:
        kind = "application/json" if example.status < 400 else "application/problem+json"  # noqa: PLR2004
        response = operation["responses"].setdefault(str(example.status), {"description": _title(example)})
        content = response.setdefault("content", {}).setdefault(kind, {})
        content.setdefault("examples", {})[example.name] = {"summary": example.says, "value": example.answer}


def _title(example: Example) -> str:
    return str(example.answer.get("title", "")) if isinstance(example.answer, dict) else ""
