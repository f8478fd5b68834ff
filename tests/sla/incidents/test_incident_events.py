"""Events of incidents over HTTP: in any order, repeated and late; refused by name; each change emitted once."""

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
from tests.sla.incidents.reporter import FAST, RESPONSE, SLOW, IncidentReporter
from tests.sla.problems import problem


def build_day(reporter: IncidentReporter, name: str) -> list[dict[str, Any]]:
    """Answered in time; paused, of another priority, resolved, reopened and closed."""
    return [
        reporter.opening(name, "00:00", 3),
        reporter.event(name, "assigned", "00:05", assignee="Grace"),
        reporter.event(name, "acknowledged", "00:10"),
        reporter.event(name, "paused", "01:00", reason="awaiting user"),
        reporter.event(name, "paused", "01:30", reason="awaiting vendor"),
        reporter.event(name, "resumed", "02:00", reason="awaiting user"),
        reporter.event(name, "resumed", "03:00"),
        reporter.event(name, "priority_changed", "03:30", priority=2),
        reporter.event(name, "resolved", "05:00"),
        reporter.event(name, "reopened", "07:00"),
        reporter.event(name, "resolved", "07:30"),
        reporter.event(name, "closed", "10:00"),
    ]


async def read_without_ids(reporter: IncidentReporter, incident: str) -> tuple[Any, Any]:
    incident_view = await reporter.read(f"/incidents/{incident}")
    clocks = [{key: value for key, value in clock.items() if key != "id"} for clock in incident_view.pop("clocks")]
    fields = {key: value for key, value in incident_view.items() if key not in {"id", "external_id"}}
    return fields, sorted(clocks, key=lambda clock: str(clock["objective_id"]))


async def test_an_incident_follows_from_its_events(reporter: IncidentReporter) -> None:
    incident = await reporter.report(*build_day(reporter, "INC1"))
    fields, clocks = await read_without_ids(reporter, incident)
    assert (fields["state"], fields["priority"], fields["assignee"], fields["reopen_count"]) == (
        "closed",
        2,
        "Grace",
        1,
    )
    assert (fields["resolved_at"], fields["closed_at"]) == ("2026-02-03T07:30:00Z", "2026-02-03T10:00:00Z")
    by_objective = {clock["objective_id"]: clock for clock in clocks}
    assert by_objective[RESPONSE]["verdict"] == "in_time"
    # Four hours from midnight, without two of pause, and two in which it was resolved.
    assert (by_objective[FAST]["verdict"], by_objective[FAST]["due_at"]) == ("in_time", "2026-02-03T08:00:00Z")
    assert (by_objective[SLOW]["verdict"], by_objective[SLOW]["due_at"]) == ("released", "2026-02-03T10:00:00Z")


@pytest.mark.parametrize("seed", range(4))
async def test_the_order_of_arrival_does_not_matter(reporter: IncidentReporter, seed: int) -> None:
    """One event at a time, shuffled, every one of them twice."""
    in_order = await read_without_ids(reporter, await reporter.report(*build_day(reporter, "INC1")))
    chance = random.Random(seed)
    shuffled = build_day(reporter, "INC2") * 2
    chance.shuffle(shuffled)
    for event in shuffled:
        incident = await reporter.report(event)
    assert await read_without_ids(reporter, incident) == in_order


async def test_events_before_the_opening_take_effect_with_it(reporter: IncidentReporter) -> None:
    incident = await reporter.report(
        reporter.event("INC1", "acknowledged", "09:10"), reporter.event("INC1", "resolved", "08:00")
    )
    waiting = await reporter.read(f"/incidents/{incident}")
    assert (waiting["state"], waiting["customer_id"], waiting["clocks"]) == ("awaited", None, [])
    assert {entry["effective"] for entry in (await reporter.read(f"/incidents/{incident}/events"))["items"]} == {False}
    await reporter.report(reporter.opening("INC1", "09:00"))
    opened = await reporter.read(f"/incidents/{incident}")
    # It was reported to be resolved before it opened, which can only mean at once.
    assert (opened["state"], opened["acknowledged_at"], opened["resolved_at"]) == (
        "resolved",
        "2026-02-03T09:10:00Z",
        "2026-02-03T09:00:00Z",
    )


async def test_repeated_events_are_counted_and_change_nothing(reporter: IncidentReporter) -> None:
    opened = reporter.opening("INC1", "09:00")
    first = await reporter.post(opened, opened)
    assert (first.json()["accepted"], first.json()["repeated"]) == (1, 1)
    again = await reporter.post(opened, reporter.event("INC1", "acknowledged", "09:05"))
    assert (again.json()["accepted"], again.json()["repeated"]) == (1, 1)
    assert len(await reporter.emitted(IncidentOpened)) == 1


async def test_an_event_id_with_other_content_is_refused_and_makes_no_incident(reporter: IncidentReporter) -> None:
    opened = reporter.opening("INC1", "09:00")
    incident = await reporter.report(opened)
    for changed in ({"priority": 1}, {"occurred_at": "2026-02-03T09:01:00Z"}, {"incident": "INC9"}):
        answer = await reporter.post(reporter.event("INC1", "resolved", "10:00"), opened | changed)
        assert problem(answer) == (409, "incident-event-content-mismatch")
        assert answer.json()["errors"][0]["field"] == "events.1"
    read = await reporter.read(f"/incidents/{incident}")
    assert (read["state"], read["opened_at"], read["priority"]) == ("resolved", "2026-02-03T09:00:00Z", 2)
    assert len((await reporter.read("/incidents"))["items"]) == 1


async def test_an_incident_does_not_move_to_another_customer(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "09:00"))
    other_customer_id = await register(reporter.sla_client.sla, "Another Ltd")
    answer = await reporter.post(reporter.opening("INC1", "09:00", customer_id=str(other_customer_id)))
    assert problem(answer) == (409, "incident-subject-mismatch")
    openings = [
        reporter.opening("INC2", "09:00"),
        reporter.opening("INC2", "09:00", customer_id=str(other_customer_id)),
    ]
    assert problem(await reporter.post(*openings)) == (409, "incident-subject-mismatch")


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"customer_id": str(new_id())}, "incident-customer-unknown", "customer_id"),
        ({"offering_id": str(new_id())}, "incident-service-unknown", "offering_id"),
        ({"offering_id": None, "service_id": str(new_id())}, "incident-service-unknown", "service_id"),
        ({"occurred_at": "2026-02-03T12:11:00Z"}, "incident-event-in-future", "occurred_at"),
        ({"offering_id": None}, "invalid", "offering_id"),
        ({"priority": 6}, "invalid", "priority"),
        ({"kind": "exploded"}, "invalid", ""),
        ({"occurred_at": "yesterday"}, "invalid", "occurred_at"),
        ({"title": 7}, "invalid", "title"),
        ({"surprise": 1}, "invalid", "surprise"),
    ],
)
async def test_an_invalid_field_is_named(
    reporter: IncidentReporter, changes: dict[str, Any], rule: str, field: str
) -> None:
    answer = await reporter.post(reporter.opening("INC1", "09:00") | changes)
    assert problem(answer) == (422, rule)
    assert answer.json()["errors"][0]["field"] == f"events.0.{field}".rstrip(".")


async def test_reporting_many_incidents_costs_about_as_many_queries_as_reporting_one(
    reporter: IncidentReporter,
) -> None:
    query_counts = []
    for count in (1, 40):
        events = [reporter.opening(f"INC{count}-{number}", "09:00") for number in range(count)]
        with reporter.sla_client.sla.record_queries() as queries:
            await reporter.report(*events)
        query_counts.append(len([query for query in queries if query.startswith("SELECT")]))
    assert query_counts[1] < query_counts[0] + 40


async def test_roles_that_may_report(reporter: IncidentReporter) -> None:
    sla_client = reporter.sla_client
    for role, status in (("owner", 202), ("manager", 202), ("admin", 202), ("viewer", 403)):
        answer = await reporter.post(reporter.opening(f"INC-{role}", "09:00"), headers=sla_client.headers(role))
        assert answer.status_code == status
    assert (await reporter.post(reporter.opening("INC1", "09:00"), headers=sla_client.customer)).status_code == 403
    assert (
        await reporter.post(reporter.opening("INC1", "09:00"), headers={"X-API-Key": "rk_nobody"})
    ).status_code == 401


async def test_each_change_is_emitted_once(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "09:00"))
    await reporter.report(reporter.event("INC1", "resolved", "10:00"))
    await reporter.report(reporter.event("INC1", "acknowledged", "09:20"))
    await reporter.report(reporter.event("INC1", "priority_changed", "09:30", priority=1))
    await reporter.report(reporter.event("INC1", "closed", "11:00"))
    kinds = (
        IncidentOpened,
        IncidentResolved,
        IncidentAcknowledged,
        IncidentPriorityChanged,
        IncidentReopened,
    )
    emitted = await reporter.emitted(*kinds)
    assert [type(event) for event in emitted] == [*kinds[:4]]
    assert emitted[1].resolved_at == datetime(2026, 2, 3, 10, tzinfo=UTC)
    await reporter.report(reporter.event("INC1", "reopened", "11:30"))
    assert len(await reporter.emitted(IncidentReopened)) == 1


async def test_the_event_log_says_who_reported_what(reporter: IncidentReporter) -> None:
    opened, again = reporter.opening("INC1", "09:00"), reporter.event("INC1", "opened", "09:30")
    again |= {key: opened[key] for key in ("customer_id", "offering_id", "priority", "title")}
    incident = await reporter.report(opened, reporter.event("INC1", "resumed", "09:10"), again)
    log = (await reporter.read(f"/incidents/{incident}/events"))["items"]
    assert [(entry["kind"], entry["effective"]) for entry in log] == [
        ("opened", True),
        ("resumed", False),
        ("opened", False),
    ]
    assert log[0]["content"]["title"] == "The shop is slow"
    assert {(entry["reported_by"][:4], entry["reported_at"]) for entry in log} == {("key:", "2026-02-03T12:00:00Z")}


async def test_an_event_slightly_in_the_future_has_happened(reporter: IncidentReporter) -> None:
    """It is 12:00 here, and 12:05 at the reporter."""
    late = await reporter.report(reporter.opening("INC1", "08:02"), reporter.event("INC1", "resolved", "12:05"))
    running = await reporter.report(
        reporter.opening("INC2", "08:02"), reporter.event("INC2", "assigned", "12:05", assignee="A")
    )
    assert (await reporter.clocks(late))[FAST]["breached_at"] == "2026-02-03T12:02:00Z"
    assert (await reporter.clocks(running))[FAST]["verdict"] == "running"


async def test_a_tools_names_are_cleaned_and_not_refused(reporter: IncidentReporter) -> None:
    opening = reporter.opening("INC\u200b7", "00:00", title="Mail\tis \u202edown\r\n")
    incident = await reporter.report(opening)
    await reporter.report(reporter.event("INC7", "assigned", "00:05", assignee="Zoe\u0308"))

    repeated = await reporter.report(opening | {"title": "Mail is down"})

    view = await reporter.read(f"/incidents/{incident}")
    assert (repeated, view["external_id"]) == (incident, "INC7")
    assert (view["title"], view["assignee"]) == ("Mail is down", "Zo\u00eb")
