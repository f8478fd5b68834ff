"""What the rooms' tests share: terms to draft from, and a service that knows what an agreement needs."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest, StartService
from published.catalog import OfferingPublished
from published.engagement import CustomerRegistered
from sla.agreements.objectives import INCIDENT_KINDS
from sla.agreements.terms import Terms

AVAILABILITY = UUID("01900000-0000-7000-8000-000000000001")
LATENCY = UUID("01900000-0000-7000-8000-000000000002")
INDICATOR = UUID("01900000-0000-7000-8000-0000000000aa")

WRITTEN: dict[str, Any] = {
    "name": "Web shop, gold",
    "service_hours": {
        "timezone": "Europe/Paris",
        "hours": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        "closures": [{"from": "12-25", "every": "year", "name": "Christmas"}],
    },
    "objectives": [
        {
            "id": str(AVAILABILITY),
            "name": "Availability",
            "kind": "availability",
            "indicator_id": str(INDICATOR),
            "target": "99.5",
            "method": "time",
            "missing": "ignore",
            "coverage_floor": "90",
            "weight": "2",
        },
        {
            "id": str(LATENCY),
            "name": "Fast answers",
            "kind": "latency",
            "indicator_id": str(INDICATOR),
            "target": "95",
            "method": "timeslices",
            "slice_target": "99",
            "missing": "bad",
        },
    ],
    "starts_on": "2026-01-15",
    "credits": {
        "ladder": [{"below": "99.5", "percent": "5"}, {"below": "99", "percent": "10"}],
        "cap": "25",
    },
    "monthly_charge": {"amount": "12000.00", "currency": "EUR"},
}


@pytest.fixture
def written() -> Callable[..., dict[str, Any]]:
    """A terms document as a client writes it, with changes."""
    return lambda **changes: deepcopy(WRITTEN) | changes


@pytest.fixture
def terms(written: Callable[..., dict[str, Any]]) -> Callable[..., Terms]:
    return lambda **changes: Terms.model_validate(written(**changes))


@pytest.fixture
async def sla(start_service: StartService) -> ServiceUnderTest:
    """The sla service on trial, where nothing is known yet."""
    return await start_service("sla")


@pytest.fixture
async def committed_sla(start_committed_service: StartService) -> ServiceUnderTest:
    """The sla service over a database of its own, where what people and replicas do at once is committed."""
    return await start_committed_service("sla")


@dataclass(frozen=True)
class SlaClient:
    """The service, with what an agreement needs."""

    sla: ServiceUnderTest
    headers: Callable[..., dict[str, str]]
    customer_id: UUID
    offering_id: UUID
    service_id: UUID
    indicator_id: UUID
    written: Callable[..., dict[str, Any]]

    @property
    def manager(self) -> dict[str, str]:
        return self.headers("manager")

    @property
    def customer(self) -> dict[str, str]:
        return self.headers("customer", self.customer_id)

    def terms(self, **changes: Any) -> dict[str, Any]:
        """Terms on the indicator that exists; fast answers owe credits by a ladder of their own."""
        terms = self.written(**changes)
        for objective in terms["objectives"]:
            if objective["name"] == "Fast answers" and terms["credits"]:
                objective.setdefault("credits", {"ladder": [{"below": "99", "percent": "10"}]})
            if objective["kind"] not in INCIDENT_KINDS:
                objective["indicator_id"] = str(self.indicator_id)
        return terms

    async def draft(
        self, customer_id: UUID | None = None, offering_id: UUID | None = None, **changes: Any
    ) -> httpx.Response:
        body = {
            "customer_id": str(customer_id or self.customer_id),
            "offering_id": str(offering_id or self.offering_id),
            "terms": self.terms(**changes),
        }
        return await self.sla.client.post("/agreements", json=body, headers=self.manager)

    async def step(
        self, agreement: dict[str, Any], step: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        path = f"/agreements/{agreement['id']}/{step}"
        return await self.sla.client.post(path, json=body, headers=headers or self.manager)

    async def signed(self, **changes: Any) -> dict[str, Any]:
        """An agreement both sides have signed."""
        agreement: dict[str, Any] = (await self.draft(**changes)).json()
        await self.step(agreement, "proposals", {})
        accepted = (await self.step(agreement, "acceptances", {}, self.customer)).json()
        signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
        await self.step(agreement, "signatures", signature)
        answer = await self.step(agreement, "signatures", signature, self.customer)
        assert answer.status_code == 201, answer.text
        signed: dict[str, Any] = answer.json()
        return signed


async def register(sla: ServiceUnderTest, name: str) -> UUID:
    customer_id = new_id()
    event = CustomerRegistered(
        customer_id=customer_id, name=name, parent_id=None, registered_at=datetime(2025, 1, 1, tzinfo=UTC)
    )
    await sla.receive(event)
    return customer_id


def offering(service_id: UUID, offering_id: UUID) -> OfferingPublished:
    return OfferingPublished(
        offering_id=offering_id,
        offering_name="Web shop, gold",
        service_id=service_id,
        service_name="Web shop",
        tier="gold",
        price=None,
        currency=None,
        unit=None,
        published_at=datetime(2025, 1, 1, tzinfo=UTC),
    )


async def build_sla_client(
    sla: ServiceUnderTest, headers: Callable[..., dict[str, str]], written: Callable[..., dict[str, Any]]
) -> SlaClient:
    """With a customer, an offering and an indicator."""
    customer_id = await register(sla, "Example Ltd")
    service_id, offering_id = new_id(), new_id()
    await sla.receive(offering(service_id, offering_id))
    defined = await sla.client.post(
        "/indicators", json={"name": "Shop answers", "kind": "availability"}, headers=headers("manager")
    )
    assert defined.status_code == 201, defined.text
    return SlaClient(sla, headers, customer_id, offering_id, service_id, UUID(defined.json()["id"]), written)


@pytest.fixture
async def sla_client(
    sla: ServiceUnderTest,
    clock: FakeClock,
    headers: Callable[..., dict[str, str]],
    written: Callable[..., dict[str, Any]],
) -> SlaClient:
    """In February 2026, when the terms as written have begun."""
    clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC)
    return await build_sla_client(sla, headers, written)


@pytest.fixture
async def committed_client(
    committed_sla: ServiceUnderTest,
    clock: FakeClock,
    headers: Callable[..., dict[str, str]],
    written: Callable[..., dict[str, Any]],
) -> SlaClient:
    """The same, over committed transactions."""
    clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC)
    return await build_sla_client(committed_sla, headers, written)
