"""Canonical JSON (RFC 8785): one way to write a value, so that whoever holds it can check its hash."""

from hashlib import sha256
from typing import Any

import rfc8785
from pydantic import BaseModel

CanonicalizationError = rfc8785.CanonicalizationError
"""Raised for values that canonical JSON cannot hold, such as integers beyond 2**53."""


def to_canonical_json(value: BaseModel | Any) -> bytes:
    """Write `value` with sorted keys and without spaces; a model is written as its JSON form."""
    return rfc8785.dumps(value.model_dump(mode="json") if isinstance(value, BaseModel) else value)


def hash_canonical_json(value: BaseModel | Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, in hexadecimal."""
    return sha256(to_canonical_json(value)).hexdigest()
