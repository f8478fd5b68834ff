"""Events of incidents over HTTP: in any order, repeated and late; refused by name; told on once."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from common.ids import new_id
from published.sla import (
    IncidentAcknowledged,
    IncidentOpened,
    IncidentPriorityChanged,
    IncidentReopened,
    IncidentResolved,
)
from tests.sla.conftest import register
from tests.sla.incidents.desk import FAST, RESPONSE, SLOW, Desk
from tests.sla.problems import problem


def a_day_of(desk: Desk, name: str) -> list[dict[str, Any]]:
    """Answered in time; paused, of another priority, resolved, reopened and closed."""
    return [
        desk.opened(name, "00:00", 3),
        desk.event(name, "assigned", "00:05", assignee="Grace"),
        desk.event(name, "acknowledged", "00:10"),
        desk.event(name, "paused", "01:00", reason="awaiting user"),
        desk.event(name, "paused", "01:30", reason="awaiting vendor"),
        desk.event(name, "resumed", "02:00", reason="awaiting user"),
        desk.event(name, "resumed", "03:00"),
        desk.event(name, "priority_changed", "03:30", priority=2),
        desk.event(name, "resolved", "05:00"),
        desk.event(name, "reopened", "07:00"),
        desk.event(name, "resolved", "07:30"),
        desk.event(name, "closed", "10:00"),
    ]


async def told_of(desk: Desk, incident: str) -> tuple[Any, Any]:
    read = await desk.read(f"/incidents/{incident}")
    clocks = [{key: value for key, value in clock.items() if key != "id"} for clock in read.pop("clocks")]
    kept = {key: value for key, value in read.items() if key not in {"id", "external_id"}}
    return kept, sorted(clocks, key=lambda clock: str(clock["objective_id"]))


async def test_an_incident_is_what_was_told_of_it(desk: Desk) -> None:
    incident = await desk.took(*a_day_of(desk, "INC1"))
    read, clocks = await told_of(desk, incident)
    assert (read["state"], read["priority"], read["assignee"], read["reopened"]) == ("closed", 2, "Grace", 1)
    assert (read["resolved_at"], read["closed_at"]) == ("2026-02-03T07:30:00Z", "2026-02-03T10:00:00Z")
    by_objective = {clock["objective_id"]: clock for clock in clocks}
    assert by_objective[RESPONSE]["verdict"] == "in_time"
    # Four hours from midnight, without two of pause, and two in which it was resolved.
    assert (by_objective[FAST]["verdict"], by_objective[FAST]["due_at"]) == ("in_time", "2026-02-03T08:00:00Z")
    assert (by_objective[SLOW]["verdict"], by_objective[SLOW]["due_at"]) == ("released", "2026-02-03T10:00:00Z")


@pytest.mark.parametrize("seed", range(4))
async def test_the_order_of_arrival_does_not_matter(desk: Desk, seed: int) -> None:
    """One event at a time, shuffled, every one of them twice."""
    in_order = await told_of(desk, await desk.took(*a_day_of(desk, "INC1")))
    chance = random.Random(seed)
    shuffled = a_day_of(desk, "INC2") * 2
    chance.shuffle(shuffled)
    for event in shuffled:
        incident = await desk.took(event)
    assert await told_of(desk, incident) == in_order


async def test_what_comes_before_the_opening_waits_for_it(desk: Desk) -> None:
    incident = await desk.took(desk.event("INC1", "acknowledged", "09:10"), desk.event("INC1", "resolved", "08:00"))
    waiting = await desk.read(f"/incidents/{incident}")
    assert (waiting["state"], waiting["customer_id"], waiting["clocks"]) == ("awaited", None, [])
    assert {entry["effective"] for entry in (await desk.read(f"/incidents/{incident}/events"))["items"]} == {False}
    await desk.took(desk.opened("INC1", "09:00"))
    read = await desk.read(f"/incidents/{incident}")
    # It was told to be resolved before it opened, which can only mean at once.
    assert (read["state"], read["acknowledged_at"], read["resolved_at"]) == (
        "resolved",
        "2026-02-03T09:10:00Z",
        "2026-02-03T09:00:00Z",
    )


async def test_repeated_events_are_counted_and_change_nothing(desk: Desk) -> None:
    opened = desk.opened("INC1", "09:00")
    first = await desk.tell(opened, opened)
    assert (first.json()["accepted"], first.json()["repeated"]) == (1, 1)
    again = await desk.tell(opened, desk.event("INC1", "acknowledged", "09:05"))
    assert (again.json()["accepted"], again.json()["repeated"]) == (1, 1)
    assert len(await desk.emitted(IncidentOpened)) == 1


async def test_the_same_event_told_otherwise_is_refused_and_nothing_of_the_batch_is_kept(desk: Desk) -> None:
    opened = desk.opened("INC1", "09:00")
    incident = await desk.took(opened)
    for changed in ({"priority": 1}, {"occurred_at": "2026-02-03T09:01:00Z"}, {"incident": "INC9"}):
        answer = await desk.tell(desk.event("INC1", "resolved", "10:00"), opened | changed)
        assert problem(answer) == (409, "incident-event-told-otherwise")
        assert answer.json()["errors"][0]["field"] == "events.1"
    assert (await desk.read(f"/incidents/{incident}"))["state"] == "open"
    assert len((await desk.read("/incidents"))["items"]) == 1


async def test_an_incident_does_not_move_to_another_customer(desk: Desk) -> None:
    await desk.took(desk.opened("INC1", "09:00"))
    other = await register(desk.shop.sla, "Another Ltd")
    answer = await desk.tell(desk.opened("INC1", "09:00", customer_id=str(other)))
    assert problem(answer) == (409, "incident-opened-otherwise")
    both = [desk.opened("INC2", "09:00"), desk.opened("INC2", "09:00", customer_id=str(other))]
    assert problem(await desk.tell(*both)) == (409, "incident-opened-otherwise")


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"customer_id": str(new_id())}, "incident-customer-unknown", "customer_id"),
        ({"offering_id": str(new_id())}, "incident-service-unknown", "offering_id"),
        ({"offering_id": None, "service_id": str(new_id())}, "incident-service-unknown", "service_id"),
        ({"occurred_at": "2026-02-03T12:11:00Z"}, "incident-event-in-future", "occurred_at"),
        ({"offering_id": None}, "invalid", ""),
        ({"priority": 6}, "invalid", "priority"),
        ({"kind": "exploded"}, "invalid", ""),
        ({"occurred_at": "yesterday"}, "invalid", "occurred_at"),
        ({"title": "\x00"}, "invalid", "title"),
        ({"surprise": 1}, "invalid", "surprise"),
    ],
)
async def test_what_is_wrong_is_named(desk: Desk, changes: dict[str, Any], rule: str, field: str) -> None:
    answer = await desk.tell(desk.opened("INC1", "09:00") | changes)
    assert problem(answer) == (422, rule)
    assert answer.json()["errors"][0]["field"] == f"events.0.{field}".rstrip(".")


async def test_telling_of_many_costs_about_as_much_as_telling_of_one(desk: Desk) -> None:
    counts = []
    for many in (1, 40):
        events = [desk.opened(f"INC{many}-{number}", "09:00") for number in range(many)]
        with desk.shop.sla.record_queries() as sent:
            await desk.took(*events)
        counts.append(len([one for one in sent if one.startswith("SELECT")]))
    assert counts[1] < counts[0] + 40


async def test_who_may_tell(desk: Desk) -> None:
    shop = desk.shop
    for role, status in (("owner", 202), ("manager", 202), ("admin", 202), ("viewer", 403)):
        answer = await desk.tell(desk.opened(f"INC-{role}", "09:00"), who=shop.headers(role))
        assert answer.status_code == status
    assert (await desk.tell(desk.opened("INC1", "09:00"), who=shop.customer)).status_code == 403
    assert (await desk.tell(desk.opened("INC1", "09:00"), who={"X-API-Key": "rk_nobody"})).status_code == 401


async def test_what_is_new_is_told_once(desk: Desk) -> None:
    await desk.took(desk.opened("INC1", "09:00"))
    await desk.took(desk.event("INC1", "resolved", "10:00"))
    await desk.took(desk.event("INC1", "acknowledged", "09:20"))
    await desk.took(desk.event("INC1", "priority_changed", "09:30", priority=1))
    await desk.took(desk.event("INC1", "closed", "11:00"))
    kinds = (
        IncidentOpened,
        IncidentResolved,
        IncidentAcknowledged,
        IncidentPriorityChanged,
        IncidentReopened,
    )
    told = await desk.emitted(*kinds)
    assert [type(event) for event in told] == [*kinds[:4]]
    assert told[1].resolved_at == datetime(2026, 2, 3, 10, tzinfo=UTC)
    await desk.took(desk.event("INC1", "reopened", "11:30"))
    assert len(await desk.emitted(IncidentReopened)) == 1


async def test_the_log_says_who_told_what(desk: Desk) -> None:
    opened, again = desk.opened("INC1", "09:00"), desk.event("INC1", "opened", "09:30")
    again |= {key: opened[key] for key in ("customer_id", "offering_id", "priority", "title")}
    incident = await desk.took(opened, desk.event("INC1", "resumed", "09:10"), again)
    log = (await desk.read(f"/incidents/{incident}/events"))["items"]
    assert [(one["kind"], one["effective"]) for one in log] == [("opened", True), ("resumed", False), ("opened", False)]
    assert log[0]["content"]["title"] == "The shop is slow"
    assert {(one["told_by"][:4], one["told_at"]) for one in log} == {("key:", "2026-02-03T12:00:00Z")}


async def test_what_a_fast_clock_tells_has_happened(desk: Desk) -> None:
    """It is 12:00 here, and 12:05 at the desk."""
    late = await desk.took(desk.opened("INC1", "08:02"), desk.event("INC1", "resolved", "12:05"))
    running = await desk.took(desk.opened("INC2", "08:02"), desk.event("INC2", "assigned", "12:05", assignee="A"))
    assert (await desk.clocks(late))[FAST]["breached_at"] == "2026-02-03T12:02:00Z"
    assert (await desk.clocks(running))[FAST]["verdict"] == "running"
