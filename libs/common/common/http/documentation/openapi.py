"""Completes a service's OpenAPI document: problems, preconditions, idempotency keys and examples."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from common.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from common.http.conventions.entity_tags import TAG_PATTERN
from common.http.documentation import examples
from common.http.documentation.schemas import tidy_schemas
from common.http.documentation.shared_answers import share_answers
from common.http.idempotency import MAX_KEY_LENGTH

PROBLEM_MEDIA_TYPE = "application/problem+json"
SCHEMA_REF_PREFIX = "#/components/schemas/"
FASTAPI_ERROR_SCHEMAS = ("HTTPValidationError", "ValidationError")
"""The schemas that FastAPI documents for an invalid request."""
ETAG = {"type": "string", "pattern": f"^{TAG_PATTERN}$", "examples": ['"3.7d0ab1c1b1f24f0c9b0a7e5d"', '"3"']}
ETAG_HEADER = {
    "description": "What the answer says, for If-None-Match; of an entity also its version, for If-Match.",
    "schema": {"type": "string"},
}
STILL_HOLDS = "What If-None-Match names still holds."
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeated request with the same key has no second effect and gets the same response.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
}

DESCRIPTION = """\
Send `Authorization: Bearer <token>`: people an access token of the installation's OpenID Connect issuer, monitors a key
that `POST /sla/v1/api-keys` has made. On a machine of your own, `rapport token --role manager` prints a token.

A refusal is a problem document (RFC 9457): `type` names the rule, `errors` the fields. Every answer has `X-Request-Id`.
Lists go on with `cursor`, which is `next` of the page before.
"""
LICENCE = {"name": "Apache 2.0", "identifier": "Apache-2.0"}
COMMON_TAGS = {"changes": "What happens, as it happens.", "access": "Who is asking, and what they may do."}
"""The parts that every service has."""
SERVERS = [{"url": "/", "description": "The installation that serves this document."}]

Json = dict[str, Any]


class FieldProblem(BaseModel):
    field: str = Field(description="The path of the field: `terms.objectives.0.target`.")
    message: str


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(description="The stable name of the broken rule.", examples=["/sla/v1/problems/four-eyes"])
    title: str = Field(description="The rule in words.")
    status: int
    detail: str = Field(description="What is wrong with this request.")
    errors: list[FieldProblem] = Field(default=[], description="The fields at fault, at most 50.")


def describe_tags(descriptions: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the descriptions of a service's parts, and of those that every service has."""
    return [{"name": name, "description": text} for name, text in {**descriptions, **COMMON_TAGS}.items()]


def to_operation_id(route: APIRoute) -> str:
    """Return the name of the route's function in camel case: `listOfferings`."""
    verb, *words = route.name.split("_")
    return verb + "".join(word.capitalize() for word in words)


def install(app: FastAPI, service: str) -> None:
    """Complete the document when it is first requested."""
    bare = app.openapi

    def complete() -> Json:
        if app.openapi_schema is None:
            document = bare()
            examples.add_examples(document, service)
            document_problems(document)
            share_answers(document)
            app.openapi_schema = tidy_schemas(document)
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]  # as FastAPI's documentation says to extend it


def document_problems(document: Json) -> None:
    """Document the problems that each operation may answer with."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in FASTAPI_ERROR_SCHEMAS:
        schemas.pop(name, None)
    _, definitions = models_json_schema([(Problem, "serialization")], ref_template=SCHEMA_REF_PREFIX + "{model}")
    schemas |= definitions["$defs"]
    for operations in document["paths"].values():
        for method, operation in operations.items():
            operation.setdefault("security", [])  # else tools ask for a token that a default could require
            _document_preconditions(method, operation)
            _document_answers(method, operation)
            _document_tags(method, operation)


def _document_preconditions(method: str, operation: Json) -> None:
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        if parameter["name"] == "If-Match":
            parameter |= {"required": True, "schema": ETAG}
    if method == "post":
        parameters.append(IDEMPOTENCY_KEY)


def _document_answers(method: str, operation: Json) -> None:
    """Add the problems, unless the operation documents a `default`: then its errors have a form of their own."""
    answers = operation["responses"]
    if "422" in answers and any(SCHEMA_REF_PREFIX + name in str(answers["422"]) for name in FASTAPI_ERROR_SCHEMAS):
        answers["422"].get("content", {}).pop("application/json", None)
    if "default" in answers:
        return
    for rule in _rules(method, operation):
        answer = answers.setdefault(str(rule.status), {})
        answer["description"] = rule.title()
        if "Retry-After" in rule.headers:
            answer["headers"] = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    for status, answer in answers.items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            content = answer.setdefault("content", {}).setdefault(PROBLEM_MEDIA_TYPE, {})
            content["schema"] = {"$ref": SCHEMA_REF_PREFIX + Problem.__name__}
    operation["responses"] = dict(sorted(answers.items()))


def _document_tags(method: str, operation: Json) -> None:
    """Document the ETag of what is read or changed, and 304 to those who hold what they read."""
    answers = operation["responses"]
    for status, answer in list(answers.items()):
        is_document = "application/json" in answer.get("content", {})
        if status in {"200", "201"} and is_document:
            answer.setdefault("headers", {})["ETag"] = ETAG_HEADER
            if method == "get":
                answers["304"] = {"description": STILL_HOLDS, "headers": {"ETag": ETAG_HEADER}}
    operation["responses"] = dict(sorted(answers.items()))


def _rules(method: str, operation: Mapping[str, Any]) -> Iterator[type[DomainError]]:
    parameters = operation["parameters"]
    names = {parameter["name"] for parameter in parameters}
    if operation.get("security"):
        yield from (Unauthenticated, Forbidden)
    if "requestBody" in operation or any(parameter["in"] == "path" for parameter in parameters):
        yield NotFound
    if method != "get":
        yield Conflict
    if "If-Match" in names:
        yield from (PreconditionFailed, PreconditionRequired)
    if "requestBody" in operation:
        yield from (TooLarge, UnsupportedMediaType)
    if parameters or "requestBody" in operation:
        yield from (Malformed, Invalid)
    yield Unavailable
