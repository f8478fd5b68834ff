"""Deleting what was made by mistake, which nobody else has seen and nothing refers to; the trail keeps who did it."""

from typing import Any

from sqlalchemy import select

from tests.sla.conftest import SlaClient
from tests.sla.deletions.deleting import delete, read_tag
from tests.sla.problems import problem


async def list_deletions(sla_client: SlaClient, key: str) -> list[tuple[str, str]]:
    """List who deleted an entity, and what it was."""
    audit = sla_client.sla.runtime.tables.audit
    query = select(audit.c.actor, audit.c.entity).where(audit.c.entity_id == key, audit.c.action == "deleted")
    async with sla_client.sla.runtime.database.sessions() as session:
        return [(row.actor, row.entity) for row in await session.execute(query)]


async def create(sla_client: SlaClient, path: str, body: dict[str, Any]) -> str:
    answer = await sla_client.sla.client.post(path, json=body, headers=sla_client.manager)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_draft_that_was_never_proposed_is_deleted_with_its_back_tests(sla_client: SlaClient) -> None:
    agreement = (await sla_client.draft()).json()
    path = f"/agreements/{agreement['id']}"
    tried = await sla_client.sla.client.post(
        "/backtests",
        json={"agreement_id": agreement["id"], "from": "2026-01", "to": "2026-01"},
        headers=sla_client.manager,
    )
    assert tried.status_code in (201, 409, 422), tried.text

    assert (await delete(sla_client, path)).status_code == 204

    assert (await sla_client.sla.client.get(path, headers=sla_client.manager)).status_code == 404
    assert await list_deletions(sla_client, agreement["id"]) == [("manager", "agreements")]
    assert await sla_client.sla.list_emitted_events() == []


async def test_what_was_proposed_stays_on_record(sla_client: SlaClient) -> None:
    agreement = (await sla_client.draft()).json()
    await sla_client.step(agreement, "proposals", {})
    refused = await delete(sla_client, f"/agreements/{agreement['id']}")
    assert problem(refused) == (409, "not-a-draft")


async def test_a_draft_that_another_agreement_relies_on_is_in_use(sla_client: SlaClient) -> None:
    body = {
        "kind": "ola",
        "supplier": "Network team",
        "customer_id": str(sla_client.customer_id),
        "offering_id": str(sla_client.offering_id),
        "terms": sla_client.terms(),
    }
    supporting = {"id": await create(sla_client, "/agreements", body)}
    relying = (await sla_client.draft()).json()
    tag = await read_tag(sla_client, f"/agreements/{relying['id']}/underpinnings")
    chain = {"parts": [{"name": "Network", "agreement_ids": [supporting["id"]]}]}
    answer = await sla_client.sla.client.put(
        f"/agreements/{relying['id']}/underpinnings", json=chain, headers=sla_client.manager | {"If-Match": tag}
    )
    assert answer.status_code == 200, answer.text
    refused = await delete(sla_client, f"/agreements/{supporting['id']}")
    assert problem(refused) == (409, "still-in-use")
    assert "1 underpinning" in refused.json()["detail"]
    assert (await delete(sla_client, f"/agreements/{relying['id']}")).status_code == 204
    assert (await delete(sla_client, f"/agreements/{supporting['id']}")).status_code == 204


async def test_an_indicator_is_deleted_until_terms_name_it(sla_client: SlaClient) -> None:
    spare = await create(sla_client, "/indicators", {"name": "By mistake", "kind": "availability"})
    assert (await delete(sla_client, f"/indicators/{spare}")).status_code == 204

    draft = (await sla_client.draft()).json()
    refused = await delete(sla_client, f"/indicators/{sla_client.indicator_id}")
    assert problem(refused) == (409, "still-in-use")
    assert "1 agreement version" in refused.json()["detail"]

    await delete(sla_client, f"/agreements/{draft['id']}")
    assert (await delete(sla_client, f"/indicators/{sla_client.indicator_id}")).status_code == 204


async def test_a_closure_calendar_is_deleted_until_terms_name_it(sla_client: SlaClient) -> None:
    calendar = await create(sla_client, "/closure-calendars", {"name": "Plant", "timezone": "Europe/Paris"})
    hours = {"timezone": "Europe/Paris", "hours": "24x7"}
    draft = await sla_client.draft(service_hours=hours, closure_calendars=[calendar])
    assert draft.status_code == 201, draft.text
    assert problem(await delete(sla_client, f"/closure-calendars/{calendar}")) == (409, "still-in-use")
    await delete(sla_client, f"/agreements/{draft.json()['id']}")
    assert (await delete(sla_client, f"/closure-calendars/{calendar}")).status_code == 204


async def test_who_deletes_says_which_version_was_read(sla_client: SlaClient) -> None:
    spare = await create(sla_client, "/indicators", {"name": "By mistake", "kind": "availability"})
    path = f"/indicators/{spare}"
    blind = await sla_client.sla.client.delete(path, headers=sla_client.manager)
    assert blind.status_code == 428
    stale = await sla_client.sla.client.delete(path, headers=sla_client.manager | {"If-Match": '"99"'})
    assert stale.status_code == 412
    assert (await delete(sla_client, path, sla_client.headers("viewer"))).status_code == 403
