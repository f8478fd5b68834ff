"""Turns everything that can go wrong in a request into a problem document that names the field and echoes nothing."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from common.database.transient_errors import is_transient
from common.errors import DomainError, Invalid, Malformed, Unavailable, problem_document
from common.unit_of_work import ChangedMeanwhile

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

log = structlog.get_logger(__name__)


class ConflictingChange(DomainError, slug="conflicting-change"):
    """It contradicts something that exists already."""


class InternalError(DomainError, slug="internal-error"):
    """Something is wrong with the service itself; the log says what, under the request's id."""

    status = 500


def install(app: FastAPI, service: str) -> None:
    async def answer(request: Request, error: Exception) -> JSONResponse:
        answer = to_response(service, error)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["allow"] = ", ".join(_methods(request))
        return answer

    for kind in (DomainError, RequestValidationError, HTTPException, SQLAlchemyError, OSError, Exception):
        app.add_exception_handler(kind, answer)


def _methods(request: Request) -> list[str]:
    """All methods of the path: each route knows its own only."""
    return [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


def to_response(service: str, error: Exception) -> JSONResponse:
    if isinstance(error, RequestValidationError):
        return _invalid(service, error)
    if isinstance(error, HTTPException):
        error = _behind(error)
    if isinstance(error, HTTPException):
        slug = str(error.detail).lower().replace(" ", "-")
        document = problem_document(service, slug, str(error.detail), error.status_code, str(error.detail))
        return _response(document, dict(error.headers or {}))
    rule = error if isinstance(error, DomainError) else _translated(error)
    document = problem_document(service, rule.slug, rule.title(), rule.status, rule.message, rule.field_errors())
    return _response(document, rule.headers)


def _behind(error: HTTPException) -> Exception:
    """What made the framework give up on a body."""
    if isinstance(error.__cause__, DomainError | UnicodeDecodeError):
        return error.__cause__
    if isinstance(error.__cause__, ValueError | RecursionError):  # of Python's JSON parser
        return Malformed("The body is nested too deeply, or holds a number that is too long.", field="body")
    return error


def _response(document: dict[str, object], headers: dict[str, str]) -> JSONResponse:
    status = int(str(document["status"]))
    return JSONResponse(document, status, headers, media_type="application/problem+json")


def _translated(error: Exception) -> DomainError:
    if isinstance(error, UnicodeDecodeError):
        return Malformed("The body is not UTF-8.", field="body")
    if is_transient(error):
        log.warning("database_away", reason=f"{type(error).__name__}: {error}")
        return Unavailable(
            "The database does not answer right now. Whether the change was kept is not known: ask again."
        )
    if isinstance(error, StaleDataError):
        return ChangedMeanwhile("Somebody else changed it in the same moment.")
    if isinstance(error, IntegrityError):
        log.info("constraint_spoke", constraint=str(error.orig))
        return ConflictingChange("It contradicts something that exists already.")
    if isinstance(error, DataError):
        return Invalid("A value is outside what can be stored.")
    log.error("request_failed", exc_info=error)
    return InternalError("The request could not be answered.")


def _invalid(service: str, error: RequestValidationError) -> JSONResponse:
    """All offending fields at once; the input itself is not echoed: it may be anything."""
    unread = [one for one in error.errors() if one["type"] == "json_invalid"]
    rule: type[DomainError] = Malformed if unread else Invalid
    found = [
        {"field": _field(one, error.body), "message": str(one["msg"]).removeprefix("Value error, ")}
        for one in (unread or error.errors())
    ]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in found[:5])
    return _response(problem_document(service, rule.slug, rule.title(), rule.status, detail, found[:50]), {})


def _field(error: dict[str, Any], body: object) -> str:
    """What the sender calls it: `body`, `price`, `amount` reads price.amount; a lone part keeps its name."""
    source, *inside = error["loc"] or ("body",)
    if error["type"] == "json_invalid":
        return "body"
    if source not in {"body", "query", "path", "header"}:
        return ".".join(map(str, error["loc"]))
    if source == "body" and isinstance(body, dict | list):
        missing = error["type"] == "missing"  # then the last part is what ought to be there
        inside = [*_sent(inside[:-1] if missing else inside, body), *(inside[-1:] if missing else [])]
    return ".".join(map(str, inside or [source]))


def _sent(place: list[Any], body: Any) -> Iterator[Any]:
    """The parts of the place that are in the body: in between, pydantic names the kind of a union's member."""
    for part in place:
        if (isinstance(body, dict) and part in body) or (isinstance(body, list) and part in range(len(body))):
            body = body[part]
            yield part
