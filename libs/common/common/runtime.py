"""One running service: its settings, its database, its clock, and the one way in which work is begun and completed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, outbox
from common.auth.principal import SYSTEM, Principal
from common.database import Database
from common.ids import new_id
from common.settings import Settings
from common.tables import Tables
from common.work import Work

if TYPE_CHECKING:
    from common.auth.authenticator import Authenticator

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Runtime:
    def __init__(
        self, name: str, settings: Settings, database: Database, tables: Tables, clock: Clock = utc_now
    ) -> None:
        self.name = name
        self.settings = settings
        self.database = database
        self.tables = tables
        self.clock = clock
        self.hint: Callable[[], None] = lambda: None
        """Called after a commit that wrote events: wakes the relay."""
        self.authenticator: Authenticator
        if not event.contains(database.sync_sessions, "after_flush", audit.note):
            event.listen(database.sync_sessions, "after_flush", audit.note)

    async def pool(self) -> asyncpg.Pool:
        """Asyncpg directly, for hot paths."""
        return await self.database.pool()

    @asynccontextmanager
    async def begin(
        self, principal: Principal = SYSTEM, correlation: str | None = None, causation: str | None = None
    ) -> AsyncIterator[Work]:
        """One unit of work: completed when the block ends well, rolled back when it raises."""
        async with self.database.sessions() as session:
            work = self.unit(session, principal, correlation, causation)
            yield work
            await self.complete(work)

    def unit(self, session: AsyncSession, principal: Principal, correlation: str | None, causation: str | None) -> Work:
        return Work(session, principal, self.clock(), correlation or new_id().hex, causation)

    async def complete(self, work: Work) -> None:
        await self.settle(work)
        await self.commit(work)

    async def settle(self, work: Work) -> None:
        """Write what `work` changed, and the trail of it."""
        await work.flush()
        await audit.write(work, self.tables)

    async def commit(self, *works: Work) -> None:
        """Write the events of `works`, which are settled and share a session, and commit. Nothing else commits."""
        told = await outbox.write(works, self.tables)
        await works[0].session.commit()
        if told:
            self.hint()
