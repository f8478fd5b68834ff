"""Agreements, issues, improvements, maintenance and waivers list the actions that are open to whoever reads them."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from sla.issues.origins import Breach
from tests.open_actions import ActionPlayer, Move
from tests.sla.conftest import SlaClient
from tests.sla.exclusions.conftest import MaintenanceClient
from tests.sla.exclusions.test_waivers import requested
from tests.sla.improvements.conftest import ASSESSMENT, ImprovementClient
from tests.sla.issues.issue_client import IssueClient

REASON = {"reason": "as agreed"}
SEEDS = range(3)


def people(sla_client: SlaClient) -> dict[str, dict[str, str]]:
    customer_id = sla_client.customer_id
    return {
        "manager": sla_client.manager,
        "boss": sla_client.headers("manager", subject="boss"),
        "owner": sla_client.headers("owner"),
        "viewer": sla_client.headers("viewer"),
        "customer": sla_client.customer,
        "colleague": sla_client.headers("customer", customer_id, subject="colleague"),
    }


def agreement_moves() -> dict[str, Move]:
    numbers = count()

    def terms(agreement: dict[str, Any], **changes: Any) -> dict[str, Any]:
        written: dict[str, Any] = agreement["version"]["terms"] | {"name": f"Shop {next(numbers)}"} | changes
        return written

    def suspension(_: dict[str, Any]) -> dict[str, Any]:
        start = date(2026, 7, 1) + timedelta(days=2 * next(numbers))
        return REASON | {"from": f"{start}T00:00:00Z", "to": f"{start + timedelta(days=1)}T00:00:00Z"}

    def objection(agreement: dict[str, Any]) -> dict[str, Any]:
        [first, *_] = agreement["version"]["terms"]["objectives"]
        return {"objectives": [{"objective_id": first["id"], "comment": "too low"}]}

    return {
        "edit": Move("PUT", "/terms", terms),
        "propose": Move("POST", "/proposals", lambda agreement: {"terms": terms(agreement)}),
        "object": Move("POST", "/objections", objection),
        "accept": Move("POST", "/acceptances", {}),
        "sign": Move("POST", "/signatures", lambda read: {"terms_sha256": read["version"]["terms_sha256"]}),
        "end": Move("POST", "/withdrawal", REASON),
        "amend": Move("POST", "/amendments", lambda read: {"terms": terms(read, starts_on="2026-06-01")}),
        "renew": Move("POST", "/renewals", REASON | {"last_day": "2029-12-31"}),
        "suspend": Move("POST", "/suspensions", suspension),
        "terminate": Move("POST", "/terminations", REASON | {"last_day": "2027-06-30"}),
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("is_signed", [False, True])
async def test_an_agreement_lists_what_is_accepted_and_nothing_else(
    sla_client: SlaClient, seed: int, is_signed: bool
) -> None:
    last_day = {"ends_on": "2028-12-31"}
    agreement = await sla_client.signed(**last_day) if is_signed else (await sla_client.draft(**last_day)).json()
    address = f"/agreements/{agreement['id']}"
    player = ActionPlayer(sla_client.sla.client, address, agreement_moves(), people(sla_client), "?include=actions")

    await player.play(Random(seed), 7)

    assert player.played


async def test_the_actions_of_a_page_of_agreements_come_in_a_few_queries(sla_client: SlaClient) -> None:
    counts = []
    for more in (1, 6):
        for number in range(more):
            await (sla_client.signed if number % 2 else sla_client.draft)()
        with sla_client.sla.record_queries() as queries:
            answer = await sla_client.sla.client.get("/agreements?include=actions", headers=sla_client.manager)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10, queries
    assert {tuple(row["actions"]) for row in answer.json()["items"]} == {
        ("edit", "propose", "end"),
        ("amend", "suspend", "terminate"),
    }


@pytest.mark.parametrize("seed", SEEDS)
async def test_an_issue_lists_what_is_accepted_and_nothing_else(
    sla_client: SlaClient, breach: Callable[..., Breach], seed: int
) -> None:
    issues = IssueClient(sla_client.sla, sla_client, UUID((await sla_client.signed())["id"]), breach)
    moves = {
        "plan": Move("PATCH", "", {"owner": "olga"}),
        "add_task": Move("POST", "/tasks", {"description": "Look into it", "assignee": "olga", "due_on": "2026-12-01"}),
        "resolve": Move("POST", "/resolution", {"resolution": "done"}),
        "close": Move("POST", "/closure"),
        "comment": Move("POST", "/comments", {"text": "It is slow again."}),
    }
    player = ActionPlayer(sla_client.sla.client, f"/issues/{await issues.open()}", moves, people(sla_client))

    await player.play(Random(seed), 8)

    [listed] = (await sla_client.sla.client.get("/issues", headers=sla_client.manager)).json()["items"]
    assert listed["actions"] == (await issues.read(listed["id"]))["actions"]


@pytest.mark.parametrize("seed", SEEDS)
async def test_maintenance_lists_what_is_accepted_and_nothing_else(
    sla_client: SlaClient, clock: FakeClock, seed: int
) -> None:
    client, days = MaintenanceClient(sla_client, clock), count(1)
    await client.signed()
    planned = await client.announce(("20T08:00", "20T10:00"))

    def windows(_: dict[str, Any]) -> dict[str, Any]:
        day = date(2026, 4, 1) + timedelta(days=next(days))
        return {"windows": [{"from": f"{day}T08:00:00Z", "to": f"{day}T10:00:00Z"}]}

    moves = {
        "change_windows": Move("PUT", "/windows", windows),
        "approve": Move("POST", "/approval"),
        "refuse": Move("POST", "/refusal", REASON),
        "start": Move("POST", "/start"),
        "complete": Move("POST", "/completion"),
        "cancel": Move("POST", "/cancellation", REASON),
    }
    player = ActionPlayer(sla_client.sla.client, f"/maintenance/{planned['id']}", moves, people(sla_client))

    await player.play(Random(seed), 8)

    assert player.played


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_waiver_lists_what_is_accepted_and_nothing_else(
    sla_client: SlaClient, clock: FakeClock, seed: int
) -> None:
    client = MaintenanceClient(sla_client, clock)
    waiver = await requested(client, await client.signed(), both_sides=bool(seed % 2))
    moves = {
        "approve": Move("POST", "/approval"),
        "refuse": Move("POST", "/refusal", REASON),
        "revoke": Move("POST", "/revocation", REASON),
    }
    player = ActionPlayer(sla_client.sla.client, f"/waivers/{waiver['id']}", moves, people(sla_client))

    await player.play(Random(seed), 5)

    assert player.played


@pytest.mark.parametrize("seed", SEEDS)
async def test_an_improvement_lists_what_is_accepted_and_nothing_else(
    sla_client: SlaClient, improvements: ImprovementClient, seed: int
) -> None:
    proposed = await improvements.propose()
    moves = {
        "register": Move("PUT", "/registration", improvements.registration()),
        "assess": Move("POST", "/assessment", ASSESSMENT),
        "approve": Move("POST", "/approval"),
        "reject": Move("POST", "/rejection", REASON),
        "start": Move("POST", "/start"),
        "implement": Move("POST", "/implementation", {"outcome": "a second node is in place"}),
        "extend": Move("POST", "/extension", {"periods_after": 12}),
        "close": Move("POST", "/closure"),
    }
    player = ActionPlayer(sla_client.sla.client, f"/improvements/{proposed['id']}", moves, people(sla_client))

    await player.play(Random(seed), 9)

    assert player.played
