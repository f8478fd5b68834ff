"""The issuer's public keys: fetched rarely, once at a time, and kept while the issuer is away."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from common.error_descriptions import describe_error
from common.errors import Unavailable

ASYMMETRIC = ("RSA", "EC", "OKP")
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
MIN_RSA_BITS = 2048

log = structlog.get_logger()


class UnknownKey(LookupError):
    """The issuer has no key of this id."""


class JwksCache:
    min_refresh_interval = timedelta(seconds=30)
    """The least time between fetches: tokens with invented key ids must not reach the issuer."""
    stale_for = timedelta(hours=24)
    """How long the keys are used while no fetch succeeds."""
    timeout = 5.0
    max_bytes = 256 * 1024

    def __init__(
        self, url: str, client: httpx.AsyncClient, lifetime: timedelta, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._url, self._client, self._now = url, client, now
        self._lifetime = lifetime.total_seconds()
        self._keys: dict[str, Key] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()

    async def get_key(self, kid: str) -> Key:
        """Return a key. Raise UnknownKey, or Unavailable when the issuer is away and its keys are too old."""
        if kid not in self._keys or self._age() > self._lifetime:
            await self._refresh(kid)
        if self._age() > self.stale_for.total_seconds():
            raise Unavailable("The identity provider cannot be reached.")
        if kid not in self._keys:
            raise UnknownKey
        return self._keys[kid]

    def _age(self) -> float:
        return self._now() - self._fetched

    async def _refresh(self, kid: str) -> None:
        if self._fetching.locked() and kid in self._keys:
            return  # a fetch is in progress, and the known key is good meanwhile
        async with self._fetching:
            if self._now() - self._tried < self.min_refresh_interval.total_seconds():
                return
            self._tried = self._now()
            try:
                self._keys = parse_jwks(await self._fetch())
                self._fetched = self._now()
            except (httpx.HTTPError, TimeoutError, ValueError) as error:
                log.warning("jwks_fetch_failed", url=self._url, reason=describe_error(error))

    async def _fetch(self) -> Any:
        body = bytearray()
        async with (
            asyncio.timeout(self.timeout),
            self._client.stream("GET", self._url, follow_redirects=False, timeout=self.timeout) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise ValueError(f"status {answer.status_code}")
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > self.max_bytes:
                    raise ValueError(f"more than {self.max_bytes} bytes")
        return orjson.loads(body)


def parse_jwks(document: Any) -> dict[str, Key]:
    """Parse the signature keys of a JWK set by key id, without ids that occur twice. Raise ValueError."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("no JWK set")  # noqa: TRY004 - an answer of the wrong shape is a bad value, not our type error
    keys = [key for entry in entries if (key := _import(entry)) is not None]
    count = Counter(key.kid for key in keys)
    keys_by_id = {key.kid: key for key in keys if key.kid and count[key.kid] == 1}
    if not keys_by_id:
        raise ValueError("no usable key")
    return keys_by_id


def _import(entry: Any) -> Key | None:
    if not isinstance(entry, dict) or entry.get("kty") not in ASYMMETRIC or entry.get("use", "sig") != "sig":
        return None
    if entry["kty"] == "RSA" and len(str(entry.get("n"))) * 6 < MIN_RSA_BITS:  # base64 holds 6 bits in a letter
        return None
    try:
        return JWKRegistry.import_key({name: value for name, value in entry.items() if name not in PRIVATE_MEMBERS})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
