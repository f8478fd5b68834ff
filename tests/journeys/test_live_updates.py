"""A customer's page follows the changes of a running Rapport: it hears of what it may read, and of nothing else."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.common.changes.stream_reader import SentEvent, StreamReader, listen
from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House

TERMS = {
    "name": "Service desk",
    "service_hours": {"timezone": "Europe/Paris", "hours": "24x7", "closures": []},
    "objectives": [
        {"name": "First answer", "kind": "response_time", "within": "PT4H", "target": "90", "priorities": [1, 2, 3, 4]}
    ],
    "starts_on": "2026-01-01",
}


class CustomerPage:
    """A page of one customer, with its token."""

    def __init__(self, house: House, manager: Caller, name: str, customer_id: str | None = None) -> None:
        self.id = customer_id or str(manager.post("/engagement/v1/customers", {"name": name})["id"])
        token = house.token("customer", "--customer", self.id, "--subject", name)
        self.url = house.url
        self.headers = {"Authorization": f"Bearer {token}"}

    def stream(self, service: str, last_id: str | None = None) -> Any:
        return listen(f"{self.url}/{service}/v1/changes", self.headers, last_id)

    def read(self, event: SentEvent) -> int:
        """Read what the event hints at; return the status of the answer."""
        return httpx.get(f"{self.url}{event.data['url']}", headers=self.headers, trust_env=False).status_code


@pytest.fixture
def manager(house: House) -> Iterator[Caller]:
    with Caller(house, house.token("manager")) as caller:
        yield caller


async def test_a_customer_hears_of_offerings_that_it_sees_or_saw_until_now(house: House, manager: Caller) -> None:
    sales, harbour = CustomerPage(house, manager, "Sales of Live"), CustomerPage(house, manager, "Harbour of Live")
    service = manager.post("/catalog/v1/services", {"name": "Live shop", "owner": "Ada Lovelace"})["id"]
    draft = {"service_id": service, "name": "Gold", "tier": "gold", "visible_to": [sales.id]}
    offering = manager.patiently("/catalog/v1/offerings", draft)

    async with sales.stream("catalog") as to_sales, harbour.stream("catalog") as to_harbour:
        await expect(to_sales, "ready")
        await expect(to_harbour, "ready")

        published = manager.post(f"/catalog/v1/offerings/{offering['id']}/publication")
        heard = await expect(to_sales, "OfferingPublished", offering["id"])
        assert (sales.read(heard), harbour.read(heard)) == (200, 404)

        change_audience(manager, published, [harbour.id])
        lost = await expect(to_sales, "OfferingAudienceChanged", offering["id"])
        won = await expect(to_harbour, "OfferingAudienceChanged", offering["id"])
        assert (sales.read(lost), harbour.read(won)) == (404, 200)
        assert (lost.data["customer_id"], won.data["customer_id"]) == (sales.id, harbour.id)

        manager.post(f"/catalog/v1/offerings/{offering['id']}/retirement")
        await expect(to_harbour, "OfferingRetired", offering["id"])

        open_to_all = manager.post("/catalog/v1/offerings", {"service_id": service, "name": "Open", "tier": "silver"})
        manager.post(f"/catalog/v1/offerings/{open_to_all['id']}/publication")
        for page, stream in ((sales, to_sales), (harbour, to_harbour)):
            event = await expect(stream, "OfferingPublished", open_to_all["id"])
            assert page.read(event) == 200


def change_audience(manager: Caller, offering: dict[str, Any], customers: list[str]) -> None:
    path, match = f"/catalog/v1/offerings/{offering['id']}", {"If-Match": f'"{offering["version"]}"'}
    answer = manager.client.patch(path, json={"visible_to": customers}, headers=match)
    assert answer.status_code == 200, answer.text


async def test_a_customer_hears_of_its_own_agreements_and_can_read_them(house: House, manager: Caller) -> None:
    agreement, customer_id = agree(house, manager, "Live desk", TERMS)
    _, other_id = agree(house, manager, "Another live desk", TERMS)
    page = CustomerPage(house, manager, "customer of Live desk", customer_id)
    other_page = CustomerPage(house, manager, "customer of Another live desk", other_id)

    own = await read_from_the_beginning(page)
    others = await read_from_the_beginning(other_page)

    assert ("AgreementSigned", agreement["id"]) in {(event.name, event.data["id"]) for event in own}
    assert {event.data["customer_id"] for event in own} == {customer_id}
    assert {page.read(event) for event in own} == {200}
    assert {page.read(event) for event in others} == {404}


async def read_from_the_beginning(page: CustomerPage) -> list[SentEvent]:
    """Read all that the customer's page has missed since the service's first event."""
    events: list[SentEvent] = []
    async with page.stream("sla", "0") as stream:
        while (event := await stream.read()) and event.name != "ready":
            events.append(event)
    return events


async def expect(stream: StreamReader, name: str, subject: str | None = None) -> SentEvent:
    """Expect this message to be the next."""
    event = await stream.read(30)
    assert event is not None
    assert (event.name, event.data.get("id")) == (name, subject)
    return event
