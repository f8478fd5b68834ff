"""Planned maintenance read over HTTP: the calendar, what is excluded, and whom it is shown."""

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from tests.sla.exclusions.conftest import MaintenanceClient
from tests.sla.problems import problem


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-02-01T00:00:00Z"}, "to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2028-02-01T00:00:00Z"}, "to"),
        ({"from": "yesterday", "to": "2026-02-01T00:00:00Z"}, "from"),
    ],
)
async def test_exclusions_are_asked_for_by_a_sensible_window(
    maintenance: MaintenanceClient, query: dict[str, str], field: str
) -> None:
    agreement = await maintenance.signed()
    path = f"/agreements/{agreement['id']}/exclusions"
    answer = await maintenance.sla_client.sla.client.get(path, params=query, headers=maintenance.sla_client.manager)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_customer_sees_what_affects_it_and_not_which_others(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    stranger = maintenance.sla_client.headers("customer", new_id())
    planned = await maintenance.announce(
        ("10T02:00", "10T04:00"),
        affects={"service_ids": [str(maintenance.sla_client.service_id)], "agreement_ids": [agreement["id"]]},
    )
    await maintenance.step(planned, "approval", maintenance.second)
    path = f"/maintenance/{planned['id']}"
    customer_view = (await maintenance.get(path, maintenance.sla_client.customer)).json()
    assert customer_view["affects"]["agreement_ids"] == [agreement["id"]]
    assert [
        item["id"] for item in (await maintenance.get("/maintenance", maintenance.sla_client.customer)).json()["items"]
    ] == [planned["id"]]
    assert problem(await maintenance.get(path, stranger)) == (404, "not-found")
    assert (await maintenance.get("/maintenance", stranger)).json()["items"] == []
    for step, body in (("approval", {}), ("refusal", {"reason": "?"})):
        assert (await maintenance.step(planned, step, stranger, **body)).status_code == 404
    window = "?from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z"
    assert (await maintenance.get(f"/agreements/{agreement['id']}/exclusions{window}", stranger)).status_code == 404
    for step in ("start", "completion", "cancellation"):
        assert (await maintenance.step(planned, step, maintenance.sla_client.customer, reason="?")).status_code == 403


async def test_the_calendar_is_filtered_and_paged(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    early = await maintenance.announce(("10T02:00", "10T04:00"))
    late = await maintenance.announce(("20T02:00", "20T04:00"), affects={"agreement_ids": [agreement["id"]]})
    await maintenance.step(late, "approval", maintenance.second)

    async def listed(query: str) -> list[str]:
        answer = await maintenance.get(f"/maintenance?{query}")
        return [item["id"] for item in answer.json()["items"]]

    assert await listed("") == [early["id"], late["id"]]
    assert await listed("state=approved") == [late["id"]]
    assert await listed("from=2026-02-10T04:00:00Z") == [late["id"]]
    assert await listed("to=2026-02-20T02:00:00Z") == [early["id"]]
    assert await listed(f"affects={maintenance.sla_client.service_id}") == [early["id"]]
    assert await listed(f"affects={agreement['id']}") == [late["id"]]
    assert await listed(f"customer_id={maintenance.sla_client.customer_id}") == [early["id"], late["id"]]
    assert await listed(f"customer_id={new_id()}") == []
    first = (await maintenance.get("/maintenance?limit=1")).json()
    assert [item["id"] for item in first["items"]] == [early["id"]]
    assert await listed(f"limit=1&cursor={first['next']}") == [late["id"]]


async def test_a_page_costs_the_same_however_long_it_is(maintenance: MaintenanceClient, sla: ServiceUnderTest) -> None:
    await maintenance.signed()
    for day in range(10, 15):
        await maintenance.announce((f"{day}T02:00", f"{day}T04:00"))
    counts = []
    for limit in (1, 5):
        with sla.record_queries() as queries:
            await maintenance.get(f"/maintenance?limit={limit}", maintenance.sla_client.customer)
        counts.append(len(queries))
    assert counts[0] == counts[1]
