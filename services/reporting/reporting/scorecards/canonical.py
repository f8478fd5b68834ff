"""Canonical JSON (RFC 8785) and its hash: whoever has the document can check it. Pure."""

import hashlib
from typing import Any

import rfc8785
from pydantic import BaseModel


def canonical_json(document: BaseModel | dict[str, Any]) -> bytes:
    """Keys sorted, no spaces; decimals, ids and instants are text already."""
    return rfc8785.dumps(document.model_dump(mode="json") if isinstance(document, BaseModel) else document)


def canonical_sha256(document: BaseModel) -> str:
    return hashlib.sha256(canonical_json(document)).hexdigest()
