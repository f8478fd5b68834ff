"""Two answers at once, or two notices that exclude each other: the first one counts, the other is refused by name."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import httpx

from common.testing.plugin import ServiceUnderTest
from tests.sla.conftest import SlaClient

REASON = {"reason": "As agreed."}
ROUNDS = range(4)


def outcome(answer: httpx.Response) -> str:
    return "done" if answer.is_success else str(answer.json()["type"].rsplit("/", 1)[1])


async def at_once(*steps: Coroutine[Any, Any, httpx.Response]) -> list[str]:
    return [outcome(answer) for answer in await asyncio.gather(*steps)]


async def notices(committed_client: SlaClient, agreement: dict[str, Any]) -> list[str]:
    answer = await committed_client.sla.client.get(
        f"/agreements/{agreement['id']}/notices", headers=committed_client.manager
    )
    return [item["state"] for item in answer.json()["items"]]


async def test_consent_and_refusal_at_once_leave_one_answer(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    for _ in ROUNDS:
        agreement = await committed_client.signed(ends_on="2026-06-30")
        renewal = (await committed_client.step(agreement, "renewals", REASON | {"last_day": "2027-06-30"})).json()
        path = f"notices/{renewal['id']}"
        outcomes = await at_once(
            committed_client.step(agreement, f"{path}/consent", {}, committed_client.customer),
            committed_client.step(agreement, f"{path}/withdrawal", {}),
            committed_client.step(agreement, f"{path}/withdrawal", {}, committed_client.customer),
        )
        assert Counter(outcomes) == {"done": 1, "notice-already-answered": 2}
        (state,) = await notices(committed_client, agreement)
        assert state == ("effective", "withdrawn", "declined")[outcomes.index("done")]
    renewed = Counter(
        event.subject
        for event in await committed_sla.list_emitted_events()
        if type(event).__name__ == "AgreementRenewed"
    )
    assert set(renewed.values()) <= {1}


async def test_of_renewals_asked_for_at_once_one_waits(committed_client: SlaClient) -> None:
    agreement = await committed_client.signed(ends_on="2026-06-30")
    sides = (committed_client.manager, committed_client.customer, committed_client.manager)
    body = REASON | {"last_day": "2027-06-30"}
    outcomes = await at_once(*(committed_client.step(agreement, "renewals", body, side) for side in sides))
    assert Counter(outcomes) == {"done": 1, "renewal-under-way": 2}
    assert await notices(committed_client, agreement) == ["pending"]


async def test_an_agreement_is_suspended_and_resumed_once_at_a_time(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    agreement = await committed_client.signed()
    sides = (committed_client.manager, committed_client.customer)
    assert Counter(
        await at_once(*(committed_client.step(agreement, "suspensions", REASON, side) for side in sides))
    ) == {
        "done": 1,
        "suspensions-overlap": 1,
    }
    answer = await committed_client.sla.client.get(
        f"/agreements/{agreement['id']}/notices", headers=committed_client.manager
    )
    path = f"suspensions/{answer.json()['items'][0]['id']}/resumption"
    outcomes = await at_once(*(committed_client.step(agreement, path, REASON, side) for side in sides))
    assert Counter(outcomes) == {"done": 1, "not-suspended": 1}
    kinds = Counter(type(event).__name__ for event in await committed_sla.list_emitted_events())
    assert (kinds["AgreementSuspended"], kinds["AgreementResumed"]) == (1, 1)


async def test_an_amendment_signed_and_a_termination_at_once_do_not_both_take_effect_unseen(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    """Signed first, it is terminated with its terms; terminated first, it is amended no more."""
    for _ in ROUNDS:
        agreement = await committed_client.signed()
        await committed_client.step(agreement, "amendments", {"terms": committed_client.terms(starts_on="2026-03-01")})
        await committed_client.step(agreement, "proposals", {})
        ready = (await committed_client.step(agreement, "acceptances", {}, committed_client.customer)).json()
        sha = {"terms_sha256": ready["version"]["terms_sha256"]}
        await committed_client.step(agreement, "signatures", sha)
        signed, terminated = await at_once(
            committed_client.step(agreement, "signatures", sha, committed_client.customer),
            committed_client.step(agreement, "terminations", REASON | {"last_day": "2026-06-30"}),
        )
        assert (signed, terminated) in (("done", "done"), ("termination-given", "done"))
        read = await committed_client.sla.client.get(f"/agreements/{agreement['id']}", headers=committed_client.manager)
        assert read.json()["ends_on"] == "2026-06-30"
        amended = [
            event for event in await committed_sla.list_emitted_events() if type(event).__name__ == "AgreementAmended"
        ]
        assert (agreement["id"] in {event.subject for event in amended}) == (signed == "done")
