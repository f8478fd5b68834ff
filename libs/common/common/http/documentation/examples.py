"""Examples of requests and their answers in a service's OpenAPI document, written down by `make examples`."""

# `examples.jsonl` beside the service's package is build output: scenarios under tests/examples are played over the
# service, and one answer and one refusal of each operation are kept, a line each.

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import BaseModel, JsonValue


class Example(BaseModel):
    """A request with its answer, ids and secrets replaced by stable ones."""

    name: str
    """Of the scenario it was played in."""
    summary: str
    method: str
    path: str
    """Below /<service>/v1."""
    body: JsonValue = None
    status: int
    answer: JsonValue = None

    @property
    def is_refusal(self) -> bool:
        return self.status >= HTTPStatus.BAD_REQUEST


def get_examples_path(service: str) -> Path:
    spec = find_spec(service)
    if spec is None or spec.origin is None:
        raise LookupError(f"There is no package {service}.")
    return Path(spec.origin).parent / "examples.jsonl"


def read_examples(service: str) -> list[Example]:
    """Read the examples of a service; one without a package of its own has none."""
    try:
        lines = get_examples_path(service).read_text(encoding="utf-8").splitlines()
    except (LookupError, FileNotFoundError):
        return []
    return [Example.model_validate_json(line) for line in lines]


class PathTemplates:
    """The paths of an OpenAPI document, and which of them an address belongs to."""

    def __init__(self, document: Mapping[str, Any], root: str) -> None:
        self._root = root
        self._paths = sorted(document["paths"], key=lambda path: path.count("{"))

    @cached_property
    def _patterns(self) -> Sequence[tuple[str, re.Pattern[str]]]:
        return [(path, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))) for path in self._paths]

    def find_template(self, address: str) -> str | None:
        """Find the path with the fewest parameters that `address` fits."""
        full_path = self._root + address.partition("?")[0]
        return next((path for path, pattern in self._patterns if pattern.fullmatch(full_path)), None)


def select_examples(document: Mapping[str, Any], service: str, examples: Sequence[Example]) -> Iterator[Example]:
    """Select the first answer and the first refusal of each operation."""
    paths = PathTemplates(document, f"/{service}/v1")
    selected: set[tuple[str | None, str, bool]] = set()
    for example in examples:
        operation = paths.find_template(example.path), example.method, example.is_refusal
        if operation not in selected:
            selected.add(operation)
            yield example


def add_examples(document: Mapping[str, Any], service: str) -> None:
    """Put the service's examples into its OpenAPI document."""
    paths = PathTemplates(document, f"/{service}/v1")
    for example in read_examples(service):
        operation = document["paths"].get(paths.find_template(example.path), {}).get(example.method)
        if operation is not None:
            _add_to_operation(operation, example)


def _add_to_operation(operation: dict[str, Any], example: Example) -> None:
    if example.body is not None and not example.is_refusal:
        content = operation["requestBody"]["content"].setdefault("application/json", {})
        content.setdefault("examples", {})[example.name] = {"summary": example.summary, "value": example.body}
    if example.answer is not None:
        media_type = "application/problem+json" if example.is_refusal else "application/json"
        response = operation["responses"].setdefault(str(example.status), {"description": _title(example)})
        content = response.setdefault("content", {}).setdefault(media_type, {})
        content.setdefault("examples", {})[example.name] = {"summary": example.summary, "value": example.answer}


def _title(example: Example) -> str:
    return str(example.answer.get("title", "")) if isinstance(example.answer, dict) else ""
