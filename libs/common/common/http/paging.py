"""Keyset paging: a page starts behind the last key of the one before, so that it costs the same at any depth."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from common.errors import Malformed

T = TypeVar("T")
V = TypeVar("V")


class BadCursor(Malformed, slug="bad-cursor"):
    """A cursor is taken from the `next` of the page before, as it is."""


class Page(BaseModel, Generic[T]):
    """`next` is the cursor of the following page, null on the last one."""

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


def _read(cursor: str) -> UUID:
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=="))
    except ValueError:
        raise BadCursor("This cursor was not issued here.", field="cursor") from None


async def _page_request(
    limit: Annotated[int, Query(ge=1, le=200, description="How many items a page holds at the most.")] = 50,
    cursor: Annotated[str | None, Query(max_length=64, description="The `next` of the page before.")] = None,
) -> PageRequest:
    return PageRequest(limit, _read(cursor) if cursor else None)


Paging = Annotated[PageRequest, Depends(_page_request)]


async def paginate(
    session: AsyncSession, query: Select[T], page: PageRequest, *, key: InstrumentedAttribute[UUID]
) -> EntityPage[T]:
    """The page of `query` in the order of `key`, a unique, time-ordered id, newest last. One statement."""
    if page.after is not None:
        query = query.where(key > page.after)
    found: list[Any] = list(await session.scalars(query.order_by(key).limit(page.limit + 1)))
    items = found[: page.limit]
    more = len(found) > page.limit
    return EntityPage(items, _write(getattr(items[-1], key.key)) if more else None)


def _write(key: UUID) -> str:
    return urlsafe_b64encode(key.bytes).decode().rstrip("=")
