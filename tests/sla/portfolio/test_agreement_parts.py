"""A page of agreements with the compliance of their periods and their open issues, in a few queries."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
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


async def test_the_number_of_queries_does_not_grow_with_the_rows(sla_client: SlaClient) -> None:
    counts = []
    for more in (2, 9):
        for _ in range(more):
            await sla_client.signed(name=f"Agreement {new_id()}")
        with sla_client.sla.record_queries() as queries:
            assert (await read(sla_client, f"/agreements?{PARTS}"))["items"][-1]["compliance"]["period"] == "2026-02"
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10, queries
