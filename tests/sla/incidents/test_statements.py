"""Incidents in statements: counted when a period is closed, and again when more is reported."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sla.compliance.statements import restatement_job
from sla.incidents.clocks.store import schedule_recheck
from sla.incidents.projection import deadline_loop
from tests.sla.incidents.reporter import FAST, RESPONSE, SLOW, IncidentReporter


async def read_statement(reporter: IncidentReporter, period: str) -> dict[str, dict[str, Any]]:
    """Read the last revision of the statement, by objective."""
    agreement = reporter.agreement["id"]
    revisions = (await reporter.read("/statements", agreement_id=agreement, period=period))["items"]
    newest = max(revisions, key=lambda statement: statement["revision"])
    document = (await reporter.read(f"/statements/{newest['id']}"))["document"]
    return {
        result["objective_id"]: result | {"revision": newest["revision"]} for result in document["result"]["objectives"]
    }


async def close_period(reporter: IncidentReporter, period: str) -> dict[str, dict[str, Any]]:
    body = {"period": period}
    path = f"/agreements/{reporter.agreement['id']}/statements"
    answer = await reporter.sla_client.sla.client.post(path, json=body, headers=reporter.sla_client.manager)
    assert answer.status_code == 201, answer.text
    return await read_statement(reporter, period)


async def test_a_statement_counts_incidents_and_is_restated_after_a_later_report(reporter: IncidentReporter) -> None:
    await reporter.report(
        reporter.opening("INC1", "2026-01-20T09:00:00Z"),
        reporter.event("INC1", "acknowledged", "2026-01-20T09:10:00Z"),
        reporter.event("INC1", "resolved", "2026-01-20T12:00:00Z"),
        reporter.opening("INC2", "2026-01-21T09:00:00Z"),
        reporter.event("INC2", "resolved", "2026-01-21T14:00:00Z"),
        reporter.opening("INC3", "2026-01-31T22:00:00Z"),
        reporter.event("INC3", "acknowledged", "2026-01-31T22:01:00Z"),
    )
    results = await close_period(reporter, "2026-01")
    assert (results[FAST]["attained"], results[FAST]["verdict"]) == ("50.0000", "missed")
    assert (results[RESPONSE]["attained"], results[RESPONSE]["verdict"]) == ("66.6666", "missed")
    assert results[SLOW]["verdict"] == "no_cases"
    evidence = results[FAST]["evidence_sha256"]

    # What happens to the third one later is no affair of January's.
    await reporter.report(reporter.event("INC3", "resolved", "2026-02-01T01:00:00Z"))
    await restatement_job.restate_due_periods(reporter.sla_client.sla.runtime)
    assert (await read_statement(reporter, "2026-01"))[FAST]["revision"] == 1

    # But the second one was waiting for its user, as is reported now.
    await reporter.report(
        reporter.event("INC2", "paused", "2026-01-21T10:00:00Z", reason="awaiting user"),
        reporter.event("INC2", "resumed", "2026-01-21T12:00:00Z"),
    )
    await restatement_job.restate_due_periods(reporter.sla_client.sla.runtime)
    restated = (await read_statement(reporter, "2026-01"))[FAST]
    assert (restated["revision"], restated["attained"], restated["verdict"]) == (2, "100.0000", "met")
    assert restated["evidence_sha256"] != evidence


async def test_rechecking_deadlines_restates_nothing(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "2026-01-31T22:00:00Z"))
    await close_period(reporter, "2026-01")
    reporter.clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC) + timedelta(days=1)
    async with reporter.sla_client.sla.begin() as work:
        await schedule_recheck(work, [UUID(reporter.agreement["id"])], datetime(2026, 1, 31, tzinfo=UTC))
    assert await deadline_loop.project_overdue_incidents(reporter.sla_client.sla.runtime) == 1
    await restatement_job.restate_due_periods(reporter.sla_client.sla.runtime)
    assert (await read_statement(reporter, "2026-01"))[FAST]["revision"] == 1
