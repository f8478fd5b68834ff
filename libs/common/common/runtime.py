"""A running service: its settings, its database, its clock, and the one way to begin and complete a unit of work."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import asyncpg
from pydantic_settings import BaseSettings
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from common import audit
from common.auth.principal import SYSTEM, Principal
from common.database.connections import Database
from common.database.machinery_tables import MachineryTables
from common.database.schema_guard import SchemaGuard
from common.events import outbox
from common.events.sent_records import SentRecords
from common.ids import new_id
from common.jobs.clock_guard import ClockGuard
from common.names.references import NameSource
from common.settings import ServiceSettings, Settings
from common.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from common.auth.authenticator import Authenticator

Clock = Callable[[], datetime]
Decoded = TypeVar("Decoded")

MAX_LARGE_BODIES = 2
"""Large bodies that a process decodes at a time, in threads: each may take some hundred megabytes."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Runtime:
    def __init__(
        self,
        name: str,
        settings: Settings,
        database: Database,
        tables: MachineryTables,
        clock: Clock = utc_now,
        service_settings: Iterable[BaseSettings] = (),
    ) -> None:
        self.name = name
        self.settings = settings
        self.database = database
        self.tables = tables
        self.clock = clock
        self.service_settings = ServiceSettings.from_groups(service_settings)
        self.name_sources: Mapping[str, NameSource] = {}
        """Where the names beside ids come from, by the kind of thing that an id stands for."""
        self.wake_relay: Callable[[], None] = lambda: None
        """Called after a commit that wrote events, as is `wake_changes`."""
        self.wake_changes: Callable[[], None] = lambda: None
        self.sent_records: SentRecords | None = None
        """What the relays of this process have sent, if it runs those of all services."""
        self.clock_guard = ClockGuard(database)
        """It watches the clock of the machine, whatever `clock` is."""
        self.schema_guard = SchemaGuard(database, name)
        self.authenticator: Authenticator
        self._large_bodies = asyncio.Semaphore(MAX_LARGE_BODIES)
        if not event.contains(database.sync_sessions, "after_flush", audit.collect_changes):
            event.listen(database.sync_sessions, "after_flush", audit.collect_changes)

    async def get_pool(self) -> asyncpg.Pool:
        """Return the asyncpg pool, for hot paths."""
        return await self.database.get_pool()

    async def run_in_thread(self, decode: Callable[[], Decoded]) -> Decoded:
        """Decode a large body in a thread, so that other requests need not wait for it."""
        await self._large_bodies.acquire()
        decoding = asyncio.ensure_future(asyncio.to_thread(decode))
        decoding.add_done_callback(self._make_room)
        return await asyncio.shield(decoding)  # the thread goes on when nobody waits for it any more

    def _make_room(self, decoding: asyncio.Future[Decoded]) -> None:
        self._large_bodies.release()
        if not decoding.cancelled():
            decoding.exception()  # retrieved, so that asyncio does not report it

    @asynccontextmanager
    async def begin(
        self, principal: Principal = SYSTEM, correlation: str | None = None, causation: str | None = None
    ) -> AsyncIterator[UnitOfWork]:
        """Open a unit of work that is completed when the block ends well, and rolled back when it raises."""
        async with self.database.sessions() as session:
            work = self.build_unit_of_work(session, principal, correlation, causation)
            yield work
            await self.complete(work)

    def build_unit_of_work(
        self, session: AsyncSession, principal: Principal, correlation: str | None, causation: str | None
    ) -> UnitOfWork:
        return UnitOfWork(
            session,
            principal,
            self.clock(),
            correlation or new_id().hex,
            causation,
            self.service_settings,
            self.name_sources,
        )

    async def complete(self, work: UnitOfWork) -> None:
        await self.write_changes(work)
        await self.commit(work.session, [work])

    async def write_changes(self, work: UnitOfWork) -> None:
        """Write what `work` changed, and collect its audit trail."""
        await work.flush()
        audit.take_trail(work)

    async def commit(self, session: AsyncSession, works: Sequence[UnitOfWork]) -> None:
        """Write the trails and events of the session's `works`, whose changes are written; nothing else commits."""

        def write_and_commit(sync_session: Session) -> int:
            event_count = outbox.write_records(sync_session, works, self.tables)
            sync_session.commit()
            return event_count

        # In one go, as each call of the asynchronous session costs as much as a round trip.
        if await session.run_sync(write_and_commit):
            self.wake_relay()
            self.wake_changes()
