"""The daily partitions of the push log: created ahead, and dropped as a whole when their retention time is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

DAYS_AHEAD = 3
PARTITION_PREFIX = "push_batches_d"


def is_partition(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
    return kind == "table" and name is not None and name.startswith(PARTITION_PREFIX)


def include_object(*arguments: Any) -> bool:
    """Tell Alembic to leave partitions out, as no model declares them."""
    return not is_partition(*arguments)


async def create_partitions(connection: asyncpg.Connection, first: date, days: int = DAYS_AHEAD + 1) -> None:
    for day in (first + timedelta(days=step) for step in range(days)):
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS sla.{PARTITION_PREFIX}{day:%Y%m%d} PARTITION OF sla.push_batches "
            f"FOR VALUES FROM ('{day}T00:00:00Z') TO ('{day + timedelta(days=1)}T00:00:00Z')"
        )


async def drop_partitions_before(connection: asyncpg.Connection, first_kept: date) -> list[str]:
    """Drop the partitions of earlier days, but none with a push still to be rolled up. Return their names."""
    names = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = $1::regclass ORDER BY c.relname",
        "sla.push_batches",
    )
    oldest = await connection.fetchval("SELECT min(received_at) FROM sla.push_pending")
    limit = min(first_kept, oldest.astimezone(UTC).date()) if oldest else first_kept
    expired = [row["relname"] for row in names if _day_of(row["relname"]) < limit]
    for name in expired:
        await connection.execute(f"DROP TABLE sla.{name}")
    return expired


def _day_of(name: str) -> date:
    return datetime.strptime(name.removeprefix(PARTITION_PREFIX), "%Y%m%d").replace(tzinfo=UTC).date()
