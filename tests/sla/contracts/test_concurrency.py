"""Several replicas and people at once, over committed transactions: one event, one signature, one notice."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from sla.contracts import calendar_job
from tests.sla.conftest import register

REPLICAS = 4


@pytest.fixture
def signed(
    committed_sla: ServiceUnderTest,
    clock: FakeClock,
    headers: Callable[..., dict[str, str]],
    document: Callable[..., dict[str, Any]],
) -> Callable[..., Any]:
    """Contracts both sides have signed, by their ids, and the customer's headers."""
    clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC)

    async def of(count: int) -> tuple[list[str], dict[str, str]]:
        customer_id = await register(committed_sla, "Example Ltd")
        manager, customer = headers("manager"), headers("customer", customer_id)
        ids = []
        for _ in range(count):
            body = {"customer_id": str(customer_id), "terms": document()}
            draft = (await committed_sla.client.post("/contracts", json=body, headers=manager)).json()
            for signatory in (manager, customer):
                signature = {"terms_sha256": draft["draft"]["terms_sha256"]}
                path = f"/contracts/{draft['id']}/signatures"
                answer = await committed_sla.client.post(path, json=signature, headers=signatory)
                assert answer.status_code == 201, answer.text
            ids.append(draft["id"])
        return ids, customer

    return of


async def _look(committed_sla: ServiceUnderTest) -> None:
    """One replica, until nothing is left to it."""
    await calendar_job.periodic_job().run(committed_sla.runtime)


async def test_replicas_at_once_emit_everything_once(
    committed_sla: ServiceUnderTest, signed: Callable[..., Any], clock: FakeClock
) -> None:
    ids, _ = await signed(6)
    clock.now = datetime(2027, 3, 2, tzinfo=UTC)
    await asyncio.gather(*(_look(committed_sla) for _ in range(REPLICAS)))
    emitted = [
        event
        for event in await committed_sla.list_emitted_events()
        if type(event).__name__ in ("ContractRenewed", "ContractNoticeDue")
    ]
    assert Counter((type(event).__name__, event.subject) for event in emitted) == {
        **{("ContractRenewed", contract_id): 1 for contract_id in ids},
        **{("ContractNoticeDue", contract_id): 1 for contract_id in ids},
    }


async def test_only_one_of_many_notices_at_once_is_accepted(
    committed_sla: ServiceUnderTest, signed: Callable[..., Any]
) -> None:
    (contract,), customer = await signed(1)
    path, body = f"/contracts/{contract}/notice", {"given_on": "2026-02-03"}
    answers = await asyncio.gather(*(committed_sla.client.post(path, json=body, headers=customer) for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 4}
    refusals = {answer.json()["type"].rsplit("/", 1)[1] for answer in answers if answer.status_code == 409}
    assert refusals == {"notice-already-given"}
