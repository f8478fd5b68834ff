"""Both sides and several replicas at once: each thing happens once, and a period is stated or amended, not both."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from sla.agreements import store
from sla.agreements.lifecycle_job import DUE_AGREEMENTS
from sla.agreements.model import Agreement
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements

REPLICAS = 4
REASON = {"reason": "As agreed."}


def rules(answers: list[Any]) -> Counter[str]:
    return Counter(
        "done" if answer.status_code == 201 else answer.json()["type"].rsplit("/", 1)[1] for answer in answers
    )


async def follow(committed_sla: ServiceUnderTest) -> None:
    """One replica, until nothing is left to it."""
    due_count = 1
    while due_count:
        async with committed_sla.begin() as work:
            await advance_due_agreements(work)
        async with committed_sla.begin() as work:
            due_count = len(await DUE_AGREEMENTS.list_ids(work))


async def test_replicas_that_follow_the_calendar_at_once_tell_everything_once(
    committed_client: SlaClient, committed_sla: ServiceUnderTest, clock: FakeClock
) -> None:
    ids = {(await committed_client.signed(ends_on="2026-03-31", renewal={"months": 12}))["id"] for _ in range(5)}
    ids |= {(await committed_client.signed(ends_on="2026-03-31"))["id"] for _ in range(5)}
    clock.now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    await asyncio.gather(*(follow(committed_sla) for _ in range(REPLICAS)))
    events = [
        event
        for event in await committed_sla.list_emitted_events()
        if type(event).__name__ in ("AgreementRenewed", "AgreementEnded")
    ]
    assert Counter(event.subject for event in events) == dict.fromkeys(ids, 1)
    assert Counter(type(event).__name__ for event in events) == {"AgreementRenewed": 5, "AgreementEnded": 5}


async def test_of_many_notices_of_termination_one_takes_effect(committed_client: SlaClient) -> None:
    agreement = await committed_client.signed()
    body = REASON | {"last_day": "2026-06-30"}
    answers = await asyncio.gather(
        *(committed_client.step(agreement, "terminations", body, committed_client.customer) for _ in range(5))
    )
    assert rules(list(answers)) == {"done": 1, "termination-given": 4}


async def test_a_renewal_and_a_termination_at_once_leave_one_last_day(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    agreement = await committed_client.signed(ends_on="2026-06-30")
    renewal = (await committed_client.step(agreement, "renewals", REASON | {"last_day": "2027-06-30"})).json()
    renewed, terminated = await asyncio.gather(
        committed_client.step(agreement, f"notices/{renewal['id']}/consent", {}, committed_client.customer),
        committed_client.step(agreement, "terminations", REASON | {"last_day": "2026-05-31"}),
    )
    assert terminated.status_code == 201
    assert rules([renewed]) in ({"done": 1}, {"termination-given": 1})
    async with committed_sla.begin() as work:
        assert str((await store.load_schedule(work, UUID(agreement["id"]))).last_day) == "2026-05-31"


@pytest.mark.parametrize("order", [False, True])
async def test_a_period_is_stated_or_amended_and_never_both(
    committed_client: SlaClient, committed_sla: ServiceUnderTest, order: bool
) -> None:
    agreement = await committed_client.signed()
    await committed_client.step(agreement, "amendments", {"terms": committed_client.terms(starts_on="2026-01-20")})
    await committed_client.step(agreement, "proposals", {})
    accepted = (await committed_client.step(agreement, "acceptances", {}, committed_client.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await committed_client.step(agreement, "signatures", signature)
    agreement_id = UUID(agreement["id"])

    async def state() -> str:
        """The oldest period, as closing does: what it is, is read under the lock."""
        async with committed_sla.begin() as work:
            locked = await work.get(Agreement, agreement_id, lock=True)
            assert locked.review_due_at is not None
            schedule = await store.load_schedule(work, agreement_id)
            due_period = schedule.period_ending_at(locked.review_due_at)
            assert due_period is not None
            await asyncio.sleep(0.05)
            locked.mark_period_stated(schedule, due_period[1])
            return str(due_period[1].end.date())

    async def sign() -> Counter[str]:
        return rules([await committed_client.step(agreement, "signatures", signature, committed_client.customer)])

    steps = [state(), sign()] if order else [sign(), state()]
    results = dict(zip(("state", "sign") if order else ("sign", "state"), await asyncio.gather(*steps), strict=True))
    assert (results["sign"], results["state"]) in (
        ({"done": 1}, "2026-01-19"),
        ({"amendment-rewrites-history": 1}, "2026-01-31"),
    )
