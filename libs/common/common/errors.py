"""Errors that a request can cause, each with its HTTP status and its problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

MAX_NAMED_FIELDS = 50


class DomainError(Exception):
    """A rule of the domain forbids the request."""

    slug: ClassVar[str] = "rule-broken"
    """The last part of the problem `type`: public, so it is written down and outlives the name of the class."""
    status: ClassVar[int] = 409
    headers: Mapping[str, str] = {}
    others: Sequence["DomainError"] = ()
    """Rules that other parts of the same request break."""

    def __init_subclass__(cls, *, slug: str) -> None:
        super().__init_subclass__()
        cls.slug = slug

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    @classmethod
    def title(cls) -> str:
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    def detail(self) -> str:
        """Return the message; one without a subject of its own is about the field, which it then begins with."""
        return f"{self.field}: {self.message}" if self.field and self.message[:1].islower() else self.message

    def field_errors(self) -> list[dict[str, str]]:
        own = [{"field": self.field, "message": self.message}] if self.field else []
        return own + [error for refusal in self.others for error in refusal.field_errors()]


class Malformed(DomainError, slug="malformed"):
    """The request cannot be read."""

    status = 400


class Unauthenticated(DomainError, slug="unauthenticated"):
    """The request carries no valid credentials."""

    status = 401
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer realm="rapport"'}


class Forbidden(DomainError, slug="forbidden"):
    """The caller may not do this."""

    status = 403


class NotFound(DomainError, slug="not-found"):
    """It does not exist, or the caller may not see it."""

    status = 404

    def __init__(self, kind: str, key: UUID | str) -> None:
        super().__init__(f"There is no {kind} {key}.")


class MethodNotAllowed(DomainError, slug="method-not-allowed"):
    """This path does not support the method; the header Allow lists those it supports."""

    status = 405


class PreconditionFailed(DomainError, slug="precondition-failed"):
    """It was changed since it was read."""

    status = 412


class Conflict(DomainError, slug="conflict"):
    """A rule forbids this in the present state; `type` names the rule."""

    status = 409


class TooLarge(DomainError, slug="too-large"):
    """The body is larger than this path accepts."""

    status = 413


class UnsupportedMediaType(DomainError, slug="unsupported-media-type"):
    """This path does not accept the type or encoding of the body."""

    status = 415


class Invalid(DomainError, slug="invalid"):
    """A field has an invalid value."""

    status = 422


class NotKnownYet(Invalid, slug="not-known-yet"):
    """It is not known here: its id is wrong, or the event that tells of it has not arrived yet."""

    headers: Mapping[str, str] = {"Retry-After": "5"}

    def __init__(self, kind: str, key: UUID, *, field: str, since: str = "created") -> None:
        """Say what is not known; `since` says what another service does with it before it is known here."""
        message = f"{kind} {key} is not known here yet: if it was just {since}, repeat in a few seconds."
        super().__init__(message, field=field)


class PreconditionRequired(DomainError, slug="precondition-required"):
    """A change names the version it changes in If-Match."""

    status = 428


class Unavailable(DomainError, slug="unavailable"):
    """A part of the service is unavailable; try again."""

    status = 503
    headers: Mapping[str, str] = {"Retry-After": "2"}


def merge_refusals(refusals: Sequence[DomainError], outcome: str) -> DomainError:
    """Merge the refusals of parts of a request into the first, which then names all; `outcome` says the rest."""
    first, *further_refusals = refusals
    first.others = further_refusals[: MAX_NAMED_FIELDS - 1]
    count = len(refusals)
    parts = "One part of the request is refused" if count == 1 else f"{count} parts of the request are refused"
    first.message = f"{first.message} {parts}; {outcome}"
    return first


def problem_document(
    service: str, slug: str, title: str, status: int, detail: str, errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Build a problem document; `type` is stable per rule, and `errors` names the fields at fault."""
    document: dict[str, Any] = {
        "type": f"/{service}/v1/problems/{slug}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    return document | ({"errors": errors} if errors else {})
