"""Signing in at an OpenID provider."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

import structlog
from pydantic import AwareDatetime, BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from common.auth.bearer_tokens import TokenVerifier
from common.auth.jwks import JwksCache
from common.auth.principal import Principal
from common.auth.settings import AuthSettings
from common.error_descriptions import describe_error
from common.errors import DomainError, Unauthenticated
from console.frame.console import get_console, utc_now
from console.sessions.session import Session, Tokens
from console.sessions.session_cookies import SessionCookies
from console.sessions.ways import SIGN_IN_PATH, choose_page
from console.settings import ConsoleSettings
from console.sign_in.errors import NoRole, ProviderAway, SignInFailed, TokenNotAccepted
from console.sign_in.identity_provider import CALLBACK_PATH, SIGNED_OUT_PATH, IdentityProvider, SignInRequest
from console.sign_in.sign_out import SIGNED_OUT

PENDING_COOKIE = "rapport_sign_in"
PENDING_TIME = timedelta(minutes=10)
RENEWAL_KEPT = 60.0
"""The seconds for which the outcome of a renewal is kept: two pages that are opened at once use one refresh token."""

log = structlog.get_logger(__name__)


class PendingSignIn(BaseModel):
    """The part of a sign-in that stays in the browser while the person is at the provider."""

    state: str
    nonce: str
    code_verifier: str
    next_page: str
    expires_at: AwareDatetime

    @property
    def request(self) -> SignInRequest:
        return SignInRequest(self.state, self.nonce, self.code_verifier)


class ProviderSignIn:
    """Sends people to the provider, and takes the tokens that it hands out for them."""

    is_for_trying = False

    def __init__(self, settings: ConsoleSettings, auth: AuthSettings) -> None:
        self._settings = settings
        self._provider = IdentityProvider(settings, auth)
        keys = JwksCache(auth.jwks_url, self._provider.client, auth.jwks_lifetime)
        self._verifier = TokenVerifier(auth, keys, utc_now)
        secret = settings.session_key.get_secret_value()
        self._pending = SessionCookies(secret, PENDING_COOKIE, is_secure=settings.is_secure)
        self._renewals: dict[str, asyncio.Task[Tokens]] = {}

    @property
    def routes(self) -> list[Route]:
        return [
            Route(SIGN_IN_PATH, self._start, methods=["GET"]),
            Route(CALLBACK_PATH, self._finish, methods=["GET"]),
            Route(SIGNED_OUT_PATH, self._greet_signed_out, methods=["GET"]),
        ]

    async def close(self) -> None:
        await self._provider.close()

    def get_origin(self, request: Request) -> str:  # noqa: ARG002 - wherever the request says that it goes
        return self._settings.origin

    async def revoke(self, session: Session) -> None:
        self._forget_renewals_to(session.tokens)
        try:
            await self._provider.revoke(session.tokens)
        except DomainError as error:
            log.warning("refresh_token_not_revoked", reason=describe_error(error))  # the session ends here all the same

    def get_sign_out_origin(self) -> str:
        urls = [urlsplit(url) for url in self._provider.list_known_endpoints() if url]
        return " ".join(sorted({f"{url.scheme}://{url.netloc}" for url in urls}))

    async def find_sign_out_url(self, session: Session) -> str | None:
        try:
            return await self._provider.find_sign_out_url(session.tokens)
        except DomainError:
            return None  # the session ends here all the same

    async def renew(self, session: Session, until: datetime) -> Session | None:
        refresh_token = session.tokens.refresh_token
        if not refresh_token:
            return None
        try:
            tokens = await asyncio.shield(self._share_renewal(session.tokens, refresh_token))
            principal = await self._verifier.verify(tokens.access_token)
        except ProviderAway:
            return session if session.tokens.expires_at > until else None
        except DomainError:
            return None
        return session.model_copy(update={"tokens": tokens, "principal": principal})

    def _share_renewal(self, tokens: Tokens, refresh_token: str) -> "asyncio.Task[Tokens]":
        key = sha256(refresh_token.encode()).hexdigest()
        if key not in self._renewals:
            self._renewals[key] = asyncio.create_task(self._provider.renew(tokens))
            asyncio.get_running_loop().call_later(RENEWAL_KEPT, self._renewals.pop, key, None)
        return self._renewals[key]

    def _forget_renewals_to(self, tokens: Tokens) -> None:
        """Hand out tokens that are being revoked no more to who comes with the refresh token before them."""
        finished = [(key, task) for key, task in self._renewals.items() if task.done() and not task.exception()]
        for key, task in finished:
            if task.result().refresh_token == tokens.refresh_token:
                del self._renewals[key]

    async def _start(self, request: Request) -> Response:
        now = utc_now()
        pending = PendingSignIn(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            code_verifier=secrets.token_urlsafe(48),
            next_page=choose_page(request.query_params.get("next")),
            expires_at=now + PENDING_TIME,
        )
        answer = RedirectResponse(await self._provider.build_sign_in_url(pending.request), 303)
        answer.headers["cache-control"] = "no-store"
        self._pending.write(request, answer, pending, pending.expires_at, now)
        return answer

    async def _finish(self, request: Request) -> Response:
        """Take the provider's answer, which has to be the one to the question that this browser asked."""
        pending = self._check_answer(request, self._pending.read(request, PendingSignIn))
        tokens, claims = await self._provider.redeem(request.query_params.get("code", ""), pending.request)
        principal = await self._identify(tokens)
        name = str(claims.get("name") or claims.get("preferred_username") or principal.subject)
        console, now = get_console(request), datetime.now(UTC)
        session = Session.begin(tokens, now + self._settings.session_length, principal, name)
        answer = RedirectResponse(choose_page(pending.next_page), 303)
        console.write_session(request, answer, session)
        self._pending.delete(request, answer)
        return answer

    def _check_answer(self, request: Request, pending: PendingSignIn | None) -> PendingSignIn:
        query = request.query_params
        state = query.get("state", "").encode()
        is_ours = pending is not None and secrets.compare_digest(state, pending.state.encode())
        if pending is None or not is_ours or pending.expires_at < utc_now():
            raise SignInFailed("The sign-in was begun in another browser, or more than ten minutes ago.")
        if query.get("iss", self._provider.issuer) != self._provider.issuer:
            raise SignInFailed("Another identity provider answered than the one that was asked.")
        if "code" not in query:
            raise SignInFailed("The identity provider did not sign you in.")
        return pending

    async def _identify(self, tokens: Tokens) -> Principal:
        try:
            principal = await self._verifier.verify(tokens.access_token)
        except Unauthenticated:
            raise TokenNotAccepted(
                "The provider knows you, but its token does not open Rapport. The log of the console says why: "
                "token_refused."
            ) from None
        if not principal.roles:
            raise NoRole("Nobody has given you a role in Rapport. Ask those who manage your account.")
        return principal

    async def _greet_signed_out(self, _request: Request) -> Response:
        return RedirectResponse(SIGNED_OUT, 303)
