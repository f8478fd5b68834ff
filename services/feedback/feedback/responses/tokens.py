"""The token in a respondent's link: 256 random bits that open one invitation, stored as a hash only. Pure."""

import hashlib
import secrets


def generate_token() -> str:
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """Return the hash that the database holds."""
    return hashlib.sha256(token.encode()).digest()
