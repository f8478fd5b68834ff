"""Planned maintenance read over HTTP: the calendar, what is excluded, and whom it is shown."""

from typing import Any

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from tests.sla.exclusions.conftest import Problem


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-02-01T00:00:00Z"}, "to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2028-02-01T00:00:00Z"}, "to"),
        ({"from": "yesterday", "to": "2026-02-01T00:00:00Z"}, "from"),
    ],
)
async def test_exclusions_are_asked_for_by_a_sensible_window(works: Any, query: dict[str, str], field: str) -> None:
    agreement = await works.signed()
    path = f"/agreements/{agreement['id']}/exclusions"
    answer = await works.shop.sla.client.get(path, params=query, headers=works.shop.manager)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_customer_sees_what_affects_it_and_not_whom_else(works: Any, problem: Problem) -> None:
    mine = await works.signed()
    stranger = works.shop.headers("customer", new_id())
    found = await works.announce(
        ("10T02:00", "10T04:00"),
        affects={"service_ids": [str(works.shop.service_id)], "agreement_ids": [mine["id"]]},
    )
    await works.step(found, "approval", works.second)
    path = f"/maintenance/{found['id']}"
    seen = (await works.get(path, works.shop.customer)).json()
    assert seen["affects"]["agreement_ids"] == [mine["id"]]
    assert [one["id"] for one in (await works.get("/maintenance", works.shop.customer)).json()["items"]] == [
        found["id"]
    ]
    assert problem(await works.get(path, stranger)) == (404, "not-found")
    assert (await works.get("/maintenance", stranger)).json()["items"] == []
    for step, body in (("approval", {}), ("refusal", {"reason": "?"})):
        assert (await works.step(found, step, stranger, **body)).status_code == 404
    window = "?from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z"
    assert (await works.get(f"/agreements/{mine['id']}/exclusions{window}", stranger)).status_code == 404
    for step in ("start", "completion", "cancellation"):
        assert (await works.step(found, step, works.shop.customer, reason="?")).status_code == 403


async def test_the_calendar_is_filtered_and_paged(works: Any) -> None:
    agreement = await works.signed()
    early = await works.announce(("10T02:00", "10T04:00"))
    late = await works.announce(("20T02:00", "20T04:00"), affects={"agreement_ids": [agreement["id"]]})
    await works.step(late, "approval", works.second)

    async def listed(query: str) -> list[str]:
        answer = await works.get(f"/maintenance?{query}")
        return [one["id"] for one in answer.json()["items"]]

    assert await listed("") == [early["id"], late["id"]]
    assert await listed("state=approved") == [late["id"]]
    assert await listed("from=2026-02-10T04:00:00Z") == [late["id"]]
    assert await listed("to=2026-02-20T02:00:00Z") == [early["id"]]
    assert await listed(f"affects={works.shop.service_id}") == [early["id"]]
    assert await listed(f"affects={agreement['id']}") == [late["id"]]
    assert await listed(f"customer_id={works.shop.customer_id}") == [early["id"], late["id"]]
    assert await listed(f"customer_id={new_id()}") == []
    first = (await works.get("/maintenance?limit=1")).json()
    assert [one["id"] for one in first["items"]] == [early["id"]]
    assert await listed(f"limit=1&cursor={first['next']}") == [late["id"]]


async def test_a_page_costs_the_same_however_long_it_is(works: Any, sla: ServiceUnderTest) -> None:
    await works.signed()
    for day in range(10, 15):
        await works.announce((f"{day}T02:00", f"{day}T04:00"))
    counts = []
    for limit in (1, 5):
        with sla.record_queries() as sent:
            await works.get(f"/maintenance?limit={limit}", works.shop.customer)
        counts.append(len(sent))
    assert counts[0] == counts[1]
