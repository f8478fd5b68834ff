"""Every address asks who is there, and says what it does."""

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from importlib import import_module
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from common.app import create_app
from common.http.documentation.openapi import to_operation_id
from common.http.request_scope import RequireRole, UnitOfWorkRoute
from common.service import ServiceDefinition
from common.settings import Settings

SERVICES = ("catalog", "engagement", "feedback", "reporting", "sla")

PUBLIC = {
    ("feedback", "read_question"),  # a respondent has a secret link instead of a token
    ("feedback", "answer_question"),
    ("feedback", "show_question"),  # the same for browsers
    ("feedback", "record_sent_answer"),
    ("sla", "list_statement_keys"),  # whoever was handed a statement can check who signed it
}
"""Addresses of the rooms that need no authentication, each with its reason."""


@pytest.fixture(scope="module", params=SERVICES)
def service(request: pytest.FixtureRequest) -> ServiceDefinition:
    definition: ServiceDefinition = import_module(f"{request.param}.main").service()
    return definition


def routes(service: ServiceDefinition) -> list[APIRoute]:
    """Of the rooms; health, metrics and the like have their own tests."""
    return [route for router in service.routers for route in router.routes if isinstance(route, APIRoute)]


def dependencies(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from dependencies(inner)


def test_there_are_routes_to_look_at_and_nothing_hides_behind_them(service: ServiceDefinition) -> None:
    assert routes(service)
    assert len(routes(service)) == sum(len(router.routes) for router in service.routers)


def test_the_address_of_what_was_created_is_sent_where_it_is_documented(service: ServiceDefinition) -> None:
    documented, sent = set(), set()
    app = create_app(service, Settings())
    for path, operations in app.openapi()["paths"].items():
        headers = operations.get("post", {}).get("responses", {}).get("201", {}).get("headers", {})
        documented |= {path} if "Location" in headers else set()
    for route in routes(service):
        if isinstance(route, UnitOfWorkRoute) and route.status_code == HTTPStatus.CREATED and route.item_path:
            sent.add(f"/{service.name}/v1{route.path_format}")
    assert sent == documented


def test_every_route_asks_who_is_there_unless_it_is_public_by_name(service: ServiceDefinition) -> None:
    open_to_all = {
        (service.name, route.name)
        for route in routes(service)
        if not any(isinstance(dependency, RequireRole) for dependency in dependencies(route.dependant))
    }
    assert open_to_all == {name for name in PUBLIC if name[0] == service.name}


def test_every_route_goes_through_the_door(service: ServiceDefinition) -> None:
    assert not [route.path for route in routes(service) if not isinstance(route, UnitOfWorkRoute)]


def test_everything_that_changes_something_says_what_it_does(service: ServiceDefinition) -> None:
    changing = [route for route in routes(service) if route.methods & {"POST", "PUT", "PATCH", "DELETE"}]
    silent = [
        route.path for route in changing if not route.description.strip() and route.summary in {None, "", route.name}
    ]
    assert not silent


def test_every_route_has_a_name_of_its_own(service: ServiceDefinition) -> None:
    names = [route.name for route in routes(service)]
    assert sorted(names) == sorted(set(names))


def test_every_answer_has_a_shape_or_is_none(service: ServiceDefinition) -> None:
    shapeless = [
        route.path
        for route in routes(service)
        if route.response_model is None and route.status_code != 204 and "Response" not in str(route.response_class)
    ]
    assert not shapeless


def test_each_operation_has_a_camel_case_id_of_its_own_and_a_short_summary(service: ServiceDefinition) -> None:
    ids = [to_operation_id(route) for route in routes(service)]

    assert len(set(ids)) == len(ids)
    assert not [name for name in ids if not name.isalnum() or not name[0].islower()]
    assert not [route.name for route in routes(service) if not route.summary or len(route.summary) > 60]


def test_a_schema_has_the_same_name_in_every_service() -> None:
    schemas = [
        (name, json.dumps(_without_texts(schema), sort_keys=True))
        for service in SERVICES
        for name, schema in _load_schemas(service).items()
    ]
    shapes_by_name = {name: {shape for schema_name, shape in schemas if schema_name == name} for name, _ in schemas}
    assert not {name for name, shapes in shapes_by_name.items() if len(shapes) > 1}


def test_no_schema_is_called_by_two_names_in_two_services() -> None:
    names_by_shape: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for service in SERVICES:
        for name, schema in _load_schemas(service).items():
            names_by_shape[json.dumps(_without_texts(schema), sort_keys=True)].add((service, name))
    shared = [names for names in names_by_shape.values() if len({service for service, _ in names}) > 1]
    assert shared
    assert not [names for names in shared if len({name for _, name in names}) > 1]


@cache
def _load_schemas(service: str) -> dict[str, Any]:
    definition = import_module(f"{service}.main").service()
    schemas: dict[str, Any] = create_app(definition, Settings(environment="test")).openapi()["components"]["schemas"]
    return schemas


def _without_texts(schema: Any) -> Any:
    """Leave what a schema says to people out, so that only the shape is compared."""
    if isinstance(schema, dict):
        texts = {"title", "description", "examples", "example"}
        return {key: _without_texts(value) for key, value in schema.items() if key not in texts}
    return [_without_texts(item) for item in schema] if isinstance(schema, list) else schema
