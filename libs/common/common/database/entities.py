"""The base of all mapped entities, and a service's connections to PostgreSQL."""

import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import Date, DateTime, Enum, MetaData, Numeric, Text, Uuid, event, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, sessionmaker
from sqlalchemy.orm.attributes import flag_modified

from common.database.locks import AdvisoryLocks
from common.ids import new_id
from common.settings import DatabaseSettings

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


PERSONAL: dict[Any, Any] = {"personal": True}
"""`mapped_column(info=PERSONAL)` keeps a person's data out of the audit trail, so that it can be erased."""


def metadata_for(schema: str) -> MetaData:
    return MetaData(schema=schema, naming_convention=NAMING_CONVENTION)


class Entity(DeclarativeBase):
    """The parent of each service's Base, which adds the service's own metadata."""

    __abstract__ = True
    __audited__: ClassVar[bool] = True
    noun: ClassVar[str] = "entity"
    """What messages to people call it; by default the words of the class name."""

    def __init_subclass__(cls, **options: Any) -> None:
        if "noun" not in cls.__dict__:
            cls.noun = " ".join(re.findall("[A-Z][a-z0-9]*", cls.__name__.removesuffix("Replica"))).lower()
        super().__init_subclass__(**options)

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        date: Date(),
        Decimal: Numeric(),
        UUID: Uuid(),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


class Identified:
    """Gives an entity a UUIDv7 primary key and the time of its creation."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Versioned:
    """Counts an entity's changes: the version is its ETag and guards against lost updates."""

    version: Mapped[int] = mapped_column()

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Touched:
    """Remembers when it, or anything that belongs to it, was last changed: such a change is a new version of it."""

    changed_at: Mapped[datetime]

    def touch(self, at: datetime) -> None:
        self.changed_at = at
        flag_modified(self, "changed_at")  # two changes of one instant are two versions


def text_enum(values: type[StrEnum], name: str) -> Enum:
    """Build the column type of text restricted to the members of `values` by the check constraint `name`."""
    return Enum(
        values,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=max(len(value) for value in values) + 8,
        values_callable=lambda members: [member.value for member in members],
    )


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
                max_inactive_connection_lifetime=self.settings.idle_timeout.total_seconds(),
                timeout=self.settings.connect_timeout,
                server_settings=self.settings.server_settings(),
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


def _engine(settings: DatabaseSettings, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        settings.sqlalchemy_url,
        pool_timeout=settings.pool_timeout,
        pool_use_lifo=True,
        json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
        json_deserializer=orjson.loads,
        connect_args={"timeout": settings.connect_timeout, "server_settings": settings.server_settings()},
        **options,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection that PostgreSQL has closed before anybody uses it."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
