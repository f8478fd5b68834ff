"""Bearer tokens: the checks that a JWT passes before its claims are trusted (RFC 8725, RFC 9068)."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from common.auth.jwks import JwksCache, UnknownKey
from common.auth.principal import Principal, Role
from common.auth.settings import AuthSettings
from common.error_descriptions import ExplainedError, describe_error
from common.errors import Unauthenticated

MAX_TOKEN_LENGTH = 8 * 1024
CACHE_SIZE = 10_000
KEY_ID_PATTERN = re.compile(r"[A-Za-z0-9_.~:=+-]{1,128}")
SUBJECT_PATTERN = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
RESERVED_SUBJECTS = re.compile(r"system$|anonymous$|key:")
"""Names that the audit trail uses for the service itself, for nobody and for monitors: no person may have them."""
REFUSED_HEADERS = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c", "zip"})
"""Headers by which a token could choose how it is verified."""
ID_TOKEN_CLAIMS = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})


class TokenRefused(ExplainedError, ValueError):
    """The reason why a token is refused: for the log, never for the caller."""


class VerifiedToken(NamedTuple):
    """A token that passed all checks; it stays verified until it expires or its key is replaced."""

    principal: Principal
    key: Key
    key_id: str
    expires_at: float


class TokenVerifier:
    def __init__(self, settings: AuthSettings, keys: JwksCache, clock: Callable[[], datetime]) -> None:
        self._settings, self._keys, self._clock = settings, keys, clock
        self._registry = JWSRegistry(algorithms=list(settings.algorithms), strict_check_header=False)
        self._registry.max_header_length = MAX_TOKEN_LENGTH
        self._verified: dict[bytes, VerifiedToken] = {}

    async def verify(self, token: str) -> Principal:
        """Return the bearer. Raise Unauthenticated, with one text for all reasons; Unavailable without the keys."""
        try:
            return await self._find_verified(token) or await self._verify(token)
        except (TokenRefused, UnknownKey, JoseError, ValueError, RecursionError) as reason:
            structlog.get_logger().info("token_refused", reason=describe_error(reason))
            raise Unauthenticated("The credentials were not accepted.") from None

    async def _find_verified(self, token: str) -> Principal | None:
        verified = self._verified.get(sha256(token.encode()).digest())
        if verified is None or verified.expires_at <= self._clock().timestamp():
            return None
        return verified.principal if await self._keys.get_key(verified.key_id) is verified.key else None

    async def _verify(self, token: str) -> Principal:
        if len(token) > MAX_TOKEN_LENGTH:
            raise TokenRefused("too long")
        header = self._checked_header(token)
        key = await self._keys.get_key(header["kid"])
        if key.alg not in (None, header["alg"]):
            raise TokenRefused("the key is for another algorithm")
        claims = jwt.decode(token, key, registry=self._registry).claims
        self._check(claims)
        principal = build_principal(claims, self._settings)
        if len(self._verified) >= CACHE_SIZE:
            self._verified.clear()
        self._verified[sha256(token.encode()).digest()] = VerifiedToken(principal, key, header["kid"], claims["exp"])
        return principal

    def _checked_header(self, token: str) -> Mapping[str, Any]:
        header = orjson.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
        if not isinstance(header, dict) or not REFUSED_HEADERS.isdisjoint(header):
            raise TokenRefused("header")
        if header.get("alg") not in self._settings.algorithms:
            raise TokenRefused("alg")
        kind = str(header.get("typ", "JWT")).lower().removeprefix("application/")
        if kind not in self._settings.token_types:
            raise TokenRefused("typ")
        if not isinstance(header.get("kid"), str) or not KEY_ID_PATTERN.fullmatch(header["kid"]):
            raise TokenRefused("kid")
        return header

    def _check(self, claims: dict[str, Any]) -> None:
        JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=int(self._settings.leeway.total_seconds()),
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.audience},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(claims)
        if not ID_TOKEN_CLAIMS.isdisjoint(claims) or claims.get("typ", "Bearer") not in ("Bearer", "at+jwt"):
            raise TokenRefused("an ID token opens nothing")


def build_principal(claims: Mapping[str, Any], settings: AuthSettings) -> Principal:
    """Build the principal, without unknown roles. Raise TokenRefused if the claims contradict each other."""
    roles = frozenset(
        Role(name) for name in _names(_claim_at(claims, settings.roles_claim)) if name in Role.__members__
    )
    customer = _claim_at(claims, settings.customer_claim)
    if Role.customer in roles and (customer is None or len(roles) > 1):
        raise TokenRefused("a customer's role needs a customer, and stands alone")
    if not SUBJECT_PATTERN.fullmatch(claims["sub"]) or RESERVED_SUBJECTS.match(claims["sub"]):
        raise TokenRefused("sub")
    return Principal(claims["sub"], roles, None if customer is None else UUID(str(customer)))


def _claim_at(claims: Mapping[str, Any], path: str) -> Any:
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _names(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [name for name in values if isinstance(name, str)]
