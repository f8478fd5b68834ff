"""What the OpenAPI documents say of requests and answers is true of every example."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import JsonValue

from common.http.documentation.examples import Example, PathTemplates, read_examples
from tests.examples.conftest import SERVICES, openapi

Json = dict[str, Any]


@pytest.fixture(params=SERVICES)
def document(request: pytest.FixtureRequest) -> Json:
    return openapi(request.param)


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_examples_have_the_shapes_that_are_documented(document: Json) -> None:
    wrong: list[str] = []
    service = next(iter(document["paths"])).split("/")[1]
    paths = PathTemplates(document, f"/{service}/v1")
    for example in read_examples(service):
        operation = document["paths"][paths.find_template(example.path)][example.method]
        wrong += _differences(document, operation, example)
    assert not wrong, "\n".join(wrong)


def _differences(document: Json, operation: Json, example: Example) -> Iterator[str]:
    answer = operation["responses"].get(str(example.status), operation["responses"].get("default"))
    if answer is None:
        yield f"{example.name}: {example.status} is not documented"
        return
    if example.answer is not None:
        yield from _misfits(document, answer, example.answer, f"{example.name}, answer")
    if example.body is not None and example.status < HTTPStatus.BAD_REQUEST:
        yield from _misfits(document, operation["requestBody"], example.body, f"{example.name}, body")


def _misfits(document: Json, part: Json, value: JsonValue, where: str) -> Iterator[str]:
    (content,) = [content for kind, content in part["content"].items() if kind.endswith("json")]
    if "schema" not in content:
        yield f"{where}: it has no schema"
        return
    schema = {"$ref": "#/schema", "schema": content["schema"], "components": document["components"]}
    for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value):
        yield f"{where}: {error.json_path}: {error.message[:200]}"


def test_every_operation_says_how_it_refuses(document: Json) -> None:
    for path, method, operation in operations(document):
        answers = operation["responses"]
        if "default" in answers:
            continue
        statuses = {"503"} | ({"401", "403"} if operation.get("security") else set())
        statuses |= {"404"} if "{" in path else set()
        statuses |= {"400", "413", "415", "422"} if "requestBody" in operation else set()
        assert statuses <= answers.keys(), f"{method} {path}"
        for status, answer in answers.items():
            assert (int(status) < HTTPStatus.BAD_REQUEST) != ("application/problem+json" in answer.get("content", {}))


def test_a_document_says_where_and_how_to_ask(document: Json) -> None:
    assert "rapport token" in document["info"]["description"]
    assert document["servers"][0]["url"] == "/"
    public = [path for path, _, operation in operations(document) if operation["security"] == []]
    assert {path.rpartition("/")[0] for path in public} <= {"/feedback/v1/answers", "/sla/v1"}, public


def test_what_is_created_and_can_be_read_says_where(document: Json) -> None:
    documented = {path for path, method, operation in operations(document) if "Location" in _headers(operation)}
    reads = [path for path, method, _ in operations(document) if method == "get"]
    collections = {path.rpartition("/{")[0] for path in reads if path.endswith("}")}
    posts = [(path, operation) for path, method, operation in operations(document) if method == "post"]
    creating = {path for path, operation in posts if "201" in operation["responses"]}
    assert documented == creating & collections


def _headers(operation: Json) -> Json:
    headers: Json = operation["responses"].get("201", {}).get("headers", {})
    return headers


def test_changes_name_the_version_they_change_and_additions_can_be_repeated(document: Json) -> None:
    for path, method, operation in operations(document):
        headers = {
            parameter["name"]: parameter["required"]
            for parameter in operation["parameters"]
            if parameter["in"] == "header"
        }
        assert headers.get("If-Match", True), f"{method} {path}"
        assert ("Idempotency-Key" in headers) == (method == "post"), f"{method} {path}"
