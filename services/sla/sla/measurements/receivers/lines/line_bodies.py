"""What the formats with lines share: the limits of a body, its text, and numbers."""

import math
import re

from common.errors import TooLarge
from sla.measurements.ingest.refusals import Refusal
from sla.measurements.receivers.errors import LinesUnreadable

MAX_DECODED_BYTES = 16 * 1024 * 1024
MAX_LINES = 100_000
LONGEST_NUMBER = 400
"""Characters: more than the largest number has when it is written out."""

_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:e[+-]?[0-9]++)?|inf|infinity|nan)", re.IGNORECASE)


def decode_lines(raw: bytes) -> str:
    if raw.count(b"\n") >= MAX_LINES:
        raise TooLarge(f"A request has at most {MAX_LINES} lines: send smaller batches.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LinesUnreadable("The body is not text in UTF-8.") from None


def read_number(text: str) -> float:
    if len(text) > LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise Refusal("its value is not a number")
    value = float(text)
    if math.isinf(value) and "inf" not in text.lower():
        raise Refusal("its value is larger than any number of 64 bits")
    return value
