"""Answers of the sla service name customers, offerings and services by its replicas of them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from common.ids import new_id
from published.catalog import (
    OfferingAudienceChanged,
    OfferingRetired,
    ServiceDeleted,
    ServiceRegistered,
    ServiceRenamed,
)
from published.engagement import CustomerRenamed
from sla.agreements.model import ServiceReplica
from tests.sla.conftest import SlaClient, offering, register


async def read(sla_client: SlaClient, path: str, customer_id: UUID | None = None) -> Any:
    headers = sla_client.headers("customer", customer_id) if customer_id else sla_client.manager
    answer = await sla_client.sla.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def require(sla_client: SlaClient, customer_id: UUID, **about: Any) -> Any:
    """File a requirement of the customer on a service or offering; the answer names it."""
    body = {
        "title": "Open at Christmas",
        "service_level": {"level": {"kind": "availability", "target": "99.5"}},
        "reason": "Sales",
        **{name: str(key) for name, key in about.items()},
    }
    headers = sla_client.headers("customer", customer_id)
    answer = await sla_client.sla.client.post("/requirements", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_agreement_names_its_customer_and_offering(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    for _ in range(2):
        await sla_client.sla.receive(CustomerRenamed(customer_id=sla_client.customer_id, name="Example plc"))

    for reader in (None, sla_client.customer_id):
        [listed] = (await read(sla_client, "/agreements", reader))["items"]
        assert listed["customer"] == {"id": str(sla_client.customer_id), "name": "Example plc"}
        assert listed["offering"] == {"id": str(sla_client.offering_id), "name": "Web shop, gold"}
    assert agreement["customer"]["name"] == "Example Ltd"  # when it was signed
    assert (await read(sla_client, f"/agreements/{agreement['id']}"))["customer"]["name"] == "Example plc"


async def test_a_page_of_agreements_is_named_in_one_query(sla_client: SlaClient) -> None:
    counts = []
    for more in (1, 4):
        for _ in range(more):
            await sla_client.draft(await register(sla_client.sla, f"Customer {new_id()}"))
        with sla_client.sla.record_queries() as queries:
            await read(sla_client, "/agreements")
        counts.append(len(queries))
    assert counts == [2, 2]


async def test_a_service_keeps_the_name_of_its_own_events_in_any_order(sla_client: SlaClient) -> None:
    about = {"service_id": sla_client.service_id}
    assert (await require(sla_client, sla_client.customer_id, **about))["service"]["name"] == "Web shop"

    for _ in range(2):
        await sla_client.sla.receive(ServiceRegistered(service_id=sla_client.service_id, name="Web shop"))
        await sla_client.sla.receive(ServiceRenamed(service_id=sla_client.service_id, name="Shops"))
        await sla_client.sla.receive(offering(sla_client.service_id, new_id()))  # of a time when it was a web shop

    assert (await require(sla_client, sla_client.customer_id, **about))["service"]["name"] == "Shops"


async def test_a_service_that_was_deleted_is_forgotten(sla_client: SlaClient) -> None:
    service_id = new_id()
    await sla_client.sla.receive(ServiceRegistered(service_id=service_id, name="By mistake"))
    for _ in range(2):
        await sla_client.sla.receive(ServiceDeleted(service_id=service_id, deleted_at=datetime(2026, 2, 3, tzinfo=UTC)))
        async with sla_client.sla.begin() as work:
            assert await work.session.get(ServiceReplica, service_id) is None


async def test_a_customer_reads_no_name_of_an_offering_that_it_may_not_see(sla_client: SlaClient) -> None:
    stranger = await register(sla_client.sla, "Stranger")
    agreement = await sla_client.signed()
    about = {"service_id": sla_client.service_id, "offering_id": sla_client.offering_id}
    assert (await require(sla_client, stranger, **about))["offering"]["name"] == "Web shop, gold"

    audience = OfferingAudienceChanged(offering_id=sla_client.offering_id, visible_to=(new_id(),))
    for _ in range(2):
        await sla_client.sla.receive(audience)
    hidden = await require(sla_client, stranger, **about)

    assert (hidden["offering"]["name"], hidden["service"]["name"]) == (None, None)
    assert hidden["customer"]["name"] == "Stranger"
    own = await read(sla_client, f"/agreements/{agreement['id']}", sla_client.customer_id)
    assert own["offering"]["name"] == "Web shop, gold"  # it has agreed on it


async def test_a_retired_offering_is_named_to_those_who_agreed_on_it(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    retired = OfferingRetired(
        offering_id=sla_client.offering_id,
        service_id=sla_client.service_id,
        retired_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    await sla_client.sla.receive(retired)

    own = await read(sla_client, f"/agreements/{agreement['id']}", sla_client.customer_id)

    assert own["offering"]["name"] == "Web shop, gold"
