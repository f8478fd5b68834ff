"""The token in a respondent's link: 256 bits that open one invitation, kept as a hash only. Pure."""

import hashlib
import re
import secrets

SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes | None:
    """What the database holds of it; null when it cannot be one of ours."""
    return hashlib.sha256(token.encode()).digest() if SHAPE.fullmatch(token) else None
