"""One agreement whose record is broken keeps no other from being closed, restated or watched."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update

from common.http import health
from common.testing.fake_issuer import FakeClock
from sla.agreements.model import AgreementVersion
from sla.compliance.forecast import burn_rate_job
from sla.compliance.statements import closing_job, restatement_job
from sla.compliance.statements.settings import StatementSettings
from sla.corrections.model import CorrectionDue, RestatementDue
from sla.corrections.store import record_correction
from tests.sla.compliance.conftest import JsonOf, StatementClient
from tests.sla.conftest import SlaClient

START, END = datetime(2026, 1, 14, 23, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)
MONDAY = datetime(2026, 1, 19, 9, tzinfo=UTC)

Measure = Callable[..., Awaitable[None]]
Minutes = Callable[[datetime, int], list[datetime]]


async def terms_of(sla_client: SlaClient, agreement_id: str) -> dict[str, Any]:
    async with sla_client.sla.begin() as work:
        query = select(AgreementVersion.terms_document).where(AgreementVersion.agreement_id == UUID(agreement_id))
        terms: dict[str, Any] = (await work.session.scalars(query)).one()
        return terms


async def overwrite_terms(sla_client: SlaClient, agreement_id: str, terms: dict[str, Any]) -> None:
    """As no request and no program can: into the signed version itself."""
    async with sla_client.sla.begin() as work:
        update_version = update(AgreementVersion).where(AgreementVersion.agreement_id == UUID(agreement_id))
        await work.session.execute(text("ALTER TABLE sla.agreement_versions DISABLE TRIGGER USER"))
        await work.session.execute(update_version.values(terms_document=terms))
        await work.session.execute(text("ALTER TABLE sla.agreement_versions ENABLE TRIGGER USER"))


async def list_failed_items(sla_client: SlaClient) -> list[tuple[str, str, int]]:
    failed_items = await health.list_failed_items(sla_client.sla.runtime)
    return [(row["duty"], str(row["item"]), row["attempts"]) for row in failed_items]


async def test_a_period_that_cannot_be_closed_by_a_bug_is_seen_and_closed_once_it_is_mended(
    statements: StatementClient, sla_client: SlaClient, json_of: JsonOf, clock: FakeClock
) -> None:
    broken = (await sla_client.signed(name="Another"))["id"]
    terms = await terms_of(sla_client, broken)
    await overwrite_terms(sla_client, broken, {"nonsense": True})
    clock.now = datetime(2026, 2, 2, tzinfo=UTC)
    job = closing_job.periodic_job(StatementSettings())
    await job.run(sla_client.sla.runtime)
    assert [statement["agreement_id"] for statement in await statements.list()] == [statements.id]
    assert await list_failed_items(sla_client) == [("close-periods", broken, 1)]
    closing = json_of(await sla_client.sla.client.post("/closings", headers=sla_client.manager), 200)
    assert [(refusal["agreement_id"], refusal["rule"]) for refusal in closing["refused"]] == [
        (broken, "internal-error")
    ]
    assert "nonsense" not in str(closing)
    await overwrite_terms(sla_client, broken, terms)
    await job.run(sla_client.sla.runtime)
    assert len(await statements.list()) == 1  # it is left alone for a while
    clock.advance(timedelta(minutes=2))
    await job.run(sla_client.sla.runtime)
    assert {statement["agreement_id"] for statement in await statements.list()} == {statements.id, broken}
    assert await list_failed_items(sla_client) == []


async def test_a_statement_that_cannot_be_stated_again_keeps_no_other_up_and_its_reason_is_not_lost(
    statements: StatementClient, sla_client: SlaClient, measure: Measure, minutes_from: Minutes, clock: FakeClock
) -> None:
    broken = (await sla_client.signed(name="Another"))["id"]
    await measure(sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    await closing_job.periodic_job(StatementSettings()).run(sla_client.sla.runtime)
    await measure(sla_client.indicator_id, START, END)
    terms = await terms_of(sla_client, broken)
    await overwrite_terms(sla_client, broken, {"nonsense": True})
    async with sla_client.sla.begin() as work:
        for agreement in (broken, statements.id):
            record_correction(work, UUID(agreement), MONDAY, MONDAY + timedelta(hours=1), "A probe was wrong.")
    assert await restatement_job.restate_due_periods(sla_client.sla.runtime) == 1
    async with sla_client.sla.begin() as work:
        assert not (await work.session.scalars(select(CorrectionDue))).all()
        (due,) = (await work.session.scalars(select(RestatementDue))).all()
    assert (str(due.agreement_id), due.period, due.reason) == (broken, "2026-01", "A probe was wrong.")
    assert await list_failed_items(sla_client) == [("restate-periods", str(due.id), 1)]
    await overwrite_terms(sla_client, broken, terms)
    clock.advance(timedelta(minutes=1))
    assert await restatement_job.restate_due_periods(sla_client.sla.runtime) == 1
    assert await list_failed_items(sla_client) == []
    revisions = [
        (statement["agreement_id"], statement["revision"]) for statement in await statements.list(period="2026-01")
    ]
    assert sorted(revisions) == sorted([(statements.id, 1), (statements.id, 2), (broken, 1), (broken, 2)])


async def test_an_agreement_that_cannot_be_watched_keeps_no_other_from_burning(
    statements: StatementClient, sla_client: SlaClient, measure: Measure, minutes_from: Minutes, clock: FakeClock
) -> None:
    broken = (await sla_client.signed(name="Another"))["id"]
    await overwrite_terms(sla_client, broken, {"nonsense": True})
    wednesday = datetime(2026, 2, 4, 8, tzinfo=UTC)
    await measure(
        sla_client.indicator_id,
        datetime(2026, 2, 1, tzinfo=UTC),
        wednesday + timedelta(hours=1),
        bad=minutes_from(wednesday, 30),
    )
    clock.now = wednesday + timedelta(minutes=30, seconds=20)
    await burn_rate_job.periodic_job(StatementSettings()).run(sla_client.sla.runtime)
    burning = {
        str(event.agreement_id)
        for event in await sla_client.sla.list_emitted_events()
        if type(event).__name__ == "ErrorBudgetBurning"
    }
    assert burning == {statements.id}
    assert await list_failed_items(sla_client) == [("watch-error-budgets", broken, 1)]
