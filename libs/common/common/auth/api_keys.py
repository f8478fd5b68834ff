"""API keys of monitors: `rpk_<prefix>_<secret>`. The secret is shown once and stored as its SHA-256."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Mapped, mapped_column

from common.auth.principal import Principal
from common.database.entities import Entity, Identified

KEY_MARK = "rpk_"
KEY_SUBJECT = "key:"
"""Begins the subject of a monitor, before the prefix of its key."""
ISSUING_KEYS = "an administrator issues one with POST …/v1/api-keys"
"""Ends what a monitor without a valid key is told."""
KEY_PATTERN = re.compile(r"rpk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class NewSecret:
    prefix: str
    text: str
    """The complete key, as the monitor sends it."""
    digest: str


def generate_secret() -> NewSecret:
    """Generate a key: 64 random bits to find it by, 256 to prove it."""
    prefix, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    return NewSecret(prefix, f"{KEY_MARK}{prefix}_{secret}", hash_secret(secret))


def parse_key(text: str) -> tuple[str, str] | None:
    """Split a key into prefix and secret; None for any other text."""
    match = KEY_PATTERN.fullmatch(text)
    return (match[1], match[2]) if match else None


def hash_secret(secret: str) -> str:
    """Hash with plain SHA-256: 256 random bits cannot be guessed, and a push must not wait for a slow hash."""
    return sha256(secret.encode()).hexdigest()


class ApiKeyEntity(Identified, Entity):
    """An API key; services that have keys map it: `class ApiKey(ApiKeyEntity, Base)`."""

    __abstract__ = True
    __tablename__ = "api_keys"

    name: Mapped[str]
    """The monitor's name, which its two live keys share while it changes over."""
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[str]
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """The last use, to within minutes: a busy monitor must not cause a write per push."""

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def is_proved_by(self, secret: str) -> bool:
        return hmac.compare_digest(self.secret_hash, hash_secret(secret))

    @property
    def principal(self) -> Principal:
        return Principal(subject=f"{KEY_SUBJECT}{self.prefix}", kind="monitor", scopes=frozenset(self.scopes))
