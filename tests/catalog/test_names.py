"""Answers of the catalog name what their ids stand for, and other services learn these names."""

from typing import Any
from uuid import UUID

from catalog.subscriptions import SUBSCRIPTIONS
from common.ids import new_id
from published.catalog import OfferingAudienceChanged, OfferingPublished, ServiceRegistered, ServiceRenamed
from published.engagement import CustomerRegistered, CustomerRenamed
from tests.catalog.conftest import Catalog

SALES, HARBOUR = new_id(), new_id()


async def register(catalog: Catalog, customer_id: UUID, name: str) -> None:
    event = CustomerRegistered.model_validate(
        {"customer_id": customer_id, "name": name, "parent_id": None, "registered_at": "2026-01-01T00:00:00Z"}
    )
    for _ in range(2):
        await catalog.trial.receive(event)


async def test_offerings_name_their_service_and_the_customers_that_see_them(catalog: Catalog) -> None:
    await register(catalog, SALES, "Sales")
    service = await catalog.service("Mail")
    offering = await catalog.published(service, visible_to=[str(SALES), str(HARBOUR)])

    [listed] = (await catalog.get("/offerings"))["items"]
    quote = await catalog.get(f"/offerings/{offering}/quote")

    assert listed["service"] == {"id": service, "name": "Mail"}
    assert quote["offering"] == {"id": offering, "name": "Mailbox"}
    assert listed["visible_to_customers"] == [
        {"id": str(SALES), "name": "Sales"},
        {"id": str(HARBOUR), "name": None},  # not known here yet
    ]
    await catalog.trial.receive(CustomerRenamed(customer_id=HARBOUR, name="Harbour Authority"))
    [listed] = (await catalog.get("/offerings"))["items"]
    assert listed["visible_to_customers"][1]["name"] == "Harbour Authority"
    assert CustomerRegistered in SUBSCRIPTIONS


async def test_a_customer_reads_its_own_name_and_no_other(catalog: Catalog) -> None:
    await register(catalog, SALES, "Sales")
    await register(catalog, HARBOUR, "Harbour Authority")
    await catalog.published(visible_to=[str(SALES), str(HARBOUR)])

    [listed] = (await catalog.get("/offerings", "customer", SALES))["items"]

    assert listed["visible_to_customers"] == [{"id": str(SALES), "name": "Sales"}]
    assert listed["service"]["name"] == "Mail"


async def test_an_offering_that_everybody_sees_names_no_customers(catalog: Catalog) -> None:
    await catalog.published()

    [listed] = (await catalog.get("/offerings"))["items"]

    assert (listed["visible_to"], listed["visible_to_customers"]) == (None, None)


async def test_other_services_learn_of_services_their_new_names_and_who_sees_an_offering(catalog: Catalog) -> None:
    service = await catalog.service("Mail")
    offering = await catalog.published(service, visible_to=[str(SALES)])
    renamed: dict[str, Any] = {"name": "Mail and calendar"}
    for body in (renamed, renamed):
        await catalog.change("PATCH", f"/services/{service}", body, f"/services/{service}")
    for audience in ([str(SALES)], None):
        await catalog.change("PATCH", f"/offerings/{offering}", {"visible_to": audience}, f"/offerings/{offering}")

    registered, published, renaming, change = await catalog.trial.list_emitted_events()

    assert registered == ServiceRegistered(service_id=UUID(service), name="Mail")
    assert isinstance(published, OfferingPublished)
    assert published.visible_to == (SALES,)
    assert renaming == ServiceRenamed(service_id=UUID(service), name="Mail and calendar")
    assert change == OfferingAudienceChanged(offering_id=UUID(offering), visible_to=None, visible_before=(SALES,))
