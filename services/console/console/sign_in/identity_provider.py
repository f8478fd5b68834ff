"""The OpenID provider: its description, codes for tokens, their renewal and revocation, and its own sign-out."""

import asyncio
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple, get_args
from urllib.parse import quote, urlencode

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from common.auth.jwks import JwksCache, UnknownKey
from common.auth.settings import Algorithm, AuthSettings
from console.sessions.session import Tokens
from console.settings import ConsoleSettings
from console.sign_in.errors import ProviderAway, SignInFailed

CALLBACK_PATH = "/console/signed-in"
SIGNED_OUT_PATH = "/console/signed-out"
CALL_SECONDS = 10.0
METADATA_LIFETIME = timedelta(hours=1)
DEFAULT_TOKEN_LIFE = timedelta(minutes=5)
"""For a provider that does not say how long its tokens are good for."""
AWAY = "The identity provider does not answer right now. Try again in a moment."
ERROR_PATTERN = re.compile(r"[a-z_]{1,60}")
ASYMMETRIC = frozenset(get_args(Algorithm))


class SignInRequest(NamedTuple):
    """The secrets that bind the answer of the provider to the browser that asked."""

    state: str
    nonce: str
    code_verifier: str


class IdentityProvider:
    """One provider, reached with the authorization code flow and PKCE (RFC 6749, RFC 7636, OpenID Connect Core)."""

    def __init__(self, settings: ConsoleSettings, auth: AuthSettings) -> None:
        self.issuer = settings.issuer or auth.issuer
        self._settings = settings
        self._lifetime = auth.jwks_lifetime
        self._leeway = auth.leeway
        self.client = httpx.AsyncClient(timeout=CALL_SECONDS)
        self._metadata: dict[str, Any] = {}
        self._read_at = datetime.min.replace(tzinfo=UTC)
        self._keys: JwksCache | None = None
        self._reading = asyncio.Lock()

    async def close(self) -> None:
        await self.client.aclose()

    async def build_sign_in_url(self, request: SignInRequest) -> str:
        endpoint = str((await self._get_metadata())["authorization_endpoint"])
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": f"{self._settings.origin}{CALLBACK_PATH}",
            "scope": " ".join(self._settings.scopes),
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": compute_code_challenge(request.code_verifier),
            "code_challenge_method": "S256",
            **self._settings.authorization_parameters,
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def redeem(self, code: str, request: SignInRequest) -> tuple[Tokens, Mapping[str, Any]]:
        """Return the tokens that the code stands for, and the claims of the ID token. Raise SignInFailed."""
        answer = await self._request_tokens(
            grant_type="authorization_code",
            code=code,
            code_verifier=request.code_verifier,
            redirect_uri=f"{self._settings.origin}{CALLBACK_PATH}",
        )
        claims = await self._verify_id_token(str(answer.get("id_token", "")), request.nonce)
        return self._to_tokens(answer), claims

    async def renew(self, tokens: Tokens) -> Tokens:
        """Return new tokens for the refresh token. Raise SignInFailed."""
        answer = await self._request_tokens(grant_type="refresh_token", refresh_token=tokens.refresh_token or "")
        earlier = {"refresh_token": tokens.refresh_token, "id_token": tokens.id_token}
        return self._to_tokens(earlier | {name: value for name, value in answer.items() if value})

    async def revoke(self, tokens: Tokens) -> None:
        """Revoke the refresh token (RFC 7009), if the provider has where to. Raise ProviderAway or SignInFailed."""
        endpoint = (await self._get_metadata()).get("revocation_endpoint")
        if not endpoint or not tokens.refresh_token:
            return
        answer = await self._post(endpoint, {"token": tokens.refresh_token, "token_type_hint": "refresh_token"})
        if answer.is_error:
            raise SignInFailed(f"The identity provider did not revoke the refresh token: {answer.status_code}.")

    async def find_sign_out_url(self, tokens: Tokens) -> str | None:
        """Return where the provider ends its own session (RP-initiated logout), if it has such a page."""
        endpoint = (await self._get_metadata()).get("end_session_endpoint")
        if not endpoint:
            return None
        query = {
            "client_id": self._settings.client_id,
            "post_logout_redirect_uri": f"{self._settings.origin}{SIGNED_OUT_PATH}",
        }
        return f"{endpoint}?{urlencode(query | ({'id_token_hint': tokens.id_token} if tokens.id_token else {}))}"

    def list_known_endpoints(self) -> list[str]:
        return [self.issuer, str(self._metadata.get("end_session_endpoint", ""))]

    def _to_tokens(self, answer: Mapping[str, Any]) -> Tokens:
        now = datetime.now(UTC)
        life = timedelta(seconds=int(answer.get("expires_in") or DEFAULT_TOKEN_LIFE.total_seconds()))
        return Tokens(
            access_token=str(answer["access_token"]),
            expires_at=now + life,
            renewed_at=now + self._settings.renewal_interval if answer.get("refresh_token") else None,
            refresh_token=answer.get("refresh_token"),
            id_token=answer.get("id_token"),
        )

    async def _request_tokens(self, **parameters: str) -> dict[str, Any]:
        answer = await self._post((await self._get_metadata())["token_endpoint"], parameters)
        try:
            document = answer.json()
        except ValueError:
            raise ProviderAway(AWAY) from None
        if not isinstance(document, dict) or "access_token" not in document:
            raise SignInFailed(f"The identity provider refused to hand out tokens{_name_error(document)}.")
        return document

    async def _post(self, endpoint: str, parameters: dict[str, str]) -> httpx.Response:
        """Send a form as this client. Raise ProviderAway."""
        own_id, secret = self._settings.client_id, self._settings.client_secret.get_secret_value()
        # A client's id and secret are encoded before they are put into the header (RFC 6749, section 2.3.1).
        auth: dict[str, Any] = (
            {"auth": httpx.BasicAuth(quote(own_id, safe=""), quote(secret, safe=""))} if secret else {}
        )
        body = parameters | ({} if secret else {"client_id": own_id})
        try:
            answer = await self.client.post(endpoint, data=body, **auth)
        except httpx.HTTPError:
            raise ProviderAway(AWAY) from None
        if answer.is_server_error:
            raise ProviderAway(AWAY)
        return answer

    async def _get_metadata(self) -> dict[str, Any]:
        """Read what the provider says of itself, once an hour. Raise ProviderAway."""
        async with self._reading:
            if datetime.now(UTC) - self._read_at > METADATA_LIFETIME:
                await self._read_metadata()
        return self._metadata

    async def _read_metadata(self) -> None:
        url = self._settings.discovery_url or f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            answer = await self.client.get(url)
            answer.raise_for_status()
            metadata = answer.json()
        except (httpx.HTTPError, ValueError):
            if self._metadata:
                return  # what it said before is good meanwhile
            raise ProviderAway(AWAY) from None
        if metadata.get("issuer") != self.issuer:
            raise ProviderAway(f"The identity provider says that it is {metadata.get('issuer')}, not {self.issuer}.")
        self._metadata, self._read_at = metadata, datetime.now(UTC)
        self._keys = JwksCache(metadata["jwks_uri"], self.client, self._lifetime)

    async def _verify_id_token(self, token: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of an ID token that was issued to the console for this sign-in. Raise SignInFailed."""
        if self._keys is None:
            raise SignInFailed("The identity provider's keys are not there.")
        algorithms = sorted(ASYMMETRIC & set(self._metadata.get("id_token_signing_alg_values_supported", ["RS256"])))
        try:
            header = jws.extract_compact(token.encode()).headers()
            claims = jwt.decode(token, await self._keys.get_key(header.get("kid", "")), algorithms=algorithms).claims
            self._check_claims(claims, nonce)
        except (JoseError, ValueError, UnknownKey):
            raise SignInFailed("What the identity provider answered does not fit. Sign in again.") from None
        return claims

    def _check_claims(self, claims: dict[str, Any], nonce: str) -> None:
        registry = JWTClaimsRegistry(
            leeway=int(self._leeway.total_seconds()),
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(claims)
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise ValueError("the token is another client's")


def compute_code_challenge(code_verifier: str) -> str:
    """Return what is sent first in place of the verifier, which is shown only to redeem the code (RFC 7636, S256)."""
    return urlsafe_b64encode(sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()


def _name_error(document: Any) -> str:
    error = document.get("error") if isinstance(document, dict) else None
    return f" ({error})" if isinstance(error, str) and ERROR_PATTERN.fullmatch(error) else ""
