"""The daily partitions of the push log: created ahead, and dropped as a whole when their retention time is over."""

from collections.abc import Iterable
from datetime import UTC, date, timedelta
from typing import Any

import asyncpg

PARTITION_PREFIX = "push_batches_d"


def include_object(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Tell Alembic to leave partitions out, as no model declares them."""
    return kind != "table" or name is None or not name.startswith(PARTITION_PREFIX)


async def create_partitions(connection: asyncpg.Connection, days: Iterable[date]) -> None:
    for day in days:
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS sla.{_partition_name(day)} PARTITION OF sla.push_batches "
            f"FOR VALUES FROM ('{day}T00:00:00Z') TO ('{day + timedelta(days=1)}T00:00:00Z')"
        )


async def drop_partitions_before(connection: asyncpg.Connection, first_kept: date) -> None:
    """Drop the partitions of earlier days, but none with a push still to be rolled up."""
    oldest = await connection.fetchval("SELECT min(received_at) FROM sla.push_pending")
    limit = min(first_kept, oldest.astimezone(UTC).date()) if oldest else first_kept
    expired = await connection.fetch(
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid "
        "WHERE inhparent = 'sla.push_batches'::regclass AND relname < $1",
        _partition_name(limit),
    )
    for row in expired:
        await connection.execute(f"DROP TABLE sla.{row['relname']}")


def _partition_name(day: date) -> str:
    """Return the name of a day's partition; names are ordered as days."""
    return f"{PARTITION_PREFIX}{day:%Y%m%d}"
