"""Two people at once, each over a transaction of their own: one order or the other, and never something in between."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementActivated, AgreementSigned
from sla.agreements.model import AgreementSignature, AgreementVersion
from sla.negotiations.record import NegotiationEntry
from tests.sla.conftest import SlaClient

ROUNDS = range(4)
"""Which of two comes first is chance."""


def outcome(answer: httpx.Response) -> str:
    return "done" if answer.is_success else str(answer.json()["type"].rsplit("/", 1)[1])


async def run_at_once(*steps: Coroutine[Any, Any, httpx.Response]) -> list[str]:
    return [outcome(answer) for answer in await asyncio.gather(*steps)]


async def accepted(committed_client: SlaClient) -> tuple[dict[str, Any], dict[str, str]]:
    """With what a signature of it says."""
    agreement = (await committed_client.draft()).json()
    await committed_client.step(agreement, "proposals", {})
    accepted = (await committed_client.step(agreement, "acceptances", {}, committed_client.customer)).json()
    return accepted, {"terms_sha256": accepted["version"]["terms_sha256"]}


async def state(committed_client: SlaClient, agreement: dict[str, Any]) -> str:
    answer = await committed_client.sla.client.get(f"/agreements/{agreement['id']}", headers=committed_client.manager)
    return str(answer.json()["state"])


async def count_events(committed_sla: ServiceUnderTest) -> Counter[str]:
    """By agreement and kind of event."""
    kinds = (AgreementSigned, AgreementActivated)
    return Counter(
        f"{event.subject} {type(event).__name__}"
        for event in await committed_sla.list_emitted_events()
        if isinstance(event, kinds)
    )


async def test_both_sides_sign_at_once_and_it_is_told_once(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    for _ in ROUNDS:
        agreement, sha = await accepted(committed_client)
        steps = [
            committed_client.step(agreement, "signatures", sha, side)
            for side in (committed_client.manager, committed_client.customer)
        ]
        assert await run_at_once(*steps) == ["done", "done"]
        assert await state(committed_client, agreement) == "active"
    assert set((await count_events(committed_sla)).values()) == {1}
    assert len(await count_events(committed_sla)) == 2 * len(ROUNDS)


async def test_of_colleagues_who_sign_at_once_one_signs(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    agreement, sha = await accepted(committed_client)
    people = [committed_client.headers("manager", subject=name) for name in ("ann", "bob", "cem")]
    outcomes = await run_at_once(*(committed_client.step(agreement, "signatures", sha, person) for person in people))
    assert Counter(outcomes) == {"done": 1, "side-already-signed": 2}
    async with committed_sla.begin() as work:
        assert len((await work.session.scalars(select(AgreementSignature))).all()) == 1


async def test_who_accepts_while_it_is_withdrawn_does_so_before_or_not_at_all(committed_client: SlaClient) -> None:
    for _ in ROUNDS:
        agreement = (await committed_client.draft()).json()
        await committed_client.step(agreement, "proposals", {})
        acceptance, withdrawal = await run_at_once(
            committed_client.step(agreement, "acceptances", {}, committed_client.customer),
            committed_client.step(agreement, "withdrawal", {"reason": "No budget."}),
        )
        assert (acceptance in ("done", "negotiation-over"), withdrawal) == (True, "done")
        assert await state(committed_client, agreement) == "withdrawn"


async def test_the_last_signature_and_a_withdrawal_at_once_leave_one_of_them(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    for _ in ROUNDS:
        agreement, sha = await accepted(committed_client)
        await committed_client.step(agreement, "signatures", sha)
        signed, withdrawal = await run_at_once(
            committed_client.step(agreement, "signatures", sha, committed_client.customer),
            committed_client.step(agreement, "withdrawal", {"reason": "No budget."}),
        )
        reached_state = await state(committed_client, agreement)
        assert (signed, withdrawal, reached_state) in (
            ("done", "agreement-already-signed", "active"),
            ("negotiation-over", "done", "withdrawn"),
        )
        assert (await count_events(committed_sla))[f"{agreement['id']} AgreementSigned"] == (reached_state == "active")


async def test_a_signature_and_other_terms_at_once_are_never_both_on_the_table(committed_client: SlaClient) -> None:
    for _ in ROUNDS:
        agreement, sha = await accepted(committed_client)
        first, second = committed_client.terms()["objectives"]
        other_terms = {"terms": committed_client.terms(objectives=[first | {"target": "99.1"}, second])}
        signed, proposed = await run_at_once(
            committed_client.step(agreement, "signatures", sha),
            committed_client.step(agreement, "proposals", other_terms, committed_client.customer),
        )
        assert (signed, proposed) in (("done", "terms-partly-signed"), ("proposal-not-accepted", "done"))


async def test_of_amendments_drafted_at_once_one_is_negotiated(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    agreement = await committed_client.signed()
    body = {"terms": committed_client.terms(starts_on="2026-03-01")}
    outcomes = await run_at_once(*(committed_client.step(agreement, "amendments", body) for _ in range(4)))
    assert Counter(outcomes) == {"done": 1, "amendment-under-way": 3}
    async with committed_sla.begin() as work:
        numbers = (await work.session.scalars(select(AgreementVersion.number))).all()
    assert sorted(numbers) == [1, 2]


@pytest.mark.parametrize("step", ["proposals", "acceptances"])
async def test_of_the_same_step_at_once_one_is_on_the_record(
    committed_client: SlaClient, committed_sla: ServiceUnderTest, step: str
) -> None:
    agreement = (await committed_client.draft()).json()
    side = committed_client.manager
    if step == "acceptances":
        await committed_client.step(agreement, "proposals", {})
        side = committed_client.customer
    outcomes = await run_at_once(*(committed_client.step(agreement, step, {}, side) for _ in range(4)))
    assert outcomes.count("done") == 1
    assert set(outcomes) - {"done"} <= {"proposal-awaits-answer", "proposal-already-accepted"}
    async with committed_sla.begin() as work:
        entries = (await work.session.scalars(select(NegotiationEntry.number))).all()
    assert sorted(entries) == list(range(1, len(entries) + 1))
    assert len(entries) == (2 if step == "acceptances" else 1)
