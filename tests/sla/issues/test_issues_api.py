"""The queue of issues over HTTP, as breaches fill it."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.answers import get_tagged_version
from common.testing.plugin import ServiceUnderTest
from published.sla import IssueOpened, IssueResolved
from sla.issues.opening.breaches import open_issue_for_breach
from sla.issues.origins import Breach
from tests.sla.conftest import SlaClient
from tests.sla.problems import problem

Open = Callable[..., Any]


@pytest.fixture
async def agreement_id(sla_client: SlaClient) -> UUID:
    return UUID((await sla_client.signed())["id"])


@pytest.fixture
def open_for(sla: ServiceUnderTest, sla_client: SlaClient, agreement_id: UUID, breach: Callable[..., Breach]) -> Open:
    """What the closing of a review period does for each breach; answers the id of the issue."""

    async def open_one(**changes: Any) -> str:
        usual: dict[str, Any] = {
            "agreement_id": agreement_id,
            "customer_id": sla_client.customer_id,
            "service_id": sla_client.service_id,
        }
        async with sla.begin() as work:
            issue = await open_issue_for_breach(work, breach(**usual | changes))
            return str(issue.id)

    return open_one


async def test_two_breaches_of_one_cause_make_one_issue(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    first = await open_for(indicator_id=new_id())
    second = await open_for(indicator_id=new_id(), objective_name="Fast answers", attained=Decimal(50))
    assert first == second
    read = (await sla.client.get(f"/issues/{first}", headers=sla_client.manager)).json()
    assert sorted(item["objective_name"] for item in read["breaches"]) == ["Availability", "Fast answers"]
    assert read["cause_key"] == f"service:{sla_client.service_id}"
    assert [type(event) for event in await sla.list_emitted_events()].count(IssueOpened) == 1


async def test_one_indicator_behind_two_services_is_one_cause(open_for: Open) -> None:
    assert await open_for(service_id=new_id()) == await open_for(service_id=new_id())


async def test_another_service_time_or_customer_is_another_issue(open_for: Open) -> None:
    march = {"period_from": datetime(2026, 3, 1, tzinfo=UTC), "period_to": datetime(2026, 4, 1, tzinfo=UTC)}
    issues = {
        await open_for(),
        await open_for(service_id=new_id(), indicator_id=new_id()),
        await open_for(**march),
        await open_for(customer_id=new_id()),
    }
    assert len(issues) == 4


async def test_a_restatement_changes_the_breach_and_opens_nothing(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    objective = new_id()
    first = await open_for(objective_id=objective)
    assert await open_for(objective_id=objective, attained=Decimal(50)) == first
    read = (await sla.client.get(f"/issues/{first}", headers=sla_client.manager)).json()
    assert ([item["attained"] for item in read["breaches"]], read["priority"]) == (["50"], 1)


async def test_what_was_closed_is_not_opened_again(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    first = await open_for()
    await see_through(sla, sla_client, first)
    second = await open_for()
    read = (await sla.client.get(f"/issues/{second}", headers=sla_client.manager)).json()
    assert (second != first, read["recurrence_of"], read["recurrences"]) == (True, first, 1)
    openings = [event for event in await sla.list_emitted_events() if isinstance(event, IssueOpened)]
    assert [(event.recurrence_of, event.recurrences) for event in openings] == [(None, 0), (UUID(first), 1)]


async def see_through(sla: ServiceUnderTest, sla_client: SlaClient, issue: str) -> None:
    owner = sla_client.headers("owner")
    await sla.client.patch(f"/issues/{issue}", json={"owner": "olga"}, headers=owner | {"If-Match": '"1"'})
    await sla.client.post(f"/issues/{issue}/resolution", json={"resolution": "done"}, headers=owner)
    closed = await sla.client.post(f"/issues/{issue}/closure", headers=owner)
    assert closed.json()["state"] == "closed"


async def test_an_issue_is_planned_resolved_and_closed(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    path, owner = f"/issues/{await open_for()}", sla_client.headers("owner")
    plan = {"owner": "olga", "plan": "more memory", "due_on": "2026-03-15"}
    planned = await sla.client.patch(path, json=plan, headers=owner | {"If-Match": '"1"'})
    assert (planned.status_code, planned.json()["state"], get_tagged_version(planned)) == (200, "in_progress", 2)
    stale = await sla.client.patch(path, json=plan, headers=owner | {"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await sla.client.patch(path, json=plan, headers=owner)).status_code == 428
    handed = await sla.client.patch(path, json={"owner": "otto"}, headers=owner | {"If-Match": '"2"'})
    assert (handed.json()["owner"], handed.json()["plan"], handed.json()["due_on"]) == (
        "otto",
        "more memory",
        "2026-03-15",
    )
    assert problem(await sla.client.post(f"{path}/closure", headers=owner)) == (409, "issue-not-resolved")
    resolved = await sla.client.post(f"{path}/resolution", json={"resolution": "doubled it"}, headers=owner)
    assert (resolved.json()["state"], resolved.json()["resolution"]) == ("resolved", "doubled it")
    again = await sla.client.post(f"{path}/resolution", json={"resolution": "twice"}, headers=owner)
    assert problem(again) == (409, "issue-already-resolved")
    assert (await sla.client.post(f"{path}/closure", headers=owner)).json()["state"] == "closed"
    (resolved_event,) = (event for event in await sla.list_emitted_events() if isinstance(event, IssueResolved))
    assert resolved_event.customer_id == sla_client.customer_id


async def test_an_issue_nobody_owns_is_not_resolved(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    path = f"/issues/{await open_for()}/resolution"
    answer = await sla.client.post(path, json={"resolution": "by itself"}, headers=sla_client.headers("owner"))
    assert problem(answer) == (409, "issue-without-owner")


async def test_the_queue_is_paged_in_the_order_of_priority(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    for attained in ("99.4", "50", "99", "98", "99.3"):
        await open_for(service_id=new_id(), indicator_id=new_id(), attained=Decimal(attained))
    priorities: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await sla.client.get(f"/issues?limit=2&cursor={cursor}", headers=sla_client.manager)).json()
        priorities += [item["priority"] for item in answer["items"]]
        cursor = answer["next"]
    assert priorities == [1, 2, 2, 3, 3]
    with sla.record_queries() as queries_of_one:
        await sla.client.get("/issues?limit=1", headers=sla_client.manager)
    with sla.record_queries() as queries_of_five:
        await sla.client.get("/issues?limit=5", headers=sla_client.manager)
    assert len(queries_of_one) == len(queries_of_five)


async def test_the_queue_is_filtered(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient, agreement_id: UUID
) -> None:
    issue = await open_for()
    await sla.client.patch(
        f"/issues/{issue}", json={"owner": "olga"}, headers=sla_client.headers("owner") | {"If-Match": '"1"'}
    )

    async def count(query: str) -> int:
        return len((await sla.client.get(f"/issues?{query}", headers=sla_client.manager)).json()["items"])

    for query in (
        "state=in_progress",
        "owner=olga",
        f"agreement_id={agreement_id}",
        f"customer_id={sla_client.customer_id}",
        f"cause_key=service:{sla_client.service_id}",
    ):
        assert await count(query) == 1
    for query in ("state=open", "owner=otto", f"agreement_id={new_id()}", f"customer_id={new_id()}", "cause_key=x"):
        assert await count(query) == 0


async def test_a_customer_sees_its_own_issues_and_changes_none(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    issue = await open_for()
    await open_for(customer_id=new_id())
    stranger = sla_client.headers("customer", new_id())
    assert len((await sla.client.get("/issues", headers=sla_client.customer)).json()["items"]) == 1
    assert (await sla.client.get("/issues", headers=stranger)).json()["items"] == []
    assert (await sla.client.get(f"/issues/{issue}", headers=sla_client.customer)).status_code == 200
    assert (await sla.client.get(f"/issues/{issue}", headers=stranger)).status_code == 404
    assert (await sla.client.get(f"/issues/{new_id()}", headers=sla_client.manager)).status_code == 404
    for headers in (sla_client.customer, sla_client.headers("viewer")):
        matching = headers | {"If-Match": '"1"'}
        assert (await sla.client.patch(f"/issues/{issue}", json={"owner": "me"}, headers=matching)).status_code == 403
        assert (await sla.client.post(f"/issues/{issue}/closure", headers=headers)).status_code == 403
    assert (await sla.client.get("/issues")).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"owner": ""}, "owner"),
        ({"due_on": "2026-02-30"}, "due_on"),
        ({"due_on": "2026-01-01"}, "due_on"),
        ({"owner": None}, "owner"),
        ({"plan": 7}, "plan"),
        ({"plan": None}, "plan"),
        ({"state": "closed"}, "state"),
        ({"plan": "a\x00b"}, "plan"),
    ],
)
async def test_a_bad_plan_is_refused_by_the_name_of_its_field(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient, body: dict[str, Any], field: str
) -> None:
    path = f"/issues/{await open_for()}"
    answer = await sla.client.patch(path, json=body, headers=sla_client.headers("owner") | {"If-Match": '"1"'})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_resolution_sent_twice_is_told_once(
    open_for: Open, sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    path, owner = f"/issues/{await open_for()}", sla_client.headers("owner")
    await sla.client.patch(path, json={"owner": "olga"}, headers=owner | {"If-Match": '"1"'})
    repeatable = owner | {"Idempotency-Key": "resolve-1"}
    body = {"resolution": "done"}
    first = await sla.client.post(f"{path}/resolution", json=body, headers=repeatable)
    again = await sla.client.post(f"{path}/resolution", json=body, headers=repeatable)
    assert (first.status_code, again.json()) == (201, first.json())
    assert [type(event) for event in await sla.list_emitted_events()].count(IssueResolved) == 1
