"""The daily partitions of the push log: created ahead, and dropped as a whole when their retention time is over."""

from collections.abc import Iterable
from datetime import UTC, date, timedelta

import asyncpg

from common.runtime import Runtime
from common.service import PeriodicJob
from sla.measurements.model import PARTITION_PREFIX
from sla.measurements.settings import PushSettings

RETENTION_INTERVAL = timedelta(hours=1)
DAYS_AHEAD = 3

_FIND_OLDEST_PENDING = "SELECT min(received_at) FROM sla.push_pending"
_FIND_OLDEST_OF_REFOLDS = """
SELECT min(received_at) FROM sla.push_batches
WHERE id > (SELECT min(after_batch) FROM sla.refolds WHERE done_at IS NULL)
"""


async def create_partitions(connection: asyncpg.Connection, days: Iterable[date]) -> None:
    for day in days:
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS sla.{_partition_name(day)} PARTITION OF sla.push_batches "
            f"FOR VALUES FROM ('{day}T00:00:00Z') TO ('{day + timedelta(days=1)}T00:00:00Z')"
        )


async def drop_partitions_before(connection: asyncpg.Connection, first_kept: date, days_for_refolds: int = 0) -> None:
    """Drop the partitions of earlier days, but none with a push still to be rolled up.

    Those that a refold has still to read are kept for `days_for_refolds` more, no longer: it may fail for ever.
    """
    pending = await connection.fetchval(_FIND_OLDEST_PENDING)
    limit = min(first_kept, pending.astimezone(UTC).date()) if pending else first_kept
    refolded = await connection.fetchval(_FIND_OLDEST_OF_REFOLDS)
    if refolded:
        limit = min(limit, max(refolded.astimezone(UTC).date(), first_kept - timedelta(days=days_for_refolds)))
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


def periodic_job(settings: PushSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        today = runtime.clock().date()
        days = [today + timedelta(days=step) for step in range(DAYS_AHEAD + 1)]
        async with (await runtime.get_pool()).acquire() as connection:
            await create_partitions(connection, days)
            retention = settings.log_retention_days
            await drop_partitions_before(connection, today - timedelta(days=retention), retention)

    return PeriodicJob("push-log-retention", RETENTION_INTERVAL, run)
