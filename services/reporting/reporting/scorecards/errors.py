"""The rules of scorecards that a request can break."""

from typing import ClassVar

from common.errors import DomainError


class NotAcceptable(DomainError, slug="not-acceptable"):
    """A scorecard is read as JSON or as HTML."""

    status = 406
    headers: ClassVar[dict[str, str]] = {"Vary": "Accept"}
