"""Clocks in planned maintenance, and incidents that the customer does not hold against the provider."""

from datetime import datetime
from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.compliance.statements import restatement_job
from sla.incidents.projection import deadlines
from sla.incidents.reactions import recheck_after_maintenance
from tests.sla.incidents.desk import FAST, RESPONSE, Desk, desk_of, promised

POLICY = {"notice": "PT30M", "stops_clocks": True}


class Works:
    """Planned maintenance of the service, and what its events do to clocks."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.told = desk, 0

    async def post(self, path: str, body: Any = None, who: str | None = None) -> dict[str, Any]:
        headers = self.desk.shop.headers("manager", subject=who) if who else self.desk.shop.manager
        answer = await self.desk.shop.sla.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        await self.follow()
        found: dict[str, Any] = answer.json()
        return found

    async def announce(self, start: str, end: str) -> str:
        body = {
            "title": "Database upgrade",
            "reason": "Out of support",
            "affects": {"service_ids": [str(self.desk.shop.service_id)]},
            "windows": [{"from": f"2026-02-{start}:00Z", "to": f"2026-02-{end}:00Z"}],
        }
        return str((await self.post("/maintenance", body))["id"])

    async def step(self, maintenance: str, step: str, **body: str) -> None:
        await self.post(f"/maintenance/{maintenance}/{step}", body or None, "second")

    async def follow(self) -> None:
        """What the service told itself has arrived, and what is due is told."""
        sla = self.desk.shop.sla
        emitted = await sla.list_emitted_events()
        for event in emitted[self.told :]:
            if type(event).__name__.startswith("Maintenance"):
                async with sla.begin() as work:
                    await recheck_after_maintenance(work, event)
        self.told = len(emitted)
        await deadlines.project_overdue_incidents(sla.runtime)

    async def due(self, incident: str, objective: str) -> str | None:
        due: str | None = (await self.desk.clocks(incident))[objective]["due_at"]
        return due and due[8:16]

    async def seconds(self, incident: str, kind: str) -> list[tuple[str, str, str]]:
        (found,) = await self.desk.read(f"/incidents/{incident}/clocks/{kind}/timeline")
        return [(piece["class"], piece["from"][8:16], piece["to"][8:16]) for piece in found["timeline"]]


async def works_of(shop: Any, clock: FakeClock, policy: dict[str, Any] | None) -> Works:
    return Works(await desk_of(shop, clock, promised(maintenance=policy)))


@pytest.fixture
async def works(shop: Any, clock: FakeClock) -> Works:
    """It is 12:00 on 3 February 2026."""
    return await works_of(shop, clock, POLICY)


async def test_clocks_stand_still_in_approved_maintenance_where_that_is_agreed(works: Works) -> None:
    incident = await works.desk.took(works.desk.opened("INC1", "11:30"))
    maintenance = await works.announce("03T13:00", "03T15:00")
    assert (await works.due(incident, FAST), await works.due(incident, RESPONSE)) == ("03T15:30", "03T12:00")
    await works.step(maintenance, "approval")
    assert (await works.due(incident, FAST), await works.due(incident, RESPONSE)) == ("03T17:30", "03T12:00")
    works.desk.at("17:00")
    await works.desk.took(works.desk.event("INC1", "resolved", "16:00"))
    assert await works.seconds(incident, "resolution") == [
        ("counted", "03T11:30", "03T13:00"),
        ("excluded", "03T13:00", "03T15:00"),
        ("counted", "03T15:00", "03T16:00"),
    ]


@pytest.mark.parametrize("policy", [None, {"notice": "PT30M"}, POLICY | {"notice": "PT72H"}])
async def test_clocks_run_in_maintenance_where_nothing_else_is_agreed(
    shop: Any, clock: FakeClock, policy: dict[str, Any] | None
) -> None:
    works = await works_of(shop, clock, policy)
    incident = await works.desk.took(works.desk.opened("INC1", "11:30"))
    await works.step(await works.announce("03T13:00", "03T15:00"), "approval")
    assert await works.due(incident, FAST) == "03T15:30"


async def test_what_is_left_of_a_window_counts_once_the_work_is_done(works: Works) -> None:
    incident = await works.desk.took(works.desk.opened("INC1", "11:30"))
    maintenance = await works.announce("03T13:00", "03T15:00")
    await works.step(maintenance, "approval")
    works.desk.at("13:00")
    await works.step(maintenance, "start")
    works.desk.at("13:30")
    await works.step(maintenance, "completion")
    assert await works.due(incident, FAST) == "03T16:00"


async def test_maintenance_that_is_called_off_moves_deadlines_back(works: Works) -> None:
    incident = await works.desk.took(works.desk.opened("INC1", "11:30"))
    maintenance = await works.announce("03T13:00", "03T15:00")
    await works.step(maintenance, "approval")
    await works.step(maintenance, "cancellation", reason="Not now")
    assert await works.due(incident, FAST) == "03T15:30"


async def stated(desk: Desk, objective: str, period: str = "2026-02") -> list[tuple[int, str, str, str]]:
    """Revision and what was attained: as agreed, without waivers, and without exclusions."""
    await restatement_job.restate_due_periods(desk.shop.sla.runtime)
    listed = (await desk.read("/statements", agreement_id=desk.agreement["id"], period=period))["items"]
    documents = [(await desk.read(f"/statements/{one['id']}"))["document"] for one in listed]
    results = [
        (document["revision"], one)
        for document in documents
        for one in document["result"]["objectives"]
        if one["objective_id"] == objective
    ]
    figures = ("attained", "attained_without_waivers", "attained_without_exclusions")
    return sorted((revision, *(one[figure] for figure in figures)) for revision, one in results)


async def close(desk: Desk, day: str = "2026-03-02") -> None:
    desk.clock.now = datetime.fromisoformat(f"{day}T00:00:00Z")
    answer = await desk.shop.sla.client.post("/closings", headers=desk.shop.manager)
    assert answer.status_code == 200, answer.text


async def test_an_approval_that_comes_late_withdraws_the_breach_and_restates_the_month(works: Works) -> None:
    desk = works.desk
    maintenance = await works.announce("03T13:00", "03T15:00")
    desk.at("18:00")
    incident = await desk.took(
        desk.opened("INC1", "12:30"),
        desk.event("INC1", "resolved", "17:30"),
        desk.event("INC1", "closed", "17:45"),
        desk.opened("INC2", "12:45", priority=1),
        desk.event("INC2", "resolved", "12:50"),
    )
    await close(desk)
    assert await stated(desk, FAST) == [(1, "50.0000", "50.0000", "50.0000")]
    assert len([one for one in await desk.emitted(IncidentBreached) if str(one.objective_id) == FAST]) == 1
    await works.step(maintenance, "approval")
    assert (await desk.clocks(incident))[FAST]["verdict"] == "in_time"
    withdrawn = await desk.emitted(IncidentBreachWithdrawn)
    assert [str(one.incident_id) for one in withdrawn if str(one.objective_id) == FAST] == [incident]
    assert (await stated(desk, FAST))[1:] == [(2, "100.0000", "100.0000", "50.0000")]


async def waive(works: Works, start: str, end: str, objective_ids: list[str] | None = None) -> dict[str, Any]:
    body = {
        "window": {"from": start, "to": end},
        "reason": "Your own power failed",
        "evidence": ["Ticket 4711"],
        "objective_ids": objective_ids,
    }
    shop = works.desk.shop
    waiver = await works.post(f"/agreements/{works.desk.agreement['id']}/waivers", body)
    approval = await shop.sla.client.post(f"/waivers/{waiver['id']}/approval", headers=shop.customer)
    assert approval.status_code == 201, approval.text
    return waiver


async def test_incidents_that_open_in_waived_time_are_counted_apart(works: Works) -> None:
    desk = works.desk
    late = await desk.took(desk.opened("INC1", "06:00"), desk.event("INC1", "resolved", "11:00"))
    await desk.took(desk.opened("INC2", "08:00"), desk.event("INC2", "resolved", "11:00"))
    await close(desk)
    assert await stated(desk, FAST) == [(1, "50.0000", "50.0000", "50.0000")]
    waiver = await waive(works, "2026-02-03T05:00:00Z", "2026-02-03T07:00:00Z", [FAST])
    assert (await stated(desk, FAST))[1:] == [(2, "100.0000", "50.0000", "50.0000")]
    assert len(await stated(desk, RESPONSE)) == 2
    newest = max((await desk.read("/statements", period="2026-02"))["items"], key=lambda one: one["revision"])
    document = (await desk.read(f"/statements/{newest['id']}"))["document"]
    (said,) = (one for one in document["result"]["objectives"] if one["objective_id"] == FAST)
    assert said["details"]["waived"] == [
        {"incident_id": late, "waiver_id": waiver["id"], "reason": "Your own power failed"}
    ]
    checked = await works.post(f"/statements/{newest['id']}/verification")
    assert (checked["verified"], checked["differences"]) == (True, [])


async def test_a_waiver_reaches_the_later_month_in_which_its_incidents_count(works: Works) -> None:
    desk = works.desk
    desk.clock.now = datetime.fromisoformat("2026-03-01T12:00:00Z")
    await desk.took(desk.opened("INC1", "2026-02-28T23:00:00Z"), desk.event("INC1", "resolved", "2026-03-01T05:00:00Z"))
    await close(desk, "2026-04-02")
    assert await stated(desk, FAST, "2026-03") == [(1, "0.0000", "0.0000", "0.0000")]
    waiver = await waive(works, "2026-02-28T22:00:00Z", "2026-02-28T23:30:00Z")
    assert (await stated(desk, FAST, "2026-03"))[1:] == [(2, None, "0.0000", "0.0000")]
    revoked = await desk.shop.sla.client.post(
        f"/waivers/{waiver['id']}/revocation", json={"reason": "It was yours"}, headers=desk.shop.customer
    )
    assert revoked.is_success
    assert (await stated(desk, FAST, "2026-03"))[2:] == [(3, "0.0000", "0.0000", "0.0000")]
