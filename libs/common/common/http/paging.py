"""Keyset paging: a page starts after the last key of the page before, so every page costs the same."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from common.errors import Malformed
from common.http.documentation.documented_model import DocumentedModel

T = TypeVar("T")
V = TypeVar("V")


class BadCursor(Malformed, slug="bad-cursor"):
    """A cursor is the `next` of an earlier page, unchanged."""


class Page(DocumentedModel, Generic[T]):
    """A page of a list; `next` is the cursor of the following page, null on the last one."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class EntityPage(Generic[T]):
    items: list[T]
    next: str | None

    def to_page(self, view: Callable[[T], V]) -> Page[V]:
        return Page(items=[view(item) for item in self.items], next=self.next)


@dataclass(frozen=True, slots=True)
class PageRequest:
    limit: int
    after: UUID | None


def _parse_cursor(cursor: str) -> UUID:
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=="))
    except ValueError:
        raise BadCursor("This is no cursor of this list; take it from `next`.", field="cursor") from None


async def _page_request(
    limit: Annotated[int, Query(ge=1, le=200, description="The most items on a page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=64, description="The `next` of the page before.")] = None,
) -> PageRequest:
    return PageRequest(limit, _parse_cursor(cursor) if cursor else None)


Paging = Annotated[PageRequest, Depends(_page_request)]


async def paginate(
    session: AsyncSession, query: Select[T], page: PageRequest, *, key: InstrumentedAttribute[UUID]
) -> EntityPage[T]:
    """Load a page of `query` in the order of `key`, a unique, time-ordered id, in one statement."""
    if page.after is not None:
        query = query.where(key > page.after)
    rows: list[Any] = list(await session.scalars(query.order_by(key).limit(page.limit + 1)))
    items = rows[: page.limit]
    has_more = len(rows) > page.limit
    return EntityPage(items, _format_cursor(getattr(items[-1], key.key)) if has_more else None)


def _format_cursor(key: UUID) -> str:
    return urlsafe_b64encode(key.bytes).decode().rstrip("=")
