"""Bodies in gzip: what takes long to decompress is refused, and how a body is cut into members changes nothing."""

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DomainError, TooLarge
from common.http.body_limits import MAX_MEMBERS, BodyNotCompressed, decompress_body

MEBIBYTE = 1 << 20
LIMIT = 64 * MEBIBYTE
EMPTY = gzip.compress(b"")
NAMED = EMPTY[:3] + b"\x08" + EMPTY[4:10]
"""The beginning of a member whose name follows."""

SLOW = {
    "members": EMPTY * 500_000,
    "a name": NAMED + b"n" * 16 * MEBIBYTE,
    "zeros between members": EMPTY + bytes(16 * MEBIBYTE) + b"x",
}


@pytest.mark.parametrize("name", SLOW)
def test_what_takes_long_to_decompress_is_refused_at_once(name: str) -> None:
    began = time.process_time()
    with pytest.raises(DomainError):
        decompress_body(SLOW[name], "gzip", LIMIT)
    assert time.process_time() - began < 0.5


def test_a_body_has_a_thousand_members_at_most() -> None:
    part = gzip.compress(b"part")
    assert decompress_body(part * MAX_MEMBERS, "gzip", LIMIT) == b"part" * MAX_MEMBERS
    with pytest.raises(TooLarge):
        decompress_body(part * (MAX_MEMBERS + 1), "gzip", LIMIT)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5), st.integers(0, 20), st.integers(0, 9))
def test_members_and_zeros_between_them_are_one_body(parts: list[bytes], zeros: int, level: int) -> None:
    body = bytes(zeros).join(gzip.compress(part, level) for part in parts)
    assert decompress_body(body, "gzip", LIMIT) == b"".join(parts)
    with pytest.raises(BodyNotCompressed):
        decompress_body(body[:-1], "gzip", LIMIT)


@pytest.mark.parametrize("size", [0, 1, 63 * 1024, 64 * 1024, 3 * MEBIBYTE])
def test_a_body_may_have_as_many_bytes_as_its_limit(size: int) -> None:
    body = gzip.compress(bytes(size))
    assert decompress_body(body, "gzip", size) == bytes(size)
    if size:
        with pytest.raises(TooLarge):
            decompress_body(body, "gzip", size - 1)
