"""Two replicas: the one that closes periods is killed, or hangs, in the middle of it; the other one takes over."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from signal import SIGCONT
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from common.auth.development_issuer import development_settings, issue_token, load_or_create_key
from common.auth.principal import Role
from tests.faults.conftest import StartRig
from tests.faults.load.journal import Journal
from tests.faults.load.workers import Caller
from tests.faults.product.rig import Rig
from tests.faults.takeover import Takeover, open_takeover

LOOK, HUNG = 5.0, 120.0
"""Seconds: between two looks at a lock another replica has; until PostgreSQL ended what a hung one left open, and who
waited for it has tried again."""
MARGIN = 5.0
"""For the machine, which has other things to do."""
CLOSING = "job:sla:close-periods"
STATEMENTS = "SELECT count(*) FROM sla.statements"
AGREEMENTS = 40

pytestmark = pytest.mark.faults


async def test_a_replica_that_dies_closing_leaves_one_statement_each(
    start_rig: StartRig, print_at_end: Callable[[str], None]
) -> None:
    async with start_rig() as rig, _closing(rig) as takeover:
        await takeover.kill_holder(CLOSING)
        late = await _the_other_closes(takeover)
        print_at_end(f"takeover of closing: the next period was closed {late:.1f} s after the death")
        assert late <= LOOK + MARGIN
        await _each_closed_once(takeover)


async def test_a_replica_that_hangs_closing_loses_its_lease_and_does_no_harm_when_it_wakes(
    start_rig: StartRig, print_at_end: Callable[[str], None]
) -> None:
    async with start_rig() as rig, _closing(rig) as takeover:
        process = await takeover.stop_holder(CLOSING)
        try:
            late = await _the_other_closes(takeover)
        finally:
            process.send_signal(SIGCONT)
        print_at_end(f"takeover of closing: the next period was closed {late:.1f} s after the other replica hung")
        assert late <= HUNG + LOOK + MARGIN
        await _each_closed_once(takeover)


@asynccontextmanager
async def _closing(rig: Rig) -> AsyncIterator[Takeover]:
    """In the middle of it: some statements are issued, most are not."""
    async with open_takeover(rig) as takeover, _calling(rig) as caller:
        async with takeover.hold_back(CLOSING):
            await _agreements(caller, AGREEMENTS)
            due = "SELECT count(*) FROM sla.agreements WHERE review_due_at IS NOT NULL"
            assert await takeover.count(due) == AGREEMENTS
        await takeover.until(lambda: _more_than(takeover, 5), "none was closed")
        yield takeover


async def _the_other_closes(takeover: Takeover) -> float:
    """Seconds until the next statement is issued."""
    began, before = monotonic(), await takeover.count(STATEMENTS)
    assert before < AGREEMENTS, "it was stopped after its work was done"
    await takeover.until(lambda: _more_than(takeover, before), "nobody took over")
    return monotonic() - began


async def _each_closed_once(takeover: Takeover) -> None:
    await takeover.until(lambda: _more_than(takeover, AGREEMENTS - 1), "periods stayed open")
    assert await takeover.count("SELECT count(DISTINCT agreement_id) FROM sla.statements") == AGREEMENTS
    assert await takeover.count(STATEMENTS) == AGREEMENTS
    query = "SELECT count(*) FROM sla.outbox WHERE type LIKE '%.StatementIssued.%'"
    assert await takeover.count(query) == AGREEMENTS


@asynccontextmanager
async def _calling(rig: Rig) -> AsyncIterator[Caller]:
    caller = Caller(rig, Journal(rig.home / f"journal-{rig.database}.jsonl"), Random(1))
    async with caller.client:
        yield caller


async def _more_than(takeover: Takeover, statements: int) -> bool:
    return await takeover.count(STATEMENTS) > statements


async def _agreements(caller: Caller, count: int) -> None:
    """All with one customer, signed by both, each over one month alone, whose measurements are not waited for."""
    rig, manager = caller.rig, caller.rig.headers(Role.manager)

    async def post(path: str, body: dict[str, Any], headers: dict[str, str] = manager) -> dict[str, Any]:
        keyed = {**headers, "Idempotency-Key": uuid4().hex}
        answer = await caller.until_success("POST", path, json=body, headers=keyed)
        return dict(answer.json())

    service = await post("/catalog/v1/services", {"name": "Web shop", "owner": "Ada Lovelace"})
    offering = await post("/catalog/v1/offerings", {"service_id": service["id"], "name": "Web shop", "tier": "gold"})
    await post(f"/catalog/v1/offerings/{offering['id']}/publication", {})
    customer = (await post("/engagement/v1/customers", {"name": "Halden Sales"}))["id"]
    indicator = (await post("/sla/v1/indicators", {"name": "answers", "kind": "availability"}))["id"]
    key = load_or_create_key(rig.keys)
    token = issue_token(key, Role.customer, customer, "grace", settings=development_settings(rig.issuer))
    authorization = {"Authorization": f"Bearer {token}"}
    ends_on = (datetime.now(UTC) - timedelta(days=2)).date().replace(day=1) - timedelta(days=1)
    terms = {
        "service_hours": {"timezone": "UTC", "hours": "24x7"},
        "starts_on": ends_on.replace(day=1).isoformat(),
        "ends_on": ends_on.isoformat(),
        "objectives": [
            {
                "name": "Availability",
                "kind": "availability",
                "indicator_id": indicator,
                "target": "99.5",
                "method": "time",
                "missing": "bad",
            }
        ],
    }
    for number in range(count):
        drafted = {"customer_id": customer, "offering_id": offering["id"], "terms": terms | {"name": f"SLA {number}"}}
        agreement = (await post("/sla/v1/agreements", drafted))["id"]
        place = f"/sla/v1/agreements/{agreement}"
        await post(f"{place}/proposals", {})
        accepted = await post(f"{place}/acceptances", {}, authorization)
        signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
        await post(f"{place}/signatures", signature)
        await post(f"{place}/signatures", signature, authorization)
