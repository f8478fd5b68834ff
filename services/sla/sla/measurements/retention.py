"""Keeps the log of pushes as long as it is to be kept: partitions made ahead, and dropped when their time is over."""

from datetime import timedelta

from common.service import Duty, Runtime
from sla.measurements import partitions
from sla.measurements.settings import PushSettings

EVERY = timedelta(hours=1)


def duty(settings: PushSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        today = runtime.clock().date()
        async with (await runtime.pool()).acquire() as connection:
            await partitions.make(connection, today)
            await partitions.drop_before(connection, today - timedelta(days=settings.kept_for))

    return Duty("push-log-retention", EVERY, run)
