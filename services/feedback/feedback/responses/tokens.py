"""The token in a respondent's link: 256 bits that open one invitation, kept as a hash only. Pure."""

import hashlib
import secrets


def generate_token() -> str:
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What the database holds of it."""
    return hashlib.sha256(token.encode()).digest()
