"""What approvals, cancellations and waivers mean for a month that was stated already."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.testing.plugin import ServiceUnderTest
from sla.compliance.statements import restatement_job
from sla.measurements.model import PackedHour
from tests.sla.compliance.conftest import packed_hour
from tests.sla.exclusions.conftest import MaintenanceClient

FEBRUARY = datetime(2026, 1, 31, 23, tzinfo=UTC)
"""Where it begins in Paris."""
DOWN = datetime(2026, 2, 10, 2, 30, tzinfo=UTC)


@pytest.fixture
async def stated(maintenance: MaintenanceClient, sla: ServiceUnderTest) -> dict[str, Any]:
    """February, 40,320 minutes long, of which one hour was bad and 40 minutes may be; the month is stated."""
    first, _ = maintenance.sla_client.terms()["objectives"]
    agreement: dict[str, Any] = await maintenance.signed(
        starts_on="2026-02-01", objectives=[first | {"target": "99.9"}]
    )
    bad = [DOWN + timedelta(minutes=n) for n in range(60)]
    async with sla.begin() as work:
        for hour in (FEBRUARY + timedelta(hours=n) for n in range(28 * 24)):
            minutes = packed_hour(hour, bad, ())
            work.add(PackedHour(indicator_id=maintenance.sla_client.indicator_id, hour=hour, minutes=minutes))
    return agreement


async def close(maintenance: MaintenanceClient) -> None:
    maintenance.clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    answer = await maintenance.post("/closings")
    assert answer.json()["closed"] == 1, answer.text


async def statements(maintenance: MaintenanceClient, sla: ServiceUnderTest) -> list[tuple[int, str, int, str]]:
    """Revision, verdict, bad minutes and what it would be without waivers, once everything noted was looked at."""
    await restatement_job.restate_due_periods(sla.runtime)
    listed = (await maintenance.get("/statements")).json()["items"]
    read = [(await maintenance.get(f"/statements/{statement['id']}")).json()["document"] for statement in listed]
    results = [(document["revision"], document["result"]["objectives"][0]) for document in read]
    return [(revision, of["verdict"], of["bad"], of["attained_without_waivers"]) for revision, of in results]


MISSED = ("missed", 60, "99.8511")
"""1 - 60 / 40,320."""
MET = ("met", 0, "100.0000")
WAIVED = ("met", 0, "99.8511")


async def test_a_late_approval_restates_the_period(
    maintenance: MaintenanceClient, sla: ServiceUnderTest, stated: dict[str, Any]
) -> None:
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    await close(maintenance)
    assert await statements(maintenance, sla) == [(1, *MISSED)]
    await maintenance.step(planned, "approval", maintenance.second)
    assert await statements(maintenance, sla) == [(1, *MISSED), (2, *MET)]
    await maintenance.step(planned, "cancellation", maintenance.sla_client.manager, reason="It never took place")
    assert await statements(maintenance, sla) == [(1, *MISSED), (2, *MET), (3, *MISSED)]
    assert await maintenance.list_outcomes(stated) == [("10T02:00", "10T04:00", "cancelled")]


async def test_maintenance_announced_late_restates_nothing(
    maintenance: MaintenanceClient, sla: ServiceUnderTest, stated: dict[str, Any]
) -> None:
    maintenance.at(8)
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    await close(maintenance)
    await maintenance.step(planned, "approval", maintenance.second)
    assert await statements(maintenance, sla) == [(1, *MISSED)]
    assert [outcome for *_, outcome in await maintenance.list_outcomes(stated)] == ["short_notice"]


async def test_waived_time_is_excluded_until_the_waiver_is_revoked(
    maintenance: MaintenanceClient, sla: ServiceUnderTest, stated: dict[str, Any]
) -> None:
    await close(maintenance)
    body = {
        "window": {"from": "2026-02-10T02:30:00Z", "to": "2026-02-10T03:30:00Z"},
        "reason": "Our own power",
        "evidence": ["Ticket 4711"],
    }
    waiver = (await maintenance.post(f"/agreements/{stated['id']}/waivers", body)).json()
    assert await statements(maintenance, sla) == [(1, *MISSED)]
    await maintenance.post(f"/waivers/{waiver['id']}/approval", headers=maintenance.sla_client.customer)
    assert await statements(maintenance, sla) == [(1, *MISSED), (2, *WAIVED)]
    await maintenance.post(
        f"/waivers/{waiver['id']}/revocation", {"reason": "It was yours"}, maintenance.sla_client.customer
    )
    assert await statements(maintenance, sla) == [(1, *MISSED), (2, *WAIVED), (3, *MISSED)]
