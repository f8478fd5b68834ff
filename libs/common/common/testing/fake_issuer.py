"""A token issuer for tests, which counts the fetches of its keys and can fail, and a clock that can be moved."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.types import Receive, Scope, Send

from common.auth.development_issuer import development_issuer
from common.auth.settings import AuthSettings


@dataclass
class FakeClock:
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def advance(self, delta: timedelta) -> None:
        self.now += delta


@dataclass
class FakeIssuer:
    """The development issuer with a count of the fetches of its keys, which can be rotated or made to fail."""

    settings: AuthSettings
    key: ECKey
    fetches: int = 0
    failing_app: Callable[[Scope, Receive, Send], Any] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.fetches += scope["path"].endswith("/jwks.json")
        app = self.failing_app or development_issuer(self.key, self.settings, "test")
        await app({**scope, "path": scope["path"].removeprefix("/development")}, receive, send)

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Issue a valid token, changed by `header` and `claims`; a claim of None is left out."""
        now = int(datetime.now(UTC).timestamp())
        content = {
            "iss": self.settings.issuer,
            "aud": self.settings.audience,
            "sub": "ada",
            "iat": now,
            "exp": now + 300,
            "roles": ["manager"],
        } | claims
        full = {"alg": "ES256", "kid": self.key.kid} | (header or {})
        present_claims = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(full, present_claims, self.key, algorithms=["ES256"])
