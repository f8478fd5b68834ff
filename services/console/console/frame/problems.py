"""What is shown where a page cannot be: what happened and what to do."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from common.errors import DomainError
from console.calls.errors import ServiceRefused, SignInNeeded
from console.frame.console import get_console

TITLES = {
    401: "Sign in again",
    403: "This is not open to you",
    404: "There is nothing here",
    405: "There is nothing here",
    503: "A part of Rapport does not answer",
}
NOT_HERE = "This page does not exist, or you may not see it. Look at the address, or ask who gave it to you."
NOT_YOURS = "Your role does not open this page. Ask those who manage your account, if you need it."
DETAILS = {403: NOT_YOURS, 404: NOT_HERE}
"""What a page says in place of a service's own words, which are for those who write programs."""
Handler = Callable[[Request, Exception], Awaitable[Response]]


async def show_refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, DomainError):
        raise error
    detail = DETAILS.get(error.status, error.message) if isinstance(error, ServiceRefused) else error.message
    return _show(request, error.status, error.title(), detail, needs_sign_in=isinstance(error, SignInNeeded))


async def show_absence(request: Request, error: Exception) -> Response:
    return _show(request, getattr(error, "status_code", 404), "There is nothing here", NOT_HERE)


async def show_failure(request: Request, _error: Exception) -> Response:
    detail = (
        "The console made a mistake, which stands in its log. Go back and try again; if it stays, tell your operators."
    )
    return _show(request, 500, "That went wrong", detail)


def _show(request: Request, status: int, title: str, detail: str, *, needs_sign_in: bool = False) -> Response:
    console = get_console(request)
    title = TITLES.get(status, title.rstrip("."))
    session = None if needs_sign_in else console.read_session(request)
    return console.render("problem.html", session, status=status, title=title, detail=detail, sign_in=needs_sign_in)


HANDLERS: Mapping[int | type[Exception], Handler] = {
    DomainError: show_refusal,
    404: show_absence,
    405: show_absence,
    500: show_failure,
}
