"""Turns everything that can go wrong in a request into a problem document that names the field and echoes nothing."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from common.errors import Invalid, Malformed, RuleBroken, Unavailable, problem
from common.failures import is_transient
from common.work import ChangedMeanwhile

log = structlog.get_logger(__name__)


class ConflictingChange(RuleBroken):
    """It contradicts something that exists already."""


class InternalError(RuleBroken):
    """Something is wrong with the service itself; the log says what, under the request's id."""

    status = 500


def install(app: FastAPI, service: str) -> None:
    async def answer(_: Request, error: Exception) -> JSONResponse:
        return to_response(service, error)

    for kind in (RuleBroken, RequestValidationError, HTTPException, SQLAlchemyError, ConnectionError, Exception):
        app.add_exception_handler(kind, answer)


def to_response(service: str, error: Exception) -> JSONResponse:
    if isinstance(error, RequestValidationError):
        return _invalid(service, error)
    if isinstance(error, HTTPException) and isinstance(error.__cause__, RuleBroken | UnicodeDecodeError):
        error = error.__cause__
    if isinstance(error, HTTPException):
        slug = str(error.detail).lower().replace(" ", "-")
        document = problem(service, slug, str(error.detail), error.status_code, str(error.detail))
        return _response(document, dict(error.headers or {}))
    rule = error if isinstance(error, RuleBroken) else _translated(error)
    document = problem(service, rule.slug(), rule.title(), rule.status, rule.message, rule.errors())
    return _response(document, rule.headers)


def _response(document: dict[str, object], headers: dict[str, str]) -> JSONResponse:
    status = int(str(document["status"]))
    return JSONResponse(document, status, headers, media_type="application/problem+json")


def _translated(error: Exception) -> RuleBroken:
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
    rule: type[RuleBroken] = Malformed if unread else Invalid
    found = [
        {"field": "body" if unread else _field(one["loc"]), "message": str(one["msg"]).removeprefix("Value error, ")}
        for one in (unread or error.errors())
    ]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in found[:5])
    return _response(problem(service, rule.slug(), rule.title(), rule.status, detail, found[:50]), {})


def _field(place: tuple[str | int, ...]) -> str:
    """What the sender calls it: `body`, `price`, `amount` reads price.amount; a lone part keeps its name."""
    parts = [str(part) for part in place]
    inside = parts[1:] if parts and parts[0] in {"body", "query", "path", "header"} else parts
    return ".".join(inside or parts)
