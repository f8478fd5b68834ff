"""Cursors: the place after which a page begins, in the order of its list."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Text, func, literal
from sqlalchemy.orm import InstrumentedAttribute

from common.errors import Invalid, Malformed
from common.views import check_storable

MAX_CURSOR_LENGTH = 2000
LARGEST_INTEGER = 2**31 - 1
UUID_BYTES = 16


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


def format_cursor(item: Any, order: Order | None, key: InstrumentedAttribute[UUID]) -> str:
    last_key: UUID = getattr(item, key.key)
    content = last_key.bytes
    if order is not None:
        value = order.values.dump_python(getattr(item, order.column.key), mode="json")
        content = orjson.dumps([order.name, value, last_key.hex])
    return urlsafe_b64encode(content).decode().rstrip("=")


def parse_cursor(cursor: str, order: Order | None) -> Position:
    """Read a cursor of a list in this order. Raise BadCursor, or CursorOfAnotherOrder."""
    try:
        content = urlsafe_b64decode(cursor + "==")
        is_plain = len(content) == UUID_BYTES
        name, value, key = (None, None, UUID(bytes=content).hex) if is_plain else orjson.loads(content)
        if name == (order and order.name):
            return Position(UUID(key), _read_value(value, order))
    except (ValueError, TypeError, AttributeError, ValidationError):
        raise BadCursor("This is no cursor of this list; take it from `next`.", field="cursor") from None
    advice = f"Send sort={name} with it" if isinstance(name, str) else "Send it without sort"
    raise CursorOfAnotherOrder(f"{advice}, or begin with the first page.", field="cursor")


def _read_value(value: Any, order: Order | None) -> Any:
    if order is None:
        return None
    value = order.values.validate_python(value, strict=False)
    if isinstance(value, str):
        return check_storable(value)
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ValueError("is larger than any stored value")
    return value
