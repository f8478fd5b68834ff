"""Routes that answer browsers with pages, at addresses where programs get documents."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from common.errors import DomainError
from common.http.problems import find_broken_rule
from common.http.request_scope import Router, UnitOfWorkRoute
from common.representations.media_types import FORM, HTML, JSON, choose_media_type


class PageRoute(UnitOfWorkRoute):
    """A route for browsers alone: what asks for no page and sends no form goes on to the next route of the address."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if is_for_browser(scope) else (Match.NONE, {})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_or_explain(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:  # noqa: BLE001 - a person gets a page, whatever has happened
                return self.explain(find_broken_rule(error))

        return handle_or_explain

    @staticmethod
    @abstractmethod
    def explain(rule: DomainError) -> Response:
        """Answer with a page that says what has happened and what to do next."""


class PageRouter(Router):
    """A router of pages; it comes before the router of the documents at the same addresses, which are described."""

    def __init__(self, route_class: type[PageRoute]) -> None:
        super().__init__(include_in_schema=False)
        self.route_class = route_class


def is_for_browser(scope: Scope) -> bool:
    """Tell whether a request asks for a page rather than a document, or sends a form."""
    headers = Headers(scope=scope)
    if scope.get("method") in {"GET", "HEAD"}:
        return choose_media_type(headers.get("accept", ""), (JSON, HTML)) == HTML
    return headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
