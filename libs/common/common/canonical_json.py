"""Canonical JSON (RFC 8785): one way to write a value, so that whoever holds it can check its hash."""

from hashlib import sha256
from typing import Any

import orjson
import rfc8785
from pydantic import BaseModel

CanonicalizationError = rfc8785.CanonicalizationError
"""Raised for values that canonical JSON cannot hold, such as integers beyond 2**53."""
_PLAIN_SCALARS = frozenset({str, int, bool, type(None)})
_FIRST_BYTE_BEYOND_16_BITS = 0xF0
"""With which UTF-8 begins the characters that UTF-16 sorts otherwise than UTF-8 does."""


def to_canonical_json(value: BaseModel | Any) -> bytes:
    """Write `value` with sorted keys and without spaces; a model is written as its JSON form."""
    document = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return _write_plain(document) or rfc8785.dumps(document)


def hash_canonical_json(value: BaseModel | Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, in hexadecimal."""
    return sha256(to_canonical_json(value)).hexdigest()


def _write_plain(document: Any) -> bytes | None:
    """Write canonical JSON by orjson, ten times as fast; None where it might write or sort something otherwise."""
    if not _is_plain(document):
        return None
    try:
        written = orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except TypeError:
        return None
    return written if written.isascii() or max(written) < _FIRST_BYTE_BEYOND_16_BITS else None


def _is_plain(value: Any) -> bool:
    """Tell whether the value holds nothing but text, integers, truth values, nulls, lists, and dicts with text keys."""
    kind = type(value)
    if kind is dict:
        return all(type(key) is str and _is_plain(item) for key, item in value.items())
    if kind is list:
        return all(map(_is_plain, value))
    return kind in _PLAIN_SCALARS
