"""Compressed bodies: decompressed no further than to a limit."""

import gzip
import zlib
from io import BytesIO

from common.errors import TooLarge
from sla.measurements.receivers.errors import BodyEncodingNotSupported, BodyNotCompressed


def decompress_body(body: bytes, encoding: str, limit: int) -> bytes:
    """Decompress a body by its Content-Encoding, which is gzip or none.

    Raise TooLarge before it takes more than the limit, BodyEncodingNotSupported, BodyNotCompressed.
    """
    if encoding == "gzip":
        body = _decompress_gzip(body, limit)
    elif encoding not in ("", "identity"):
        raise BodyEncodingNotSupported("Send Content-Encoding: gzip, or none.")
    if len(body) > limit:
        raise TooLarge(f"A decompressed request has at most {limit} bytes: send smaller batches.")
    return body


def _decompress_gzip(body: bytes, limit: int) -> bytes:
    try:
        return gzip.GzipFile(fileobj=BytesIO(body or b"\0")).read(limit + 1)  # no bytes are no member
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BodyNotCompressed("The body is not compressed with gzip, or ends too early.") from None
