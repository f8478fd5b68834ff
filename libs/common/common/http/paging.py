"""Keyset paging: a page starts after the last key of the page before, so every page costs the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from common.http.conventions.cursors import MAX_CURSOR_LENGTH, Order, Position, format_cursor, parse_cursor
from common.http.documentation.documented_model import DocumentedModel

T = TypeVar("T")
V = TypeVar("V")

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="The most items on a page.")]
Cursor = Annotated[str | None, Query(max_length=MAX_CURSOR_LENGTH, description="The `next` of the page before.")]
Counted = Annotated[bool, Query(alias="count", description="Say in `total` how many there are on all pages.")]


class Page(DocumentedModel, Generic[T]):
    """A page of a list; `next` is the cursor of the following page, null on the last one."""

    items: list[T]
    next: str | None = None
    total: int | None = Field(
        default=None,
        exclude_if=lambda total: total is None,
        description="How many there are on all pages; only with `count=true`.",
    )


@dataclass(frozen=True, slots=True)
class EntityPage(Generic[T]):
    items: list[T]
    next: str | None
    total: int | None = None

    def to_page(self, view: Callable[[T], V]) -> Page[V]:
        return self.with_views([view(item) for item in self.items])

    def with_views(self, views: list[V]) -> Page[V]:
        """Return the page with views that were built of its items together."""
        return Page(items=views, next=self.next, total=self.total)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The part of a list that a reader asks for, besides the filters of that list."""

    limit: int = DEFAULT_LIMIT
    after: Position | None = None
    order: Order | None = None
    """None for the order of the list itself."""
    is_counted: bool = False
    conditions: Sequence[ColumnElement[bool]] = field(default=())
    """Of ids, of the time of the last change, and of words in the name."""


async def _page_request(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, is_counted: Counted = False
) -> PageRequest:
    return PageRequest(limit, parse_cursor(cursor, None) if cursor else None, is_counted=is_counted)


Paging = Annotated[PageRequest, Depends(_page_request)]


async def paginate(
    session: AsyncSession, query: Select[T], page: PageRequest, *, key: InstrumentedAttribute[UUID]
) -> EntityPage[T]:
    """Load a page of `query` in the order asked for, else of `key`, a unique, time-ordered id.

    It takes one statement, and another one to count.
    """
    if page.after is not None:
        page.after.check_list(key)
    query = query.where(*page.conditions)
    total = await _count(session, query) if page.is_counted else None
    rows: list[Any] = list(await session.scalars(_select_page(query, page, key)))
    items = rows[: page.limit]
    cursor = format_cursor(items[-1], page.order, key) if len(rows) > page.limit else None
    return EntityPage(items, cursor, total)


async def _count(session: AsyncSession, query: Select[Any]) -> int:
    rows = query.order_by(None).with_only_columns(literal(1), maintain_column_froms=True).subquery()
    return await session.scalar(select(func.count()).select_from(rows)) or 0


def _select_page(query: Select[T], page: PageRequest, key: InstrumentedAttribute[UUID]) -> Select[T]:
    order, limit = page.order, page.limit + 1
    if order is None:
        query = query if page.after is None else query.where(key > page.after.key)
        return query.order_by(key).limit(limit)
    if page.after is not None:
        place = tuple_(order.expression, key)
        last = tuple_(order.to_expression(page.after.value), literal(page.after.key, key.type))
        query = query.where(place < last if order.is_descending else place > last)
    terms = (order.expression.desc(), key.desc()) if order.is_descending else (order.expression, key)
    return query.order_by(*terms).limit(limit)
