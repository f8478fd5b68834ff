"""Closing by hand while others are at work: a change of the agreement meanwhile is no conflict."""

import asyncio

import asyncpg

from tests.sla.compliance.statements.test_takeover import WAITING, until
from tests.sla.conftest import SlaClient

LOCK_OF_CLOSING = "SELECT pg_advisory_xact_lock(hashtextextended('sla.close', 0))"


async def test_a_period_is_closed_by_hand_though_its_agreement_is_amended_while_it_waits_for_its_turn(
    committed_client: SlaClient,
) -> None:
    agreement = await committed_client.signed()
    path = f"/agreements/{agreement['id']}/statements"
    holder = await asyncpg.connect(committed_client.sla.runtime.database.settings.url)

    async with holder.transaction():
        await holder.execute(LOCK_OF_CLOSING)
        body = {"period": "2026-01"}
        closing = asyncio.create_task(
            committed_client.sla.client.post(path, json=body, headers=committed_client.manager)
        )
        await until(lambda: holder.fetchval(WAITING), "the closing does not wait")
        amended = await committed_client.step(
            agreement, "amendments", {"terms": committed_client.terms(starts_on="2026-03-01")}
        )
        assert amended.status_code == 201, amended.text
    closed = await closing
    await holder.close()

    assert closed.status_code == 201, closed.text
    assert closed.json()["document"]["agreement_version"] == 1
