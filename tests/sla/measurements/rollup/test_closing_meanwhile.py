"""Periods are closed while measurements are rolled up: nothing waits for another indicator, and nothing is missed."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import pytest

from common.settings import DatabaseSettings
from common.testing.plugin import StartService
from sla.compliance.statements.restatement_job import restate_due_periods
from tests.sla.conftest import SlaClient, build_sla_client
from tests.sla.measurements.conftest import MonitoredService

JULY = datetime(2026, 7, 15, 12, tzinfo=UTC)
OBJECTIVE = {"name": "Availability", "kind": "availability", "method": "time", "target": "99", "missing": "ignore"}
MONTHS = [f"2026-0{month}" for month in range(1, 7)]


@pytest.fixture
async def sla_client(
    monitored: MonitoredService,
    pushed_to_url: str,
    start_committed_service: StartService,
    headers: Callable[..., dict[str, str]],
    written: Callable[..., dict[str, Any]],
) -> SlaClient:
    """In July, over the database in which pushes are committed."""
    monitored.clock.now = JULY
    sla = await start_committed_service("sla", DatabaseSettings(url=pushed_to_url))
    return await build_sla_client(sla, headers, written)


async def sign(sla_client: SlaClient, monitored: MonitoredService, name: str) -> tuple[str, dict[str, Any]]:
    """Sign an agreement from January on with one objective on an indicator of its own."""
    indicator = await monitored.define(name=name, holds_for=1200)
    own = replace(sla_client, indicator_id=UUID(indicator["id"]))
    objective = {**OBJECTIVE, "id": str(indicator["id"]), "indicator_id": indicator["id"]}
    agreement = await own.signed(name=name, starts_on="2026-01-01", objectives=[objective])
    return str(agreement["id"]), indicator


async def push_values(
    monitored: MonitoredService, indicator: dict[str, Any], begin: datetime, count: int, value: int = 1
) -> None:
    """Push a value every 20 minutes."""
    instants = [begin + timedelta(minutes=20 * number) for number in range(count)]
    samples = [{"indicator": indicator["id"], "at": at.isoformat(), "value": value} for at in instants]
    assert (await monitored.push_json(json.dumps({"samples": samples}))).status_code == 202


async def close(sla_client: SlaClient, agreement_id: str, period: str) -> tuple[int, Any]:
    path = f"/agreements/{agreement_id}/statements"
    answer = await sla_client.sla.client.post(path, json={"period": period}, headers=sla_client.manager)
    return answer.status_code, answer.json()


async def test_a_backlog_of_one_indicator_delays_the_closing_of_no_other_agreement(
    sla_client: SlaClient, monitored: MonitoredService
) -> None:
    backfilled, indicator = await sign(sla_client, monitored, "Backfilled")
    other, _ = await sign(sla_client, monitored, "Other")
    await monitored.roll_up()
    await push_values(monitored, indicator, datetime(2026, 1, 1, tzinfo=UTC), 72 * 60)

    await monitored.rollup_job.run(monitored.runtime)
    begun = monotonic()
    closed, _ = await close(sla_client, other, "2026-01")
    took = monotonic() - begun
    refused, _ = await close(sla_client, backfilled, "2026-01")

    assert (closed, refused) == (201, 503)
    assert took < 1.0

    await monitored.roll_up()
    status, statement = await close(sla_client, backfilled, "2026-01")
    assert status == 201
    assert statement["document"]["result"]["objectives"][0]["verdict"] == "met"


async def test_what_is_rolled_up_while_its_period_is_closed_is_in_the_statement_or_in_the_next_revision(
    sla_client: SlaClient, monitored: MonitoredService
) -> None:
    agreement, indicator = await sign(sla_client, monitored, "Shop")
    await monitored.roll_up()
    for number, period in enumerate(MONTHS):
        begin = datetime.fromisoformat(f"{period}-05T08:00:00+00:00")
        await push_values(monitored, indicator, begin, 60)
        await monitored.roll_up()

        async def add_late_samples(begin: datetime = begin, pause: float = 0.02 * number) -> None:
            await asyncio.sleep(pause)
            await push_values(monitored, indicator, begin + timedelta(minutes=10), 60, value=0)
            await monitored.roll_up()

        (status, _), _ = await asyncio.gather(close(sla_client, agreement, period), add_late_samples())
        assert status == 201 or (await close(sla_client, agreement, period))[0] == 201
    await restate_due_periods(sla_client.sla.runtime)

    path = f"/agreements/{agreement}/statements"
    listed = await sla_client.sla.client.get(path, headers=sla_client.manager)
    latest = listed.json()["items"]
    assert sorted(statement["period"] for statement in latest) == MONTHS
    for statement in latest:
        path = f"/statements/{statement['id']}/verification"
        verification = (await sla_client.sla.client.post(path, headers=sla_client.manager)).json()
        assert verification["verified"], verification
