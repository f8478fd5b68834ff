"""The job that creates partitions of the push log ahead, and drops those whose retention time is over."""

from datetime import timedelta

from common.service import PeriodicJob, Runtime
from sla.measurements.ingest import partitions
from sla.measurements.settings import PushSettings

RETENTION_INTERVAL = timedelta(hours=1)
DAYS_AHEAD = 3


def periodic_job(settings: PushSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        today = runtime.clock().date()
        days = [today + timedelta(days=step) for step in range(DAYS_AHEAD + 1)]
        async with (await runtime.get_pool()).acquire() as connection:
            await partitions.create_partitions(connection, days)
            await partitions.drop_partitions_before(connection, today - timedelta(days=settings.log_retention_days))

    return PeriodicJob("push-log-retention", RETENTION_INTERVAL, run)
