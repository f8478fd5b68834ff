"""Reports of many incidents: what breaks a rule is named, and everything else is stored."""

from typing import Any

import httpx
import pytest

from common.ids import new_id
from tests.sla.incidents.reporter import IncidentReporter
from tests.sla.problems import problem


async def push(reporter: IncidentReporter, *events: Any) -> httpx.Response:
    body = {"source": "desk", "events": list(events)}
    return await reporter.sla_client.sla.client.post("/incidents", json=body, headers=reporter.key)


async def list_titles(reporter: IncidentReporter) -> dict[str, str]:
    incidents = (await reporter.read("/incidents", limit=200))["items"]
    return {incident["external_id"]: incident["title"] for incident in incidents}


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("x" * 201, "x" * 199 + "…"),
        ("x" * 200, "x" * 200),
        ("", "INC1"),
        (" \n", "INC1"),
        (None, "INC1"),
        ("The\x00 shop", "The shop"),
    ],
)
async def test_titles_are_cut_or_replaced_by_the_name(reporter: IncidentReporter, title: Any, kept: str) -> None:
    answer = await push(reporter, reporter.opening("INC1", "09:00", title=title), reporter.opening("INC2", "09:00"))
    assert answer.status_code == 202, answer.text
    assert (await list_titles(reporter))["INC1"] == kept
    repeated = await push(reporter, *reporter.built_events)
    assert (repeated.status_code, repeated.json()["repeated"]) == (202, 2)


async def test_reasons_and_assignees_are_cut(reporter: IncidentReporter) -> None:
    long = "x" * 30_000
    incident = await reporter.report(
        reporter.opening("INC1", "09:00"),
        reporter.event("INC1", "assigned", "09:01", assignee=long),
        reporter.event("INC1", "paused", "09:02", reason=long),
        reporter.event("INC1", "resumed", "09:03", reason=long),
    )
    read = await reporter.read(f"/incidents/{incident}")
    assert (read["assignee"], read["state"]) == ("x" * 199 + "…", "open")


async def test_a_pause_without_a_reason_is_a_pause_and_one_that_ends_without_it_ends_all(
    reporter: IncidentReporter,
) -> None:
    events = [
        reporter.opening("INC1", "09:00"),
        reporter.event("INC1", "paused", "09:02", reason=""),
        reporter.event("INC1", "paused", "09:03", reason="vendor"),
        reporter.event("INC1", "resumed", "09:04", reason="\u200b "),
    ]
    states = []
    for count in (2, 3, 4):
        assert (await push(reporter, *events[:count])).status_code == 202
        states += [incident["state"] for incident in (await reporter.read("/incidents"))["items"]]
    assert states == ["paused", "paused", "open"]


@pytest.mark.parametrize(
    ("changes", "field", "slug"),
    [
        ({"kind": "exploded"}, "", "invalid"),
        ({"priority": 6}, ".priority", "invalid"),
        ({"customer_id": "nobody"}, ".customer_id", "invalid"),
        ({"customer_id": str(new_id())}, ".customer_id", "incident-customer-unknown"),
        ({"offering_id": str(new_id())}, ".offering_id", "incident-service-unknown"),
        ({"occurred_at": "2026-02-03T12:11:00Z"}, ".occurred_at", "incident-event-in-future"),
        ({"occurred_at": "yesterday"}, ".occurred_at", "invalid"),
        ({"incident": "x" * 201}, ".incident", "invalid"),
        ({"more": 1}, ".more", "invalid"),
        ({"event_id": "INC1/0", "title": "Another"}, "", "incident-event-content-mismatch"),
        ({"incident": "INC1", "offering_id": None, "service_id": "the service"}, "", "incident-subject-mismatch"),
    ],
)
async def test_an_event_that_breaks_a_rule_is_named_and_the_others_are_stored(
    reporter: IncidentReporter, changes: dict[str, Any], field: str, slug: str
) -> None:
    first, last = reporter.opening("INC1", "09:00"), reporter.opening("INC3", "09:00")
    if changes.get("service_id"):
        changes |= {"service_id": str(reporter.sla_client.service_id)}
    bad = reporter.opening("INC2", "09:00") | changes

    answer = await push(reporter, first, bad, last)

    assert (problem(answer)[1], answer.status_code // 100) == (slug, 4), answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [f"events.1{field}"]
    assert "2 events are stored" in answer.json()["detail"]
    assert sorted(await list_titles(reporter)) == ["INC1", "INC3"]


@pytest.mark.parametrize("document", [None, 7, "opened", [], {}])
async def test_what_is_no_event_is_named(reporter: IncidentReporter, document: Any) -> None:
    answer = await push(reporter, document, reporter.opening("INC1", "09:00"))
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["events.0"])
    assert sorted(await list_titles(reporter)) == ["INC1"]


async def test_each_refused_event_is_named_in_its_order(reporter: IncidentReporter) -> None:
    events = [reporter.opening(f"INC{number}", "09:00") for number in range(5)]
    events[1] |= {"customer_id": str(new_id())}
    events[3] |= {"priority": 0}
    events[4] |= {"event_id": events[0]["event_id"]}
    answer = await push(reporter, *events)
    assert problem(answer) == (422, "incident-customer-unknown")
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["events.1.customer_id", "events.3.priority", "events.4"]
    assert sorted(await list_titles(reporter)) == ["INC0", "INC2"]
    everything_refused = await push(reporter, events[1], events[3])
    assert everything_refused.status_code == 422
    assert "0 events are stored" in everything_refused.json()["detail"]
