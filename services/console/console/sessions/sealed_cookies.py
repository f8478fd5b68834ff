"""Cookies whose content only the console can read and change, split over several where it is long."""

from collections.abc import Iterator, Mapping

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

PART_LENGTH = 3800
"""The characters of one cookie; browsers take 4096 bytes with its name and attributes."""
MAX_PARTS = 4
HEADER = {"alg": "dir", "enc": "A256GCM"}


class ContentTooLong(ValueError):
    """The content does not fit into the cookies."""


class CookieSealer:
    """Encrypts and authenticates the content of one kind of cookie, named by `purpose`."""

    def __init__(self, secret: str, purpose: str) -> None:
        key = HKDF(SHA256(), length=32, salt=None, info=f"rapport console {purpose}".encode()).derive(secret.encode())
        self._key = OctKey.import_key(key)

    def seal(self, content: bytes) -> str:
        """Return the content as text for a cookie. Raise ContentTooLong."""
        text = jwe.encrypt_compact(dict(HEADER), content, self._key)
        if len(text) > PART_LENGTH * MAX_PARTS:
            raise ContentTooLong(f"{len(text)} characters")
        return text

    def open(self, text: str) -> bytes | None:
        """Return the content, or None if it was not sealed by this one."""
        try:
            return jwe.decrypt_compact(text, self._key, algorithms=list(HEADER.values())).plaintext
        except (JoseError, ValueError):
            return None


def join_parts(name: str, cookies: Mapping[str, str]) -> str:
    return "".join(cookies.get(part, "") for part in list_part_names(name))


def split_into_parts(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield all cookies of this name with their part of the text; those that are not needed are empty."""
    for number, part in enumerate(list_part_names(name)):
        yield part, text[number * PART_LENGTH : (number + 1) * PART_LENGTH]


def list_part_names(name: str) -> list[str]:
    return [name, *(f"{name}.{number}" for number in range(1, MAX_PARTS))]
