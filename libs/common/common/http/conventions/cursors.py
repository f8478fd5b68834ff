"""Cursors: the place after which a page begins, in the order of its list."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID
from zlib import crc32

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Text, func, literal
from sqlalchemy.orm import InstrumentedAttribute

from common.errors import Invalid, Malformed
from common.views import check_storable

MAX_CURSOR_LENGTH = 2000
NOT_OF_THIS_LIST = "This is no cursor of this list; take it from `next`."
LARGEST_INTEGER = 2**31 - 1
UUID_BYTES, TAG_BYTES = 16, 4


class BadCursor(Malformed, slug="bad-cursor"):
    """A cursor is the `next` of an earlier page, unchanged."""


class CursorOfAnotherOrder(Invalid, slug="cursor-of-another-order"):
    """A cursor belongs to the order of the page that it came with: send the same `sort` with it."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a list by a column; those with equal values come in the order of the list's key."""

    name: str
    """As it is sent: `-opened_at`."""
    column: InstrumentedAttribute[Any]

    @property
    def is_descending(self) -> bool:
        return self.name.startswith("-")

    @property
    def expression(self) -> ColumnElement[Any]:
        """The column; texts are compared in any case."""
        return func.lower(self.column) if isinstance(self.column.type, Text) else self.column.expression

    def to_expression(self, value: Any) -> ColumnElement[Any]:
        """Return a value of the column as it is compared."""
        compared = literal(value, self.column.type)
        return func.lower(compared) if isinstance(self.column.type, Text) else compared

    @property
    def values(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.column.type.python_type)


@dataclass(frozen=True, slots=True)
class Position:
    """The place of the last item of a page."""

    key: UUID
    value: Any = None
    """Of the column that orders the list, unless it comes in its own order."""
    tag: bytes | None = None
    """Of the list that the place is in; None in cursors of the version before."""

    def check_list(self, key: InstrumentedAttribute[UUID]) -> None:
        """Raise BadCursor if the place is in a list of something else, where it would skip rows unseen."""
        if self.tag not in {None, _tag_of(key)}:
            raise BadCursor(NOT_OF_THIS_LIST, field="cursor")


@cache
def _tag_of(key: InstrumentedAttribute[UUID]) -> bytes:
    """Return a tag of the table and the column."""
    return crc32(str(key.expression).encode()).to_bytes(TAG_BYTES)


def format_cursor(item: Any, order: Order | None, key: InstrumentedAttribute[UUID]) -> str:
    last_key: UUID = getattr(item, key.key)
    content, tag = last_key.bytes + _tag_of(key), _tag_of(key).hex()
    if order is not None:
        value = order.values.dump_python(getattr(item, order.column.key), mode="json")
        content = orjson.dumps([order.name, value, last_key.hex, tag])
    return urlsafe_b64encode(content).decode().rstrip("=")


def parse_cursor(cursor: str, order: Order | None) -> Position:
    """Read a cursor of a list in this order. Raise BadCursor, or CursorOfAnotherOrder."""
    try:
        content = urlsafe_b64decode(cursor + "==")
        name, value, key, *tags = _read_parts(content)
        if name == (order and order.name):
            tag = bytes.fromhex(tags[0]) if tags else None
            return Position(UUID(key), _read_value(value, order), tag)
    except (ValueError, TypeError, AttributeError, ValidationError):
        raise BadCursor(NOT_OF_THIS_LIST, field="cursor") from None
    advice = f"Send sort={name} with it" if isinstance(name, str) else "Send it without sort"
    raise CursorOfAnotherOrder(f"{advice}, or begin with the first page.", field="cursor")


def _read_parts(content: bytes) -> list[Any]:
    """Return the name of the order, the value, the key and the tag, which cursors of the version before lack."""
    if len(content) == UUID_BYTES:
        return [None, None, content.hex()]
    if len(content) == UUID_BYTES + TAG_BYTES:
        return [None, None, content[:UUID_BYTES].hex(), content[UUID_BYTES:].hex()]
    parts: list[Any] = orjson.loads(content)
    return parts


def _read_value(value: Any, order: Order | None) -> Any:
    if order is None:
        return None
    value = order.values.validate_python(value, strict=False)
    if isinstance(value, str):
        return check_storable(value)
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ValueError("is larger than any stored value")
    return value
