"""The log of pushes lies in one partition per day: made ahead, and dropped as a whole when its time is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

DAYS_AHEAD = 3
"""Days for which there is a partition beforehand."""
PARTITION_PREFIX = "push_batches_d"

STORAGE_STATEMENTS = (
    "ALTER TABLE sla.push_batches ALTER COLUMN packed SET STORAGE EXTERNAL",
    "ALTER TABLE sla.sample_hours ALTER COLUMN samples SET STORAGE EXTERNAL",
)
"""For the migration that creates the tables: what is packed already is not compressed once more."""


def is_partition(_thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    return kind == "table" and name is not None and name.startswith(PARTITION_PREFIX)


def include_object(*told: Any) -> bool:
    """Alembic's question: a partition stands in no model."""
    return not is_partition(*told)


async def create_partitions(connection: asyncpg.Connection, first: date, days: int = DAYS_AHEAD + 1) -> None:
    for day in (first + timedelta(days=step) for step in range(days)):
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS sla.{PARTITION_PREFIX}{day:%Y%m%d} PARTITION OF sla.push_batches "
            f"FOR VALUES FROM ('{day}T00:00:00Z') TO ('{day + timedelta(days=1)}T00:00:00Z')"
        )


async def drop_partitions_before(connection: asyncpg.Connection, first_kept: date) -> list[str]:
    """Drop the partitions of earlier days, but none that holds a batch still to be folded; their names."""
    names = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = $1::regclass ORDER BY c.relname",
        "sla.push_batches",
    )
    oldest = await connection.fetchval("SELECT min(received_at) FROM sla.push_pending")
    limit = min(first_kept, oldest.astimezone(UTC).date()) if oldest else first_kept
    gone = [row["relname"] for row in names if _day_of(row["relname"]) < limit]
    for name in gone:
        await connection.execute(f"DROP TABLE sla.{name}")
    return gone


def _day_of(name: str) -> date:
    return datetime.strptime(name.removeprefix(PARTITION_PREFIX), "%Y%m%d").replace(tzinfo=UTC).date()
