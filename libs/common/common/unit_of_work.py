"""A unit of work: the transaction of one request or event, its principal, its instant, and the events it emits."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, bindparam, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from common.auth.principal import Principal
from common.database.entities import Entity, Versioned
from common.errors import NotFound, PreconditionFailed
from common.names.references import NameSource
from common.settings import ServiceSettings
from published.event import Event

E = TypeVar("E", bound=Entity)
S = TypeVar("S", bound=Select[Any])
V = TypeVar("V", bound=Versioned)


@cache
def _by_key(kind: type[E]) -> Select[E]:
    """Return the query of `Session.get`, cached: building it costs more than sending it."""
    (key,) = inspect(kind).primary_key
    return select(kind).where(key == bindparam("key"))


class ChangedMeanwhile(PreconditionFailed, slug="changed-meanwhile"):
    """If-Match must name the version that the change was made from."""


@dataclass(slots=True)
class UnitOfWork:
    """The unit of work of every action and reaction. Whoever opened it commits it; nothing inside does."""

    session: AsyncSession
    principal: Principal
    now: datetime
    """The instant of the whole unit, UTC."""
    correlation: str
    causation: str | None = None
    service_settings: ServiceSettings = field(default_factory=ServiceSettings)
    name_sources: Mapping[str, NameSource] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    trail: list[dict[str, Any]] = field(default_factory=list)
    """The rows of the audit trail for what was flushed, until the commit writes them."""
    etag_entity: Versioned | None = None

    def emit(self, event: Event) -> None:
        """Publish `event` to the other services if and only if this unit is committed."""
        self.events.append(event)

    def add(self, entity: Entity) -> None:
        self.session.add(entity)

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Take back what the block has changed and emitted if it raises, and nothing of what was before."""
        notes = self.session.sync_session.info.setdefault("trail", [])
        event_count, note_count = len(self.events), len(notes)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self.events[event_count:]
            del notes[note_count:]
            raise

    async def flush(self) -> None:
        """Send changes to the database, which checks its constraints and counts versions."""
        session = self.session
        if session.new or session.dirty or session.deleted:
            await session.flush()

    @property
    def has_changes(self) -> bool:
        """Tell whether there are changes that were not flushed yet."""
        session = self.session
        return bool(self.events or session.new or session.dirty or session.deleted)

    async def get(self, kind: type[E], key: UUID, *, lock: bool = False, match: int | None = None) -> E:
        """Return the entity, or raise NotFound if there is none that the principal may see.

        `match`, from If-Match, is the version it must have; the entity is locked then.
        """
        entity = await self._find(kind, key, lock=lock or match is not None)
        if entity is None or not self.can_see(entity):
            raise NotFound(kind.noun, key)
        version = getattr(entity, "version", None)
        if match is not None and version != match:
            raise ChangedMeanwhile(f"This {kind.noun} is at version {version}, not {match}: read it again.")
        return entity

    async def _find(self, kind: type[E], key: UUID, *, lock: bool) -> E | None:
        if lock or self.session.identity_map:
            return await self.session.get(kind, key, with_for_update=lock or None)
        entity: E | None = await self.session.scalar(_by_key(kind), {"key": key})
        return entity

    async def lock_name(self, name: str, *, shared: bool = False) -> None:
        """Hold the lock `name` until the transaction ends; another transaction that asks for it waits.

        Those that ask for it `shared` hold it together.
        """
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        await self.session.execute(select(lock(func.hashtextextended(name, 0))))

    async def find_unknown_ids(self, column: InstrumentedAttribute[UUID], ids: Collection[UUID]) -> set[UUID]:
        """Find those of the ids that no row has in the column; rows of the others are not deleted until the commit."""
        query = select(column).where(column.in_(ids)).order_by(column)
        return set(ids) - set(await self.session.scalars(query.with_for_update(read=True, key_share=True)))

    def can_see(self, entity: Entity) -> bool:
        """Tell whether the principal may see the entity: one without a customer is the staff's unless it is open."""
        return entity.open_to_customers or self.principal.may_see(getattr(entity, "customer_id", None))

    def select_visible(self, query: S, customer: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]) -> S:
        """Restrict `query` to the principal's own customer, if the principal speaks for one."""
        customer_id = self.principal.customer_id
        return query if customer_id is None else query.where(customer == customer_id)

    def set_etag(self, entity: V) -> V:
        """Send this entity's version in the response's ETag, and return the entity."""
        self.etag_entity = entity
        return entity

    @property
    def tagged_version(self) -> int | None:
        """The version of the entity that the response is about; None where it is about none."""
        return None if self.etag_entity is None else self.etag_entity.version
