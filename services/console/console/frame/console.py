"""The console as its routes reach it: the services, the session's cookies, the way to sign in, the templates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from common.errors import DomainError
from common.pages.answers import to_html_answer
from common.pages.page_templates import PageTemplates, RenderedPage
from console.calls.service_client import ServiceClient
from console.frame import formats, wording
from console.sessions.session import Session
from console.sessions.session_cookies import SessionCookies
from console.sessions.ways import SignIn
from console.settings import ConsoleSettings

RENEWED_BEFORE = timedelta(seconds=30)
"""The rest of a token's life that a page may take to be made."""
NAVIGATION = (
    ("/", "Overview"),
    ("/console/agreements", "Agreements"),
    ("/console/issues", "Issues"),
    ("/console/incidents", "Incidents"),
    ("/console/statements", "Statements"),
    ("/console/maintenance", "Maintenance"),
    ("/console/catalog", "Catalog"),
)
STAFF_NAVIGATION = (*NAVIGATION, ("/console/surveys", "Surveys"))
HEADERS = {"referrer-policy": "same-origin", "vary": "Cookie"}
"""Browsers name the origin of a form only where the policy lets them."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def build_templates() -> PageTemplates:
    filters: dict[str, Callable[..., Any]] = {
        **formats.FILTERS,
        "word": lambda parts: wording.Word(*parts),
        "pair": lambda item, *names: tuple(item[name] for name in names),
        "state_pair": lambda item: (item[0], item[1].text),
    }
    return PageTemplates("console", "console.css", filters=filters, values={"words": wording.WORDS})


@dataclass
class Console:
    settings: ConsoleSettings
    client: ServiceClient
    cookies: SessionCookies
    sign_in: SignIn
    templates: PageTemplates
    clock: Callable[[], datetime] = utc_now

    async def find_session(self, request: Request) -> Session | None:
        """Return the session of the request with tokens that can be used, or None."""
        session, now = self.read_session(request), self.clock()
        if session is None:
            return None
        if session.tokens.used_until - RENEWED_BEFORE > now:
            return session
        return await self.sign_in.renew(session, now + RENEWED_BEFORE)

    def read_session(self, request: Request) -> Session | None:
        """Return the session of the request, whatever its tokens are worth: enough for a page's navigation."""
        session = self.cookies.read(request, Session)
        return session if session and session.ends_at > self.clock() else None

    def write_session(self, request: Request, answer: Response, session: Session) -> None:
        self.cookies.write(request, answer, session, session.ends_at, self.clock())

    def render(
        self,
        template: str,
        session: Session | None = None,
        *,
        status: int = 200,
        refusal: DomainError | None = None,
        current: str = "",
        **values: Any,
    ) -> HTMLResponse:
        """Render a page of the console for who is signed in, with what went wrong at its top."""
        page = self.render_page(template, session, current=current, refusal=refusal, **values)
        return to_html_answer(page, status, HEADERS)

    def render_page(self, template: str, session: Session | None, current: str = "", **values: Any) -> RenderedPage:
        return self.templates.render(
            template,
            form_target=self._get_form_target(),
            session=session,
            navigation=_choose_navigation(session),
            current=current,
            **values,
        )

    def get_form_action(self) -> str:
        """Return the directive of a page's policy that lets it send the console's forms."""
        return f"form-action {self._get_form_target()}"

    def _get_form_target(self) -> str:
        return f"'self' {self.sign_in.get_sign_out_origin()}".strip()


def _choose_navigation(session: Session | None) -> tuple[tuple[str, str], ...]:
    if session is None:
        return ()
    return NAVIGATION if session.principal.is_bound else STAFF_NAVIGATION


def get_console(request: Request) -> Console:
    console: Console = request.app.state.console
    return console
