"""Bounds what a JSON body unfolds to, before it is parsed: a few bytes may be an object of a hundred."""

from common.errors import TooLarge

MAX_JSON_VALUES = 2_000_000


def check_json_size(body: bytes) -> None:
    """Raise TooLarge if a JSON document may hold too many values."""
    if sum(body.count(mark) for mark in (b",", b"{", b"[")) > MAX_JSON_VALUES:
        raise TooLarge(f"A document has at most {MAX_JSON_VALUES} values: send smaller batches.")
