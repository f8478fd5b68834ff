"""In answers, an object with the name stands beside every id of a customer, offering or service, and of a person."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel

from common.app import create_app
from common.names.references import list_look_ups
from common.service import ServiceDefinition
from common.settings import Settings
from tests.architecture.test_routes import SERVICES, routes

ID = re.compile(r"(?P<noun>customer|offering|service|person)_id(?P<plural>s?)")

WITHOUT_NAMES = {
    ("sla", "IncidentMeasure"): "a part of the registration of an improvement, which is kept as it was written",
    ("sla", "StatementView"): "each of its fields repeats the signed document, which is checked offline",
    ("sla", "SatisfactionMeasure"): "a part of the registration of an improvement, which is kept as it was written",
}
"""Schemas of answers whose ids have no names beside them, each with its reason."""


@pytest.fixture(scope="module", params=SERVICES)
def service(request: pytest.FixtureRequest) -> ServiceDefinition:
    definition: ServiceDefinition = import_module(f"{request.param}.main").service()
    return definition


def test_a_name_stands_beside_every_id(service: ServiceDefinition) -> None:
    nameless = {
        (service.name, schema): missing
        for schema, properties in _list_answer_schemas(service.name)
        if (missing := _list_missing(properties))
    }
    assert nameless.keys() == {key for key in WITHOUT_NAMES if key[0] == service.name}, nameless


def test_a_service_knows_where_the_names_in_its_answers_come_from(service: ServiceDefinition) -> None:
    models = [route.response_model for route in routes(service) if isinstance(route.response_model, type)]
    kinds = {look_up.kind for model in models if issubclass(model, BaseModel) for look_up in list_look_ups(model)}
    assert kinds <= service.name_sources.keys()


def _list_missing(properties: dict[str, Any]) -> set[str]:
    """List the fields that are missing: `customer` beside `customer_id`, `services` beside `service_ids`."""
    matches = [match for name in properties if (match := ID.fullmatch(name))]
    return {match["noun"] + match["plural"] for match in matches} - properties.keys()


@cache
def _list_answer_schemas(service: str) -> list[tuple[str, dict[str, Any]]]:
    definition = import_module(f"{service}.main").service()
    document = create_app(definition, Settings(environment="test")).openapi()
    schemas, names = document["components"]["schemas"], set[str]()
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    _collect_schemas(answer, schemas, names)
    assert names
    return [(name, schemas[name].get("properties", {})) for name in sorted(names)]


def _collect_schemas(part: Any, schemas: dict[str, Any], names: set[str]) -> None:
    for name in set(_references_in(part)) - names:
        names.add(name)
        _collect_schemas(schemas[name], schemas, names)


def _references_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].rpartition("/")[2]
        for value in part.values():
            yield from _references_in(value)
    elif isinstance(part, list):
        for item in part:
            yield from _references_in(item)
