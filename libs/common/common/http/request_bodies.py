"""Bodies that routes decode themselves, in threads if they are large."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from fastapi import Request

from common.errors import TooLarge
from common.http.body_limits import decompress_body
from common.runtime import Runtime

Decoded = TypeVar("Decoded")

SMALL_BODY_BYTES = 64 * 1024
"""Bodies that have more bytes, decompressed, are decoded in a thread."""


class RequestBody(NamedTuple):
    """A body as it was sent."""

    content: bytes
    media_type: str = ""
    """In lower case, without parameters."""
    encoding: str = ""


async def read_body(request: Request) -> RequestBody:
    return RequestBody(await request.body(), media_type_of(request), encoding_of(request))


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def encoding_of(request: Request) -> str:
    return request.headers.get("content-encoding", "").strip().lower()


async def decode_body(runtime: Runtime, body: RequestBody, limit: int, decode: Callable[[bytes], Decoded]) -> Decoded:
    """Decompress and decode a body: here if it is small, else in a thread.

    Raise TooLarge before it takes more than the limit, BodyEncodingNotSupported, BodyNotCompressed.
    """
    try:
        is_small = len(body.content) <= SMALL_BODY_BYTES
        raw = decompress_body(body.content, body.encoding, SMALL_BODY_BYTES) if is_small else None
    except TooLarge:
        raw = None
    if raw is None:
        return await runtime.run_in_thread(lambda: decode(decompress_body(body.content, body.encoding, limit)))
    return decode(raw)
