"""One request or one event as one unit of work: a transaction, who asks, the instant, and what will be told."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, bindparam, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from common.auth.principal import Principal
from common.database.entities import Entity, Versioned
from common.errors import NotFound, PreconditionFailed
from published.event import Event

E = TypeVar("E", bound=Entity)
S = TypeVar("S", bound=Select[Any])


@cache
def _by_key(kind: type[E]) -> Select[E]:
    """As `Session.get` has it, which builds it anew each time, and that costs more than to send it."""
    (key,) = inspect(kind).primary_key
    return select(kind).where(key == bindparam("key"))


class ChangedMeanwhile(PreconditionFailed, slug="changed-meanwhile"):
    """If-Match must name the version that the change was made from."""


@dataclass(slots=True)
class UnitOfWork:
    """Handed to every action and reaction. It is committed at the door it came through, never inside."""

    session: AsyncSession
    principal: Principal
    now: datetime
    """The instant of the whole unit, UTC."""
    correlation: str
    causation: str | None = None
    events: list[Event] = field(default_factory=list)
    etag_entity: Versioned | None = None

    def emit(self, event: Event) -> None:
        """Tell the other services, if and only if this unit is committed."""
        self.events.append(event)

    def add(self, entity: Entity) -> None:
        self.session.add(entity)

    async def flush(self) -> None:
        """Send changes to the database, so that its constraints speak and versions move."""
        await self.session.flush()

    @property
    def has_changes(self) -> bool:
        """Whether there is something to write that was not flushed yet."""
        session = self.session
        return bool(self.events or session.new or session.dirty or session.deleted)

    async def get(self, kind: type[E], key: UUID, *, lock: bool = False, match: int | None = None) -> E:
        """The entity, if the principal may see it; `match`, from If-Match, is the version it must have; locks it."""
        entity = await self._find(kind, key, lock=lock or match is not None)
        if entity is None or not self.can_see(entity):
            raise NotFound(kind.__name__.lower(), key)
        version = getattr(entity, "version", None)
        if match is not None and version != match:
            raise ChangedMeanwhile(f"This {kind.__name__.lower()} is at version {version}, not {match}.")
        return entity

    async def _find(self, kind: type[E], key: UUID, *, lock: bool) -> E | None:
        if lock or self.session.identity_map:
            return await self.session.get(kind, key, with_for_update=lock or None)
        found: E | None = await self.session.scalar(_by_key(kind), {"key": key})
        return found

    def can_see(self, entity: Entity) -> bool:
        mine = self.principal.customer_id
        return mine is None or getattr(entity, "customer_id", mine) == mine

    def select_visible(self, query: S, customer: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]) -> S:
        """`query` restricted to the principal's own customer, where it is a customer's."""
        mine = self.principal.customer_id
        return query if mine is None else query.where(customer == mine)

    def set_etag(self, entity: Versioned) -> None:
        """Let the answer carry this entity's version as ETag."""
        self.etag_entity = entity
