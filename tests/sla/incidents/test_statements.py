"""Incidents in statements: counted when a period is closed, and stated again when more is told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sla.compliance.statements import restatement_job
from sla.incidents.projection import deadlines
from tests.sla.incidents.desk import FAST, RESPONSE, SLOW, Desk


async def stated(desk: Desk, period: str) -> dict[str, dict[str, Any]]:
    """What the statement says, by objective; of the last revision."""
    agreement = desk.agreement["id"]
    found = (await desk.read("/statements", agreement_id=agreement, period=period))["items"]
    newest = max(found, key=lambda statement: statement["revision"])
    document = (await desk.read(f"/statements/{newest['id']}"))["document"]
    return {one["objective_id"]: one | {"revision": newest["revision"]} for one in document["result"]["objectives"]}


async def close(desk: Desk, period: str) -> dict[str, dict[str, Any]]:
    body = {"period": period}
    path = f"/agreements/{desk.agreement['id']}/statements"
    answer = await desk.shop.sla.client.post(path, json=body, headers=desk.shop.manager)
    assert answer.status_code == 201, answer.text
    return await stated(desk, period)


async def test_a_statement_counts_incidents_and_is_restated_when_more_is_told(desk: Desk) -> None:
    await desk.took(
        desk.opened("INC1", "2026-01-20T09:00:00Z"),
        desk.event("INC1", "acknowledged", "2026-01-20T09:10:00Z"),
        desk.event("INC1", "resolved", "2026-01-20T12:00:00Z"),
        desk.opened("INC2", "2026-01-21T09:00:00Z"),
        desk.event("INC2", "resolved", "2026-01-21T14:00:00Z"),
        desk.opened("INC3", "2026-01-31T22:00:00Z"),
        desk.event("INC3", "acknowledged", "2026-01-31T22:01:00Z"),
    )
    found = await close(desk, "2026-01")
    assert (found[FAST]["attained"], found[FAST]["verdict"]) == ("50.0000", "missed")
    assert (found[RESPONSE]["attained"], found[RESPONSE]["verdict"]) == ("66.6667", "missed")
    assert found[SLOW]["verdict"] == "no_cases"
    evidence = found[FAST]["evidence_sha256"]

    # What happens to the third one later is no affair of January's.
    await desk.took(desk.event("INC3", "resolved", "2026-02-01T01:00:00Z"))
    await restatement_job.restate_due_periods(desk.shop.sla.runtime)
    assert (await stated(desk, "2026-01"))[FAST]["revision"] == 1

    # But the second one was waiting for its user, as is told now.
    await desk.took(
        desk.event("INC2", "paused", "2026-01-21T10:00:00Z", reason="awaiting user"),
        desk.event("INC2", "resumed", "2026-01-21T12:00:00Z"),
    )
    await restatement_job.restate_due_periods(desk.shop.sla.runtime)
    again = (await stated(desk, "2026-01"))[FAST]
    assert (again["revision"], again["attained"], again["verdict"]) == (2, "100.0000", "met")
    assert again["evidence_sha256"] != evidence


async def test_looking_at_deadlines_again_restates_nothing(desk: Desk) -> None:
    await desk.took(desk.opened("INC1", "2026-01-31T22:00:00Z"))
    await close(desk, "2026-01")
    desk.clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC) + timedelta(days=1)
    async with desk.shop.sla.begin() as work:
        await deadlines.store.schedule_recheck(work, UUID(desk.agreement["id"]))
    assert await deadlines.project_overdue_incidents(desk.shop.sla.runtime) == 1
    await restatement_job.restate_due_periods(desk.shop.sla.runtime)
    assert (await stated(desk, "2026-01"))[FAST]["revision"] == 1
