"""What a call of a service can come to, besides its answer."""

from collections.abc import Mapping
from typing import Any

from common.errors import DomainError, Unavailable


class SignInNeeded(DomainError, slug="sign-in-needed"):
    """The session has ended; sign in again."""

    status = 401


class ServiceRefused(DomainError, slug="service-refused"):
    """A service did not do what was asked of it, and says why."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("detail") or document.get("title") or f"The service answered {status}."))
        self.status = status  # type: ignore[misc]  # each answer has its own
        self.heading = str(document.get("title", "It was not done."))
        self.rule = str(document.get("type", "")).rpartition("/")[2]
        self.errors: list[dict[str, str]] = list(document.get("errors", []))

    def field_errors(self) -> list[dict[str, str]]:
        return self.errors


class ServiceAway(Unavailable, slug="service-away"):
    """A service does not answer right now; try again in a moment."""
