"""Runs Alembic for one service, in its own schema only."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool
from sqlalchemy.ext.asyncio import create_async_engine

from common.settings import DatabaseSettings, Settings

LOCK_TIMEOUT = "5s"
"""A migration that cannot get its lock gives up, so that requests do not queue behind it."""


def run_migrations(service: str) -> None:
    """Run the migrations of a service; its env.py does nothing else."""
    url = context.config.attributes.get("url") or Settings().database.url
    asyncio.run(_migrate(url, load_metadata(service)))


def load_metadata(service: str) -> MetaData:
    """Load the metadata with every table of a service."""
    metadata: MetaData = import_module(f"{service}.tables").Base.metadata
    return metadata


async def _migrate(url: str, metadata: MetaData) -> None:
    # The default path begins with the role's own schema, and reflection omits the default schema.
    path = {"server_settings": {"search_path": "pg_catalog"}}
    engine = create_async_engine(
        DatabaseSettings(url=url).sqlalchemy_url, hide_parameters=True, poolclass=pool.NullPool, connect_args=path
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate_on, metadata)
    finally:
        await engine.dispose()


def _migrate_on(connection: Connection, metadata: MetaData) -> None:
    schema = metadata.schema

    def own(name: str | None, kind: str, _parents: Any) -> bool:
        return name == schema if kind == "schema" else True

    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_schemas=True,
        include_name=own,
        include_object=metadata.info.get("include_object"),
        version_table_schema=schema,
        compare_type=True,
    )
    with context.begin_transaction():
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock(hashtextextended('migrate:{schema}', 0))")
        context.run_migrations()


def build_alembic_config(service: str, url: str) -> Config:
    package = import_module(service)
    config = Config()
    config.set_main_option("script_location", str(Path(str(package.__file__)).parent.parent / "migrations"))
    config.attributes["url"] = url
    return config


def upgrade(service: str, url: str) -> None:
    """Upgrade the service's schema to the newest revision. This blocks: call it in a thread."""
    command.upgrade(build_alembic_config(service, url), "head")


def check(service: str, url: str) -> None:
    """Raise if the models differ from what the migrations create."""
    command.check(build_alembic_config(service, url))
