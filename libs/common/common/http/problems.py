"""Turns every error of a request into a problem document that names the field and never echoes the input."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import takewhile
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from common.database.transient_errors import is_transient, is_unprepared, sqlstate
from common.error_descriptions import describe_error, find_constraint
from common.errors import (
    Conflict,
    DomainError,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Unavailable,
    problem_document,
)
from common.http.validation_messages import describe_field_error, without_effects
from common.unit_of_work import ChangedMeanwhile
from common.views import error_field

DATA_EXCEPTION = "22"
"""The beginning of SQLSTATEs for values; of many of them SQLAlchemy does not make a DataError."""
NOT_SENT_AS_JSON = "must be JSON, sent with the header Content-Type: application/json"
BASE_SEGMENTS = 3
"""Which all addresses share: what is before the first slash, the service and the version."""
MAX_NEIGHBOURS = 20
METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

log = structlog.get_logger(__name__)


class ConflictingChange(Conflict, slug="conflicting-change"):
    """The change conflicts with something that exists."""


class InternalError(DomainError, slug="internal-error"):
    """The service has failed; its log says why under the request's id."""

    status = 500


def install(app: FastAPI, service: str, addresses: Sequence[str] = ()) -> None:
    """Answer errors; `addresses` are those that one which there is not may have been meant for."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        is_astray = isinstance(error, HTTPException) and error.status_code == HTTPStatus.NOT_FOUND
        answer = to_response(service, error, _list_neighbours(request.url.path, addresses) if is_astray else "")
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["allow"] = ", ".join(_methods(request))
        return answer

    for kind in (
        DomainError,
        RequestValidationError,
        HTTPException,
        SQLAlchemyError,
        OSError,
        ClientDisconnect,
        Exception,
    ):
        app.add_exception_handler(kind, answer)


def _methods(request: Request) -> list[str]:
    """List all methods of the path, as each route knows only its own."""
    return [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


def _list_neighbours(wrong: str, addresses: Sequence[str]) -> str:
    """List the addresses of the same room, or as many of their segments further as make them few enough to read."""
    segments = wrong.split("/")
    shared = {address: _count_shared(segments, address.split("/")) for address in addresses}
    for depth in range(BASE_SEGMENTS + 1, len(segments) + 1):
        neighbours = sorted(address for address, count in shared.items() if count >= depth)
        if 0 < len(neighbours) <= MAX_NEIGHBOURS:
            return f"near it are {', '.join(neighbours)}; "
    return ""


def _count_shared(wrong: Sequence[str], address: Sequence[str]) -> int:
    pairs = zip(wrong, address, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1] or pair[1].startswith("{"), pairs)))


def to_response(service: str, error: Exception, addresses: str = "") -> JSONResponse:
    """Turn an error into a problem document; `addresses`: those that there are near one that there is not."""
    if isinstance(error, RequestValidationError):
        return _invalid(service, error)
    if isinstance(error, HTTPException):
        error = _find_cause(error)
    if isinstance(error, HTTPException):
        return _refuse_address(service, error, addresses)
    rule = find_broken_rule(error)
    document = problem_document(service, rule.slug, rule.title(), rule.status, rule.detail(), rule.field_errors())
    return _response(document, rule.headers)


def _refuse_address(service: str, error: HTTPException, addresses: str) -> JSONResponse:
    """Say that there is no such address or method, which the framework does in two words."""
    slug = title = detail = str(error.detail)
    rules: dict[int, type[DomainError]] = {rule.status: rule for rule in (NotFound, MethodNotAllowed)}
    if rule := rules.get(error.status_code):
        slug, title = rule.slug, rule.title()
        detail = f"There is no such address or method; {addresses}/{service}/openapi.json lists those that there are."
    document = problem_document(service, slug.lower().replace(" ", "-"), title, error.status_code, detail)
    return _response(document, dict(error.headers or {}))


def _find_cause(error: HTTPException) -> Exception:
    """Return the error that made the framework reject a body."""
    if isinstance(error.__cause__, DomainError | UnicodeDecodeError):
        return error.__cause__
    if isinstance(error.__cause__, ValueError | RecursionError):  # of Python's JSON parser
        return Malformed("The body is nested too deeply, or holds a number that is too long.", field="body")
    return error


def _response(document: dict[str, object], headers: Mapping[str, str]) -> JSONResponse:
    status = int(str(document["status"]))
    return JSONResponse(document, status, headers, media_type="application/problem+json")


def find_broken_rule(error: Exception) -> DomainError:
    """Return the rule that a request has broken, or that says that the service has failed, which is logged."""
    if isinstance(error, RequestValidationError):
        return Invalid("A part of the address has a value that it cannot have.")
    return error if isinstance(error, DomainError) else _translate(error)


def _translate(error: Exception) -> DomainError:
    if isinstance(error, UnicodeDecodeError | ClientDisconnect):
        has_left = isinstance(error, ClientDisconnect)
        not_text = "The body is not UTF-8, or is compressed: send it plain."
        return Malformed("The body did not come whole." if has_left else not_text, field="body")
    if is_transient(error) or is_unprepared(error):
        return _translate_absence(error)
    if isinstance(error, StaleDataError):
        return ChangedMeanwhile("Somebody else changed it at the same time; read it again.")
    if isinstance(error, IntegrityError):
        log.info("constraint_violated", constraint=find_constraint(error))
        return ConflictingChange("The change conflicts with something that exists; read it and try again.")
    if isinstance(error, DataError) or sqlstate(error).startswith(DATA_EXCEPTION):
        return Invalid("A value is outside the range that can be stored.")
    log.error("request_failed", exc_info=error)
    return InternalError("The request could not be answered.")


def _translate_absence(error: Exception) -> DomainError:
    if is_unprepared(error):
        log.warning("schema_not_migrated", reason=describe_error(error))
        return Unavailable("The database is not migrated to this version yet. Nothing was changed: try again.")
    log.warning("database_unavailable", reason=describe_error(error))
    return Unavailable("The database does not answer. The change may have been made or not: try again.")


def _invalid(service: str, error: RequestValidationError) -> JSONResponse:
    """Name all fields at fault at once, without echoing the input."""
    faults = without_effects(error.errors())
    unreadable = [item for item in faults if item["type"] == "json_invalid"]
    rule: type[DomainError] = Malformed if unreadable else Invalid
    fields = [
        {"field": _field(item, error.body), "message": _describe(item, error.body)} for item in (unreadable or faults)
    ]
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in fields[:5])
    return _response(problem_document(service, rule.slug, rule.title(), rule.status, detail, fields[:50]), {})


def _describe(error: dict[str, Any], body: object) -> str:
    """Describe an error; the framework reads a body only if its type is JSON, and takes another one for bytes."""
    is_unread = isinstance(body, bytes) and tuple(error["loc"]) == ("body",) and error["type"] != "missing"
    return NOT_SENT_AS_JSON if is_unread else describe_field_error(error)


def _field(error: dict[str, Any], body: object) -> str:
    """Return the field as the sender names it: `body`, `price`, `amount` becomes price.amount."""
    source, *inside = error["loc"] or ("body",)
    if error["type"] == "json_invalid":
        return "body"
    if source not in {"body", "query", "path", "header"}:
        return ".".join(map(str, error["loc"]))
    if source == "body" and isinstance(body, dict | list):
        is_missing = error["type"] == "missing"  # then the last part is what should be there
        inside = [*_parts_in_body(inside[:-1] if is_missing else inside, body), *(inside[-1:] if is_missing else [])]
    return ".".join(map(str, [*inside, *error_field(error)] or [source]))


def _parts_in_body(place: list[Any], body: Any) -> Iterator[Any]:
    """Yield the parts of the place that are in the body, without the names pydantic gives to a union's members."""
    for part in place:
        if (isinstance(body, dict) and part in body) or (isinstance(body, list) and part in range(len(body))):
            body = body[part]
            yield part
