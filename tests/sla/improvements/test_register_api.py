"""The register over HTTP: step by step, every step out of turn refused by name."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import (
    ImprovementApproved,
    ImprovementClosed,
    ImprovementImplemented,
    ImprovementProposed,
    ImprovementRejected,
)
from tests.sla.conftest import SlaClient, register
from tests.sla.improvements.conftest import ASSESSMENT, STEPS, ImprovementClient, emitted
from tests.sla.problems import problem

ALLOWED = {
    "assessment": {"proposed", "assessed"},
    "approval": {"assessed"},
    "rejection": {"proposed", "assessed", "approved"},
    "start": {"approved"},
    "implementation": {"in_progress"},
    "extension": set[str](),
    "closure": set[str](),
}
BODIES: dict[str, Any] = {
    "assessment": ASSESSMENT,
    "rejection": {"reason": "too dear"},
    "implementation": {"outcome": "done"},
    "extension": {"periods_after": 12},
}
RULES = {
    "assessment": "improvement-not-proposed",
    "approval": "improvement-not-assessed",
    "rejection": "improvement-already-started",
    "start": "improvement-not-approved",
    "implementation": "improvement-not-in-progress",
    "extension": "improvement-not-inconclusive",
    "closure": "improvement-not-verified",
}


@pytest.mark.parametrize("state", [state for state, _, _ in STEPS])
async def test_every_step_out_of_turn_is_refused_by_name(improvements: ImprovementClient, state: str) -> None:
    for step, allowed in ALLOWED.items():
        if state not in allowed:
            key = await improvements.reach(state)
            assert problem(await improvements.step(key, step, BODIES.get(step))) == (409, RULES[step]), step


async def test_what_it_is_measured_by_is_approved_with_it_and_stays(improvements: ImprovementClient) -> None:
    assessed = (await improvements.propose())["id"]
    await improvements.step(assessed, "assessment", ASSESSMENT)
    assert problem(await improvements.step(assessed, "approval")) == (409, "measure-not-registered")
    no_effect = await improvements.sla_client.sla.client.get(
        f"/improvements/{assessed}/effect", headers=improvements.owner
    )
    assert problem(no_effect) == (409, "measure-not-registered")
    approved = await improvements.reach("approved")
    before = await improvements.read(approved)
    assert problem(await improvements.register(approved, periods_after=9)) == (409, "registration-approved")
    assert await improvements.read(approved) == before
    for state in ("in_progress", "implemented"):
        assert problem(await improvements.register(await improvements.reach(state))) == (
            409,
            "improvement-already-started",
        )


async def test_who_proposes_does_not_approve(improvements: ImprovementClient) -> None:
    answer = await improvements.sla_client.sla.client.post(
        "/improvements", json={"title": "More memory"}, headers=improvements.sla_client.manager
    )
    key = answer.json()["id"]
    await improvements.step(key, "assessment", ASSESSMENT)
    assert problem(await improvements.step(key, "approval")) == (409, "improvement-approved-by-proposer")


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"baseline_until": "2026-02-03"}, "baseline-not-over", "baseline_until"),
        ({"baseline_from": "2026-01-29"}, "invalid", "baseline_from"),
        ({"placebo_on": "2026-01-23"}, "invalid", "placebo_on"),
        ({"placebo_on": "2026-02-01"}, "invalid", "placebo_on"),
        ({"baseline_from": "2020-01-01"}, "invalid", "baseline_from"),
        ({"smallest_effect": "0"}, "invalid", "smallest_effect"),
        ({"periods_after": 2}, "invalid", "periods_after"),
        ({"timezone": "Mars/Olympus"}, "invalid", "timezone"),
        ({"direction": "sideways"}, "invalid", "direction"),
        ({"measure": {"kind": "mood"}}, "invalid", "measure"),
        ({"control": None}, "invalid", "control"),
        ({"excluded": [{"first_day": "2026-01-24", "last_day": "2026-01-23", "reason": "x"}]}, "invalid", "excluded.0"),
    ],
)
async def test_a_bad_registration_is_refused_by_the_name_of_its_field(
    improvements: ImprovementClient, changes: dict[str, Any], rule: str, field: str
) -> None:
    answer = await improvements.register((await improvements.propose())["id"], **changes)
    assert answer.status_code == 422, answer.text
    assert rule in answer.json()["type"] or rule == "invalid"
    assert answer.json()["errors"][0]["field"].startswith(field)


async def test_a_control_is_another_series_and_indicators_are_defined(improvements: ImprovementClient) -> None:
    key = (await improvements.propose())["id"]
    same = improvements.registration()["measure"]
    assert (await improvements.register(key, control=same)).status_code == 422
    unknown = {"kind": "indicator", "indicator_id": str(new_id())}
    for field in ("measure", "control"):
        answer = await improvements.register(key, **{field: unknown})
        assert problem(answer) == (422, "improvement-measure-unknown")
        assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("at", ["2026-02-03T11:59:59Z", "2026-02-03T12:00:01Z"])
async def test_what_was_implemented_was(improvements: ImprovementClient, at: str) -> None:
    key = await improvements.reach("in_progress")
    answer = await improvements.step(key, "implementation", {"outcome": "done", "implemented_at": at})
    assert problem(answer) == (422, "implementation-time-out-of-range")
    assert answer.json()["errors"][0]["field"] == "implemented_at"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"issue_ids": [str(new_id())]}, "improvement-source-unknown"),
        ({"customer_ids": [str(new_id())]}, "improvement-customer-unknown"),
    ],
)
async def test_it_comes_from_what_is_known(improvements: ImprovementClient, body: dict[str, Any], rule: str) -> None:
    answer = await improvements.sla_client.sla.client.post(
        "/improvements", json={"title": "x"} | body, headers=improvements.owner
    )
    assert problem(answer) == (422, rule)
    assert answer.json()["errors"][0]["field"] == next(iter(body))


async def test_it_is_closed_when_everybody_was_told(
    improvements: ImprovementClient, clock: FakeClock, sla: ServiceUnderTest
) -> None:
    key = await improvements.reach("implemented")
    clock.now = datetime(2026, 2, 8, 6, tzinfo=UTC)
    await improvements.run_verification_job()
    assert problem(await improvements.step(key, "closure")) == (409, "customers-not-notified")
    notices = (await improvements.read(key))["notices"]
    assert [notice["occasion"] for notice in notices] == ["implemented", "verified"]
    for notice in notices:
        path = f"notices/{notice['id']}/delivery"
        delivery = await improvements.step(key, path, {"how": "by mail"})
        assert delivery.status_code == 201
        assert problem(await improvements.step(key, path, {"how": "again"})) == (409, "customer-already-notified")
    assert problem(await improvements.step(key, f"notices/{new_id()}/delivery", {"how": "x"})) == (
        404,
        "improvement-notice-not-found",
    )
    told_notices = (await improvements.read(key))["notices"]
    assert {(notice["notified_by"], notice["how"]) for notice in told_notices} == {("manager", "by mail")}
    assert (await improvements.step(key, "closure")).json()["state"] == "closed"
    assert [event.improvement_id for event in await emitted(sla, ImprovementClosed)] == [UUID(key)]


async def test_a_rejection_has_a_reason_that_is_told(
    improvements: ImprovementClient, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    key = await improvements.reach("approved")
    assert (await improvements.step(key, "rejection", {"reason": ""})).status_code == 422
    rejected = (await improvements.step(key, "rejection", {"reason": "too dear"})).json()
    assert (rejected["state"], rejected["outcome"]) == ("rejected", "too dear")
    assert [(notice["customer_id"], notice["occasion"]) for notice in rejected["notices"]] == [
        (str(sla_client.customer_id), "rejected")
    ]
    (event,) = await emitted(sla, ImprovementRejected)
    assert (event.reason, event.customer_ids) == ("too dear", (sla_client.customer_id,))


async def test_each_step_is_told_once(improvements: ImprovementClient, sla: ServiceUnderTest) -> None:
    await improvements.reach("implemented")
    for kind in (ImprovementProposed, ImprovementApproved, ImprovementImplemented):
        assert len(await emitted(sla, kind)) == 1
    (event,) = await emitted(sla, ImprovementImplemented)
    assert event.verify_at == datetime(2026, 2, 8, 6, tzinfo=UTC)


async def test_a_customer_sees_what_it_complained_about(
    improvements: ImprovementClient, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    own = (await improvements.propose())["id"]
    other_improvement = (await improvements.propose(customer_ids=[]))["id"]
    stranger = sla_client.headers("customer", new_id())
    listed = (await sla.client.get("/improvements", headers=sla_client.customer)).json()["items"]
    assert [item["id"] for item in listed] == [own]
    assert (await sla.client.get("/improvements", headers=stranger)).json()["items"] == []
    read = await improvements.read(own, sla_client.customer)
    assert (read["assessment"], read["customer_ids"]) == (None, [str(sla_client.customer_id)])
    for key, headers in ((other_improvement, sla_client.customer), (own, stranger)):
        assert (await sla.client.get(f"/improvements/{key}", headers=headers)).status_code == 404
    assert (await sla.client.get(f"/improvements/{own}/effect", headers=sla_client.customer)).status_code == 403
    for headers in (sla_client.customer, sla_client.headers("viewer")):
        assert (await improvements.step(own, "assessment", ASSESSMENT, headers)).status_code == 403
    assert (await improvements.step(own, "approval", None, improvements.owner)).status_code == 403
    assert (await sla.client.get("/improvements")).status_code == 401


async def test_a_customer_is_not_told_of_another_one_that_the_improvement_names(
    improvements: ImprovementClient, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    other = await register(sla, "Another customer")
    shared = (await improvements.propose(customer_ids=[str(sla_client.customer_id), str(other)]))["id"]
    control = {"kind": "incidents", "customer_id": str(other)}
    assert (await improvements.register(shared, control=control)).status_code == 200

    view = await sla.client.get(f"/improvements/{shared}", headers=sla_client.customer)
    listed = [
        (await sla.client.get(f"/improvements?{query}", headers=sla_client.customer)).json()["items"]
        for query in (f"customer_id={other}", f"customer_id={sla_client.customer_id}")
    ]

    assert view.json()["registration"] is None
    assert str(other) not in view.text
    assert [len(items) for items in listed] == [0, 1]
    assert (await improvements.read(shared))["registration"]["control"]["customer_id"] == str(other)


async def test_the_register_is_paged_and_filtered(
    improvements: ImprovementClient, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    keys = [(await improvements.propose())["id"] for _ in range(3)]
    await improvements.step(keys[0], "rejection", {"reason": "no"})

    async def listed(query: str) -> list[str]:
        answer = (await sla.client.get(f"/improvements?{query}", headers=sla_client.manager)).json()
        return [item["id"] for item in answer["items"]]

    assert await listed("state=rejected") == keys[:1]
    assert await listed("notices_pending=true") == keys[:1]
    assert await listed("notices_pending=false") == keys[1:]
    assert await listed(f"customer_id={sla_client.customer_id}") == keys
    for nothing in (f"customer_id={new_id()}", "verdict=effective", f"issue_id={new_id()}", f"survey_id={new_id()}"):
        assert await listed(nothing) == []
    first = (await sla.client.get("/improvements?limit=2", headers=sla_client.manager)).json()
    assert await listed(f"limit=2&cursor={first['next']}") == keys[2:]
    with sla.record_queries() as queries_of_one:
        await listed("limit=1")
    with sla.record_queries() as queries_of_three:
        await listed("limit=3")
    assert len(queries_of_one) == len(queries_of_three)


@pytest.mark.parametrize(
    "query", ["state=gone", "verdict=good", "issue_id=1", "customer_id=me", "notices_pending=perhaps"]
)
async def test_a_bad_filter_is_refused_by_its_name(improvements: ImprovementClient, query: str) -> None:
    answer = await improvements.sla_client.sla.client.get(f"/improvements?{query}", headers=improvements.owner)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
