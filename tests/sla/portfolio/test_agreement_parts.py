"""A page of agreements with the compliance of their periods and their open issues, in a few queries."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.names import in_words
from common.testing.fake_issuer import FakeClock
from sla.agreements.objectives import INCIDENT_KINDS, ObjectiveKind
from sla.issues.origins import Breach
from tests.sla.compliance.conftest import JsonOf, Measure, Minutes, StatementClient
from tests.sla.conftest import SlaClient
from tests.sla.issues.issue_client import IssueClient

FEBRUARY, WEDNESDAY = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 4, 9, tzinfo=UTC)
PARTS = "include=compliance,issues"
SHARED = ("period", "period_from", "period_to", "until", "performance", "met", "credit")
SHARED_OF_OBJECTIVES = ("objective_id", "name", "target", "attained", "margin", "verdict", "can_be_met")


async def read(sla_client: SlaClient, path: str, customer_id: UUID | None = None) -> Any:
    headers = sla_client.headers("customer", customer_id) if customer_id else sla_client.manager
    answer = await sla_client.sla.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("bad_minutes", "outlook"),
    [(0, "on_track"), (30, "below_target"), (61, "lost"), (None, "lost")],  # what is missing counts as bad for latency
)
async def test_a_row_says_in_short_what_the_compliance_of_its_period_says(
    statements: StatementClient,
    measure: Measure,
    minutes_from: Minutes,
    clock: FakeClock,
    json_of: JsonOf,
    bad_minutes: int | None,
    outlook: str,
) -> None:
    clock.now = datetime(2026, 2, 4, 17, 0, 30, tzinfo=UTC)
    if bad_minutes is not None:
        bad = minutes_from(WEDNESDAY, bad_minutes)
        await measure(statements.sla_client.indicator_id, FEBRUARY, clock.now, bad=bad)

    [listed] = (await read(statements.sla_client, f"/agreements?{PARTS}"))["items"]
    alone = await read(statements.sla_client, f"/agreements/{statements.id}?{PARTS}")
    whole = json_of(await statements.forecast(), 200)

    short = listed["compliance"]
    assert short["outlook"] == outlook
    assert {name: short[name] for name in SHARED} == {name: whole[name] for name in SHARED}
    assert [{name: objective[name] for name in SHARED_OF_OBJECTIVES} for objective in short["objectives"]] == [
        {name: objective[name] for name in SHARED_OF_OBJECTIVES} for objective in whole["objectives"]
    ]
    assert alone["compliance"] == short


async def test_a_draft_and_an_agreement_that_has_not_begun_have_a_state_and_no_figures(sla_client: SlaClient) -> None:
    await sla_client.draft()
    await sla_client.signed(starts_on="2026-03-01")

    for listed in (await read(sla_client, f"/agreements?{PARTS}"))["items"]:
        assert (listed["compliance"]["outlook"], listed["compliance"]["objectives"]) == ("not_in_force", [])


async def test_open_issues_are_counted_by_priority(statements: StatementClient, breach: Callable[..., Breach]) -> None:
    sla_client = statements.sla_client
    issues = IssueClient(sla_client.sla, sla_client, UUID(statements.id), breach)
    priorities = [(await issues.read(await issues.open_apart()))["priority"] for _ in range(2)]
    await issues.resolve(await issues.open_apart())

    [listed] = (await read(sla_client, f"/agreements?{PARTS}", sla_client.customer_id))["items"]

    by_priority = {str(priority): priorities.count(priority) for priority in priorities}
    assert listed["open_issues"] == {"count": 2, "by_priority": by_priority}


async def test_parts_are_left_out_that_nobody_asked_for(sla_client: SlaClient) -> None:
    await sla_client.signed()
    [listed] = (await read(sla_client, "/agreements?include=issues"))["items"]
    assert (listed["compliance"], listed["open_issues"]["count"]) == (None, 0)


@pytest.mark.parametrize("address", ["/agreements", "/agreements/{id}"])
async def test_an_unknown_part_is_refused_and_the_nearest_one_named(sla_client: SlaClient, address: str) -> None:
    agreement = await sla_client.signed()
    path = address.format(id=agreement["id"])
    answer = await sla_client.sla.client.get(f"{path}?include=issues,complaince", headers=sla_client.manager)
    assert (answer.status_code, answer.json()["type"]) == (422, "/sla/v1/problems/unknown-include")
    message = "complaince is no part of this address; did you mean compliance?"
    assert answer.json()["errors"] == [{"field": "include", "message": message}]


def build_objective(kind: ObjectiveKind) -> dict[str, Any]:
    """Build a promise of this kind, on the indicator of its agreement where it is measured."""
    promise = {"name": in_words(kind), "kind": kind, "target": "90"}
    if kind in INCIDENT_KINDS:
        return promise | {"priorities": [1, 2, 3], "within": "PT4H"}
    if kind is ObjectiveKind.VOLUME:
        return promise | {"direction": "at_most", "limit": 100, "per": "hour"}
    if kind is ObjectiveKind.LATENCY_PERCENTILE:
        return promise | {"limit": "500"}
    return promise | {"method": "occurrences", "missing": "ignore"}


@pytest.mark.parametrize("kind", ObjectiveKind)
async def test_the_number_of_queries_does_not_grow_with_the_rows_whatever_is_promised(
    sla_client: SlaClient, kind: ObjectiveKind
) -> None:
    maintenance = {"notice": "PT0S", "stops_clocks": True}
    if kind is ObjectiveKind.LATENCY_PERCENTILE:
        body = {"name": "How long answers take", "kind": "histogram"}
        defined = await sla_client.sla.client.post("/indicators", json=body, headers=sla_client.manager)
        sla_client = replace(sla_client, indicator_id=UUID(defined.json()["id"]))
    counts = []
    for more in (3, 9):
        for _ in range(more):
            name = f"Agreement {new_id()}"
            await sla_client.signed(
                name=name, objectives=[build_objective(kind)], credits=None, maintenance=maintenance
            )
        await open_incident(sla_client, f"INC{more}")
        await announce_maintenance(sla_client)
        with sla_client.sla.record_queries() as queries:
            listed = await read(sla_client, f"/agreements?{PARTS}")
        assert {row["compliance"]["period"] for row in listed["items"]} == {"2026-02"}
        counts.append(len(queries))
    assert counts[0] == counts[1], queries


async def open_incident(sla_client: SlaClient, name: str) -> None:
    """Report an incident to which the customer has added a message, under all agreements on the service."""
    concerns = {"customer_id": str(sla_client.customer_id), "service_id": str(sla_client.service_id)}
    opened = {"kind": "opened", "priority": 2, "title": "Slow", "occurred_at": "2026-02-03T10:00:00Z"} | concerns
    message = {"kind": "message_received", "occurred_at": "2026-02-03T11:00:00Z"}
    events = [
        {"incident": name, "event_id": f"{name}/{number}"} | event for number, event in enumerate((opened, message))
    ]
    report = {"source": "desk", "events": events}
    answer = await sla_client.sla.client.post("/incidents", json=report, headers=sla_client.manager)
    assert answer.status_code == 202, answer.text


async def announce_maintenance(sla_client: SlaClient) -> None:
    window = {"from": "2026-02-04T20:00:00Z", "to": "2026-02-04T21:00:00Z"}
    body = {"title": "Update", "reason": "A new version.", "windows": [window]}
    affects = {"affects": {"service_ids": [str(sla_client.service_id)]}}
    answer = await sla_client.sla.client.post("/maintenance", json=body | affects, headers=sla_client.manager)
    assert answer.status_code == 201, answer.text
