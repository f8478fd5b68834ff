"""Signing in by choosing a role and a customer, where the development issuer runs."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from common.auth.development_issuer import check_development, comes_from, issue_token, list_issuer_hosts
from common.auth.principal import Principal, Role
from common.auth.settings import AuthSettings
from common.errors import Forbidden, Invalid
from common.http.validation_messages import describe_field_error
from common.views import field_error
from console.calls.service_client import Document
from console.frame.console import Console, get_console
from console.sessions.form_guard import Form, check_origin, read_form
from console.sessions.session import Session, Tokens
from console.sessions.ways import SIGN_IN_PATH, choose_page

LISTING_TIME = timedelta(minutes=1)
ROLE_WORDS = {
    Role.manager: "Service manager: agreements, customers, surveys",
    Role.owner: "Owner of services and offerings",
    Role.admin: "Administrator",
    Role.viewer: "Staff who may read",
    Role.customer: "Somebody who speaks for a customer:",
}


class ForeignHost(Forbidden, slug="foreign-host"):
    """Roles are handed out on this machine only: open the page at 127.0.0.1 or localhost."""


class SignInChoice(BaseModel):
    """The role, and perhaps the customer and name, that a person signs in with."""

    model_config = ConfigDict(extra="ignore", str_max_length=100, str_strip_whitespace=True)

    role: Role
    customer_id: UUID | None = None
    name: str = ""

    @model_validator(mode="after")
    def _fit_customer(self) -> "SignInChoice":
        if self.role is Role.customer and self.customer_id is None:
            raise field_error("customer_id", "Choose the customer that you speak for.")
        if self.role is not Role.customer:
            self.customer_id = None
        return self


class DevelopmentSignIn:
    """Hands out any role to anyone at this machine; refused outside development and tests, as the issuer is."""

    is_for_trying = True

    def __init__(self, key: ECKey, settings: AuthSettings, environment: str, allowed_hosts: Iterable[str] = ()) -> None:
        check_development(environment)
        self._key = key
        self._settings = settings
        self._hosts = list_issuer_hosts(settings, allowed_hosts)

    @property
    def routes(self) -> list[Route]:
        return [
            Route(SIGN_IN_PATH, self._show, methods=["GET"]),
            Route(SIGN_IN_PATH, self._sign_in, methods=["POST"]),
        ]

    async def close(self) -> None:
        """Close nothing: there is no provider."""

    def get_origin(self, request: Request) -> str:
        return f"{request.url.scheme}://{request.headers.get('host', '')}"

    async def renew(self, session: Session, until: datetime) -> Session | None:  # noqa: ARG002 - as long as the session
        return None

    async def revoke(self, session: Session) -> None:
        """Revoke nothing: the tokens live as long as the session, and roles are anybody's here."""

    def get_sign_out_origin(self) -> str:
        return ""

    async def find_sign_out_url(self, session: Session) -> str | None:  # noqa: ARG002 - there is no provider
        return None

    async def _show(self, request: Request) -> Response:
        self._check_host(request)
        return await self._render(get_console(request), {"next": choose_page(request.query_params.get("next"))})

    async def _sign_in(self, request: Request) -> Response:
        self._check_host(request)
        check_origin(request, self.get_origin(request))
        console, form = get_console(request), await read_form(request)
        try:
            choice = SignInChoice.model_validate({name: value for name, value in form.items() if value})
        except ValidationError as error:
            return await self._render(
                console, form, Invalid(describe_field_error(error.errors()[0]), field="customer_id")
            )
        answer = RedirectResponse(choose_page(form.get("next")), 303)
        console.write_session(request, answer, self._begin_session(choice, console.settings.session_length))
        return answer

    def _begin_session(self, choice: SignInChoice, length: timedelta) -> Session:
        now = datetime.now(UTC)
        subject = choice.name or f"{choice.role.value}@development"
        token = issue_token(self._key, choice.role, choice.customer_id, subject, length, settings=self._settings)
        principal = Principal(subject, frozenset({choice.role}), choice.customer_id)
        return Session.begin(Tokens(access_token=token, expires_at=now + length), now + length, principal)

    def _check_host(self, request: Request) -> None:
        if not comes_from(self._hosts, request.headers):
            raise ForeignHost("Roles are handed out at 127.0.0.1, localhost and the hosts of --allow-host only.")

    async def _render(self, console: Console, form: Form, refusal: Invalid | None = None) -> Response:
        return console.render(
            "sign_in.html",
            status=refusal.status if refusal else 200,
            refusal=refusal,
            roles=ROLE_WORDS,
            customers=await self._list_customers(console),
            values=form,
        )

    async def _list_customers(self, console: Console) -> list[Document]:
        token = issue_token(self._key, Role.viewer, subject="console", ttl=LISTING_TIME, settings=self._settings)
        customers = await console.client.bind(token).list_all("/engagement/v1/customers")
        return sorted(customers, key=lambda customer: str(customer["name"]).casefold())
