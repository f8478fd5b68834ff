"""A service's connections to PostgreSQL: pools of sessions, an asyncpg pool, and locks."""

import time
from typing import Any

import asyncpg
import orjson
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

from common.database.locks import AdvisoryLocks
from common.settings import DatabaseSettings


class Database:
    """A service's connections: SQLAlchemy for the domain, asyncpg for hot paths."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self.engine = _engine(settings, pool_size=settings.pool_size, max_overflow=settings.pool_overflow)
        # A second engine costs less than an option that is set and reset at each use of the first one.
        self._read_engine = _engine(
            settings, pool_size=settings.read_pool_size, max_overflow=0, isolation_level="AUTOCOMMIT"
        )
        self.locks = AdvisoryLocks(self.open_connection)
        self.sync_sessions = sessionmaker(expire_on_commit=False)
        """The class of this database's sessions, for event listeners."""
        self.sessions = async_sessionmaker(self.engine, sync_session_class=self.sync_sessions, expire_on_commit=False)
        self.read_sessions = async_sessionmaker(self._read_engine, expire_on_commit=False)
        """Sessions without transactions, which saves two of three round trips; they may not change anything."""
        self._pool: asyncpg.Pool | None = None

    async def get_pool(self) -> asyncpg.Pool:
        """Return the asyncpg pool, which is opened at first use."""
        if self._pool is None:
            self._pool = await asyncpg.create_pool(
                self.settings.url,
                min_size=0,
                max_size=self.settings.asyncpg_pool_size,
                max_inactive_connection_lifetime=self.settings.longest_rest.total_seconds(),
                timeout=self.settings.connect_timeout,
                server_settings=self.settings.server_settings(),
                reset=_keep_session,
            )
        return self._pool

    async def open_connection(self) -> asyncpg.Connection:
        """Open a connection outside the pools, for advisory locks that live as long as it does."""
        return await asyncpg.connect(
            self.settings.url, timeout=self.settings.connect_timeout, server_settings=self.settings.lock_settings()
        )

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
        self.locks.close()
        await self.engine.dispose()
        await self._read_engine.dispose()


async def _keep_session(_connection: object) -> None:
    """Spare the query that resets a session at each return to the pool, as nobody changes one: SET is always LOCAL.

    A transaction that was left open is rolled back before.
    """


def _engine(settings: DatabaseSettings, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        settings.sqlalchemy_url,
        hide_parameters=True,
        pool_timeout=settings.pool_timeout,
        pool_use_lifo=True,
        json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
        json_deserializer=orjson.loads,
        connect_args={"timeout": settings.connect_timeout, "server_settings": settings.server_settings()},
        **options,
    )
    _replace_rested(engine, settings.longest_rest.total_seconds())
    return engine


def _replace_rested(engine: AsyncEngine, longest_rest: float) -> None:
    """Have the pool replace a connection that PostgreSQL has closed, or is about to close, before anybody uses it."""

    @event.listens_for(engine.sync_engine, "checkin")
    def note_return(_connection: object, record: Any) -> None:
        record.info["returned_at"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def refuse_rested(connection: Any, record: Any, _proxy: object) -> None:
        # That it is closed shows only after the event loop has read so, which a busy one does late.
        rest = time.monotonic() - record.info.get("returned_at", time.monotonic())
        if connection.driver_connection.is_closed() or rest > longest_rest:
            raise DisconnectionError
