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
from tests.sla.improvements.conftest import ASSESSMENT, STEPS, Register, told
from tests.sla.problems import problem

ALLOWED = {
    "assessment": {"proposed", "assessed"},
    "approval": {"assessed"},
    "rejection": {"proposed", "assessed", "approved"},
    "start": {"approved"},
    "implementation": {"in_progress"},
    "verification": set[str](),
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
    "rejection": "improvement-begun",
    "start": "improvement-not-approved",
    "implementation": "improvement-not-in-progress",
    "verification": "improvement-not-verifying",
    "extension": "improvement-not-inconclusive",
    "closure": "improvement-not-verified",
}


@pytest.mark.parametrize("state", [state for state, _, _ in STEPS])
async def test_every_step_out_of_turn_is_refused_by_name(register: Register, state: str) -> None:
    for step, allowed in ALLOWED.items():
        if state not in allowed:
            key = await register.reach(state)
            rule = RULES[step]
            if (state, step) == ("implemented", "verification"):
                rule = "verification-not-due"
            assert problem(await register.step(key, step, BODIES.get(step))) == (409, rule), step


async def test_what_it_is_measured_by_is_approved_with_it_and_stays(register: Register) -> None:
    assessed = (await register.propose())["id"]
    await register.step(assessed, "assessment", ASSESSMENT)
    assert problem(await register.step(assessed, "approval")) == (409, "measure-not-registered")
    no_effect = await register.shop.sla.client.get(f"/improvements/{assessed}/effect", headers=register.owner)
    assert problem(no_effect) == (409, "measure-not-registered")
    approved = await register.reach("approved")
    before = await register.read(approved)
    assert problem(await register.register(approved, periods_after=9)) == (409, "registration-approved")
    assert await register.read(approved) == before
    for state in ("in_progress", "implemented"):
        assert problem(await register.register(await register.reach(state))) == (409, "improvement-begun")


async def test_who_proposes_does_not_approve(register: Register) -> None:
    answer = await register.shop.sla.client.post(
        "/improvements", json={"title": "More memory"}, headers=register.shop.manager
    )
    key = answer.json()["id"]
    await register.step(key, "assessment", ASSESSMENT)
    assert problem(await register.step(key, "approval")) == (409, "improvement-approved-by-proposer")


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"baseline_until": "2026-02-03"}, "baseline-not-over", "baseline_until"),
        ({"baseline_from": "2026-01-29"}, "invalid", ""),
        ({"placebo_on": "2026-01-23"}, "invalid", ""),
        ({"placebo_on": "2026-02-01"}, "invalid", ""),
        ({"baseline_from": "2020-01-01"}, "invalid", ""),
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
    register: Register, changes: dict[str, Any], rule: str, field: str
) -> None:
    answer = await register.register((await register.propose())["id"], **changes)
    assert answer.status_code == 422, answer.text
    assert rule in answer.json()["type"] or rule == "invalid"
    assert answer.json()["errors"][0]["field"].startswith(field)


async def test_a_control_is_another_series_and_indicators_are_defined(register: Register) -> None:
    key = (await register.propose())["id"]
    same = register.registration()["measure"]
    assert (await register.register(key, control=same)).status_code == 422
    unknown = {"kind": "indicator", "indicator_id": str(new_id())}
    for field in ("measure", "control"):
        answer = await register.register(key, **{field: unknown})
        assert problem(answer) == (422, "improvement-measure-unknown")
        assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("at", ["2026-02-03T11:59:59Z", "2026-02-03T12:00:01Z"])
async def test_what_was_implemented_was(register: Register, at: str) -> None:
    key = await register.reach("in_progress")
    answer = await register.step(key, "implementation", {"outcome": "done", "implemented_at": at})
    assert problem(answer) == (422, "implemented-in-future")
    assert answer.json()["errors"][0]["field"] == "implemented_at"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"issue_ids": [str(new_id())]}, "improvement-source-unknown"),
        ({"customer_ids": [str(new_id())]}, "improvement-customer-unknown"),
    ],
)
async def test_it_comes_from_what_is_known(register: Register, body: dict[str, Any], rule: str) -> None:
    answer = await register.shop.sla.client.post("/improvements", json={"title": "x"} | body, headers=register.owner)
    assert problem(answer) == (422, rule)
    assert answer.json()["errors"][0]["field"] == next(iter(body))


async def test_it_is_closed_when_everybody_was_told(
    register: Register, clock: FakeClock, sla: ServiceUnderTest
) -> None:
    key = await register.reach("implemented")
    clock.now = datetime(2026, 2, 8, 6, tzinfo=UTC)
    await register.step(key, "verification")
    assert problem(await register.step(key, "closure")) == (409, "not-everybody-told")
    notices = (await register.read(key))["notices"]
    assert [notice["occasion"] for notice in notices] == ["implemented", "verified"]
    for notice in notices:
        path = f"notices/{notice['id']}/telling"
        given = await register.step(key, path, {"how": "by mail"})
        assert given.status_code == 201
        assert problem(await register.step(key, path, {"how": "again"})) == (409, "customer-already-told")
    assert problem(await register.step(key, f"notices/{new_id()}/telling", {"how": "x"})) == (404, "no-such-notice")
    told_notices = (await register.read(key))["notices"]
    assert {(notice["told_by"], notice["how"]) for notice in told_notices} == {("manager", "by mail")}
    assert (await register.step(key, "closure")).json()["state"] == "closed"
    assert [event.improvement_id for event in await told(sla, ImprovementClosed)] == [UUID(key)]


async def test_a_rejection_has_a_reason_that_is_told(register: Register, sla: ServiceUnderTest, shop: Any) -> None:
    key = await register.reach("approved")
    assert (await register.step(key, "rejection", {"reason": ""})).status_code == 422
    rejected = (await register.step(key, "rejection", {"reason": "too dear"})).json()
    assert (rejected["state"], rejected["outcome"]) == ("rejected", "too dear")
    assert [(one["customer_id"], one["occasion"]) for one in rejected["notices"]] == [
        (str(shop.customer_id), "rejected")
    ]
    (event,) = await told(sla, ImprovementRejected)
    assert (event.reason, event.customer_ids) == ("too dear", (shop.customer_id,))


async def test_each_step_is_told_once(register: Register, sla: ServiceUnderTest) -> None:
    await register.reach("implemented")
    for kind in (ImprovementProposed, ImprovementApproved, ImprovementImplemented):
        assert len(await told(sla, kind)) == 1
    (event,) = await told(sla, ImprovementImplemented)
    assert event.verify_at == datetime(2026, 2, 8, 6, tzinfo=UTC)


async def test_a_customer_sees_what_it_complained_about(register: Register, sla: ServiceUnderTest, shop: Any) -> None:
    mine = (await register.propose())["id"]
    other = (await register.propose(customer_ids=[]))["id"]
    stranger = shop.headers("customer", new_id())
    listed = (await sla.client.get("/improvements", headers=shop.customer)).json()["items"]
    assert [one["id"] for one in listed] == [mine]
    assert (await sla.client.get("/improvements", headers=stranger)).json()["items"] == []
    read = await register.read(mine, shop.customer)
    assert (read["assessment"], read["customer_ids"]) == (None, [str(shop.customer_id)])
    for key, who in ((other, shop.customer), (mine, stranger)):
        assert (await sla.client.get(f"/improvements/{key}", headers=who)).status_code == 404
    assert (await sla.client.get(f"/improvements/{mine}/effect", headers=shop.customer)).status_code == 403
    for who in (shop.customer, shop.headers("viewer")):
        assert (await register.step(mine, "assessment", ASSESSMENT, who)).status_code == 403
    assert (await register.step(mine, "approval", None, register.owner)).status_code == 403
    assert (await sla.client.get("/improvements")).status_code == 401


async def test_the_register_is_paged_and_filtered(register: Register, sla: ServiceUnderTest, shop: Any) -> None:
    keys = [(await register.propose())["id"] for _ in range(3)]
    await register.step(keys[0], "rejection", {"reason": "no"})

    async def listed(query: str) -> list[str]:
        answer = (await sla.client.get(f"/improvements?{query}", headers=shop.manager)).json()
        return [one["id"] for one in answer["items"]]

    assert await listed("state=rejected") == keys[:1]
    assert await listed("untold=true") == keys[:1]
    assert await listed("untold=false") == keys[1:]
    assert await listed(f"customer_id={shop.customer_id}") == keys
    for nothing in (f"customer_id={new_id()}", "verdict=effective", f"issue_id={new_id()}", f"survey_id={new_id()}"):
        assert await listed(nothing) == []
    first = (await sla.client.get("/improvements?limit=2", headers=shop.manager)).json()
    assert await listed(f"limit=2&cursor={first['next']}") == keys[2:]
    with sla.record_queries() as few:
        await listed("limit=1")
    with sla.record_queries() as many:
        await listed("limit=3")
    assert len(few) == len(many)


@pytest.mark.parametrize("query", ["state=gone", "verdict=good", "issue_id=1", "customer_id=me", "untold=perhaps"])
async def test_a_bad_filter_is_refused_by_its_name(register: Register, query: str) -> None:
    answer = await register.shop.sla.client.get(f"/improvements?{query}", headers=register.owner)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
