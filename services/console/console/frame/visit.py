"""One visit of a page: who looks at it, what the services are asked in their name, and the page they get."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from common.auth.principal import Principal
from common.errors import DomainError
from common.pages.answers import PAGE_HEADERS
from console.calls.errors import SignInNeeded
from console.calls.service_client import Document, ServiceCalls
from console.frame.console import HEADERS, Console, get_console
from console.frame.wording import NOTICES
from console.sessions.form_guard import Form, check_form_key, check_origin, read_form
from console.sessions.session import Session


class Visit:
    """The request of somebody who is signed in."""

    def __init__(self, request: Request, console: Console, session: Session) -> None:
        self.request = request
        self.console = console
        self.session = session
        self.refusal: DomainError | None = None
        """Why the change that was asked for was not made; the page shows it."""
        self.values: Form = {}
        """What was filled in, so that nobody has to write it again."""

    @property
    def principal(self) -> Principal:
        return self.session.principal

    @cached_property
    def services(self) -> ServiceCalls:
        return self.console.client.bind(self.session.tokens.access_token)

    @property
    def query(self) -> Mapping[str, str]:
        """Return the parameters of the address that say something."""
        return {name: value for name, value in self.request.query_params.items() if value}

    def get_id(self, name: str) -> str:
        """Return a part of the address, of which the route says that it is a UUID."""
        return str(self.request.path_params[name])

    @property
    def side(self) -> str:
        """Return the side that the person acts for."""
        return "customer" if self.principal.is_bound else "provider"

    async def list_customers(self) -> list[Document]:
        """List the customers that a list can be narrowed down to, by name."""
        customers = await self.services.list_all("/engagement/v1/customers")
        return sorted(customers, key=lambda customer: str(customer["name"]).casefold())

    def allow_forms(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a service's page, whose navigation may send the console's forms."""
        policy = headers["content-security-policy"].replace("form-action 'none'", self.console.get_form_action())
        return {**PAGE_HEADERS, **HEADERS, "content-security-policy": policy}

    def render_part(self, template: str, **values: Any) -> str:
        """Render what the console adds to a service's page."""
        return self.console.render_page(template, self.session, **values).html

    def render(self, template: str, current: str = "", **values: Any) -> HTMLResponse:
        status = self.refusal.status if self.refusal else 200
        return self.console.render(
            template,
            self.session,
            status=status,
            refusal=self.refusal,
            current=current,
            notice=None if self.refusal else NOTICES.get(self.query.get("done", "")),
            values=self.values,
            form_id=secrets.token_urlsafe(16),
            **values,
        )


PageMaker = Callable[[Visit], Awaitable[Response]]
ChangeMaker = Callable[[Visit, Form], Awaitable[str | Response]]
"""Makes a change, and returns the address of the page that shows it, or that page."""
Endpoint = Callable[[Request], Awaitable[Response]]


async def open_visit(request: Request) -> Visit:
    """Open the visit of who is signed in. Raise SignInNeeded."""
    console = get_console(request)
    session = await console.find_session(request)
    if session is None:
        raise SignInNeeded("You are not signed in, or your session has ended.")
    return Visit(request, console, session)


def as_page(show: PageMaker) -> Endpoint:
    """Serve a page to who is signed in; others sign in first and come back."""

    async def serve(request: Request) -> Response:
        try:
            visit = await open_visit(request)
            return keep_session(visit, await show(visit))
        except SignInNeeded:
            return redirect_to_sign_in(request)

    return serve


def as_change(change: ChangeMaker, show: PageMaker) -> Endpoint:
    """Make a change that a form asks for; where it is refused, show the page again with what was filled in."""

    async def serve(request: Request) -> Response:
        form = await read_form(request)
        check_origin(request, get_console(request).sign_in.get_origin(request))
        visit = await open_visit(request)
        check_form_key(form, visit.session.form_key)
        try:
            outcome = await change(visit, form)
        except SignInNeeded:
            raise
        except DomainError as refusal:
            visit.refusal, visit.values = refusal, form
            outcome = await show(visit)
        answer = RedirectResponse(outcome, 303) if isinstance(outcome, str) else outcome
        return keep_session(visit, answer)

    return serve


def keep_session(visit: Visit, answer: Response) -> Response:
    """Set the session's cookies anew if its tokens were renewed during the visit."""
    stored = visit.console.cookies.read(visit.request, Session)
    if stored is None or stored.tokens != visit.session.tokens:
        visit.console.write_session(visit.request, answer, visit.session)
    return answer


def redirect_to_sign_in(request: Request) -> Response:
    page = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    answer = RedirectResponse(f"/console/sign-in?next={quote(page, safe='')}", 303)
    get_console(request).cookies.delete(request, answer)
    return answer
