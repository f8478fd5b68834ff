"""The log of pushes: partitions are there when needed, and go as a whole, but never with a pending push."""

from datetime import UTC, date, datetime, timedelta

from sla.measurements.ingest import partitions
from sla.measurements.minutes import to_milliseconds
from sla.measurements.model import PARTITION_PREFIX
from sla.measurements.settings import PushSettings
from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
PUSH = ({"__name__": "up"}, [(to_milliseconds(NOON), 1.0)])


async def names(monitored: MonitoredService) -> list[str]:
    rows = await monitored.rows(
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'sla.push_batches'::regclass"
    )
    return sorted(row["relname"].removeprefix(PARTITION_PREFIX) for row in rows)


async def test_kept_for_its_time_and_no_longer(monitored: MonitoredService) -> None:
    await monitored.rows("SELECT 1")
    async with (await monitored.runtime.get_pool()).acquire() as connection:
        await partitions.drop_partitions_before(connection, date(2100, 1, 1))
    duty = partitions.periodic_job(PushSettings(log_retention_days=2))
    await duty.run(monitored.runtime)
    assert await names(monitored) == ["20260203", "20260204", "20260205", "20260206"]
    await monitored.push(PUSH)
    monitored.clock.advance(timedelta(days=3))
    await duty.run(monitored.runtime)
    assert (await names(monitored))[0] == "20260203"
    await monitored.roll_up()
    await duty.run(monitored.runtime)
    assert await names(monitored) == ["20260204", "20260205", "20260206", "20260207", "20260208", "20260209"]


async def test_what_a_refold_has_still_to_read_is_kept_twice_as_long_at_most(monitored: MonitoredService) -> None:
    indicator = await monitored.define(series=[{"selector": "up"}])
    job = partitions.periodic_job(PushSettings(log_retention_days=2))
    await job.run(monitored.runtime)
    await monitored.push(PUSH)
    await monitored.roll_up()
    await monitored.rows(
        "INSERT INTO sla.refolds (id, indicator_id, requested_by, after_batch, batches, hours_changed, created_at) "
        "VALUES (gen_random_uuid(), $1, 'tests', 0, 0, 0, now())",
        indicator["id"],
    )

    monitored.clock.advance(timedelta(days=4))
    await job.run(monitored.runtime)
    kept = await names(monitored)
    monitored.clock.advance(timedelta(days=1))
    await job.run(monitored.runtime)

    assert (kept[0], (await names(monitored))[0]) == ("20260203", "20260204")


async def test_a_push_on_a_day_without_partition_makes_it(monitored: MonitoredService) -> None:
    monitored.clock.now = datetime(2031, 5, 17, 12, tzinfo=UTC)
    assert (await monitored.push(PUSH)).status_code == 204
    assert "20310517" in await names(monitored)
