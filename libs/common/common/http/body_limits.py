"""Bounds what a body costs: a few bytes may be an object of a hundred, and each error takes as long as many."""

# The module gzip reads the names and comments of members, and zeros between them, byte by byte in Python.

import re
import zlib
from collections.abc import Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from common.errors import Invalid, Malformed, TooLarge, UnsupportedMediaType

MAX_JSON_VALUES = 2_000_000
MAX_ERRORS = 1000
"""The errors of a body that are described: it takes ten seconds to describe those that a megabyte can have."""
MAX_MEMBERS = 1000
"""The parts of a body that are compressed by themselves: an empty one takes 20 bytes, and some time."""

_GZIP = zlib.MAX_WBITS | 16
_PIECE_BYTES = 64 * 1024
"""What is given to zlib at once: what lies behind the end of a member is copied."""
_ZEROS = re.compile(rb"\0*")


class BodyEncodingNotSupported(UnsupportedMediaType, slug="body-encoding-not-supported"):
    """A body is accepted plain or with gzip."""

    headers: Mapping[str, str] = {"Accept-Encoding": "gzip"}


class BodyNotCompressed(Malformed, slug="body-not-compressed"):
    """The body must be compressed as its Content-Encoding says."""


def decompress_body(content: bytes, encoding: str, limit: int) -> bytes:
    """Decompress a body by its Content-Encoding, which is gzip or none.

    Raise TooLarge before it takes more than the limit, BodyEncodingNotSupported, BodyNotCompressed.
    """
    if encoding == "gzip":
        content = _decompress_gzip(content, limit)
    elif encoding not in ("", "identity"):
        raise BodyEncodingNotSupported("Send Content-Encoding: gzip, or none.")
    if len(content) > limit:
        raise TooLarge(f"A decompressed request has at most {limit} bytes: send smaller batches.")
    return content


def _decompress_gzip(body: bytes, limit: int) -> bytes:
    output, position = bytearray(), 0
    for _ in range(MAX_MEMBERS):
        try:
            position = _add_member(body, position, output, limit)
        except (EOFError, zlib.error):
            raise BodyNotCompressed("The body is not compressed with gzip, or ends too early.") from None
        zeros = _ZEROS.match(body, position)
        position = zeros.end() if zeros else position
        if position == len(body) or len(output) > limit:
            return bytes(output)
    raise TooLarge(f"A body has at most {MAX_MEMBERS} members of gzip: send smaller batches.")


def _add_member(body: bytes, position: int, output: bytearray, limit: int) -> int:
    """Add a member to the output, which becomes no longer than a byte more than the limit; return where it ends."""
    member = zlib.decompressobj(_GZIP)
    while not member.eof and len(output) <= limit:
        piece = body[position : position + _PIECE_BYTES]
        if not piece:
            raise EOFError
        output += member.decompress(piece, limit + 1 - len(output))
        position += len(piece) - len(member.unused_data) - len(member.unconsumed_tail)
    return position


def check_json_size(body: bytes) -> None:
    """Raise TooLarge if a JSON document may hold too many values."""
    if sum(body.count(mark) for mark in (b",", b"{", b"[")) > MAX_JSON_VALUES:
        raise TooLarge(f"A document has at most {MAX_JSON_VALUES} values: send smaller batches.")


def describe_many_errors(error: ValidationError) -> str | None:
    """Return how many errors there are, if there are so many that none of them is described."""
    count = error.error_count()
    return f"has {count} errors, which are too many to be named: send a part of it" if count > MAX_ERRORS else None


class ErrorLimit:
    """Marks the body of a request: with very many errors it is refused at once, and they are only counted."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._validate, handler(source))

    def _validate(self, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(value)
        except ValidationError as error:
            if reason := describe_many_errors(error):
                raise Invalid(reason, field="body") from None
            raise
