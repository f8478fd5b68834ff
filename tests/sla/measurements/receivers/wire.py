"""Remote write made by hand, byte by byte, as its specifications say: by nothing that reads it here."""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import cramjam

FIRST = "application/x-protobuf"
SECOND = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
STALE = struct.pack("<Q", 0x7FF0000000000002)


def varint(number: int) -> bytes:
    """Encode an integer; negative ones take ten bytes, as int64 has them."""
    number %= 1 << 64
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def number(key: int, value: int) -> bytes:
    return varint(key << 3) + varint(value)


def inner(key: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(key << 3 | 2) + varint(len(content)) + content


def double(key: int, value: float | bytes) -> bytes:
    """Encode a double, or eight bytes as they are."""
    return varint(key << 3 | 1) + (value if isinstance(value, bytes) else struct.pack("<d", value))


def sample(at: int, value: float | bytes, start_at: int | None = None) -> bytes:
    return double(1, value) + number(2, at) + (b"" if start_at is None else number(3, start_at))


def labelled(labels: Iterable[tuple[str, str]], *samples: bytes, more: bytes = b"") -> bytes:
    """Encode a series of 1.0."""
    pairs = (inner(1, inner(1, name) + inner(2, value)) for name, value in labels)
    return b"".join(pairs) + b"".join(inner(2, content) for content in samples) + more


def referring(references: Sequence[int], *samples: bytes, more: bytes = b"") -> bytes:
    """Encode a series of 2.0."""
    packed = b"".join(map(varint, references))
    return (inner(1, packed) if references else b"") + b"".join(inner(2, content) for content in samples) + more


def first(*series: bytes, more: bytes = b"") -> bytes:
    return b"".join(inner(1, content) for content in series) + more


def second(symbols: Sequence[str], *series: bytes, more: bytes = b"") -> bytes:
    return b"".join(inner(4, text) for text in symbols) + b"".join(inner(5, content) for content in series) + more


def native(at: int, count: int = 1, more: bytes = b"") -> bytes:
    """Encode a histogram of 2.0, all of whose observations lie around zero."""
    return number(1, count) + double(3, 1.0) + double(5, 0.001) + number(6, count) + more + number(15, at)


def block(raw: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(raw))


def framed(raw: bytes) -> bytes:
    return bytes(cramjam.snappy.compress(raw))


def written(answer: Any) -> tuple[str | None, ...]:
    names = ("Samples", "Histograms", "Exemplars")
    return tuple(answer.headers.get(f"X-Prometheus-Remote-Write-{name}-Written") for name in names)
