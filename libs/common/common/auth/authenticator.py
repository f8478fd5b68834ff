"""Authenticates requests by their credentials."""

import binascii
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import httpx
from starlette.requests import HTTPConnection

from common.auth.api_key_verifier import ApiKeyVerifier
from common.auth.api_keys import KEY_MARK
from common.auth.attempt_limiter import AttemptLimiter
from common.auth.bearer_tokens import TokenVerifier
from common.auth.jwks import JwksCache
from common.auth.principal import Principal
from common.auth.settings import AuthSettings
from common.errors import Unauthenticated

FORMS = "`Authorization: Bearer <token or key>`, or a key as `X-API-Key` or as the password of HTTP Basic"
SECRET_PARAMETERS = frozenset({"access_token", "api_key", "apikey", "x-api-key"})


class Credential(NamedTuple):
    text: str
    is_key: bool


class Authenticator:
    """Authenticates the requests of one process; API keys are accepted only where an `api_keys` verifier is given."""

    def __init__(
        self,
        settings: AuthSettings,
        client: httpx.AsyncClient,
        api_keys: ApiKeyVerifier | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._tokens = TokenVerifier(settings, JwksCache(settings.jwks_url, client, settings.jwks_lifetime), clock)
        self._accepts_tokens = bool(settings.issuer and settings.jwks_url)
        self._api_keys = api_keys
        self._attempts = AttemptLimiter(clock)

    async def authenticate(self, request: HTTPConnection) -> Principal:
        """Return the caller. Raise Unauthenticated, TooManyAttempts after many failures, Unavailable in an outage."""
        credential = extract_credential(request)
        with self._attempts.limit(request.client.host if request.client else ""):
            if credential.is_key and self._api_keys is not None:
                return await self._api_keys.verify(credential.text)
            if not credential.is_key and self._accepts_tokens:
                return await self._tokens.verify(credential.text)
            raise Unauthenticated("The credentials were not accepted.")


def extract_credential(request: HTTPConnection) -> Credential:
    """Extract the credential from `Authorization` or `X-API-Key`. Raise Unauthenticated unless there is exactly one."""
    for name, value in request.query_params.multi_items():
        if name.lower() in SECRET_PARAMETERS or value.startswith(KEY_MARK):
            raise Unauthenticated("Send credentials in a header: a URL ends up in logs.")
    credentials = [
        *request.headers.getlist("authorization"),
        *map("X-API-Key {}".format, request.headers.getlist("x-api-key")),
    ]
    if len(credentials) != 1:
        raise Unauthenticated(f"Send one bearer token or one API key: {FORMS}.")
    scheme, _, rest = credentials[0].partition(" ")
    text = _password(rest) if scheme.lower() == "basic" else rest.strip()
    is_key = text.startswith(KEY_MARK)
    if scheme.lower() not in (("bearer", "basic", "token", "x-api-key") if is_key else ("bearer",)):
        raise Unauthenticated(f"The credentials were not accepted. Send {FORMS}.")
    return Credential(text, is_key)


def _password(basic: str) -> str:
    """Return the password of HTTP basic credentials, in which Prometheus' `basic_auth` sends a key."""
    try:
        return b64decode(basic, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
