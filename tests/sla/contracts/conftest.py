"""A client of contracts over HTTP, and terms of contracts."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from common.testing.fake_issuer import FakeClock
from sla.contracts import calendar_job
from sla.contracts.terms import ContractTerms
from tests.sla.conftest import SlaClient

WRITTEN: dict[str, Any] = {
    "title": "Operation of the web shop",
    "reference": "C-2026-014",
    "provider": {"name": "IT of Example", "represented_by": "Head of IT"},
    "customer": {"name": "Example Ltd", "address": "1 Sample Street"},
    "timezone": "Europe/Paris",
    "starts_on": "2026-03-01",
    "initial_months": 12,
    "renewal_months": 6,
    "notice": {"months": 3},
    "channels": [
        {"channel": "phone", "reach": "+33 1 23 45 67 89", "hours": {"timezone": "Europe/Paris", "hours": "24x7"}},
        {"channel": "on_site", "reach": "Paris", "purpose": "Hardware"},
    ],
    "fees": [
        {"name": "Operation", "fee": {"amount": "1000.00", "currency": "EUR"}, "per": "month"},
        {
            "name": "Licences",
            "fee": {"amount": "333.33", "currency": "EUR"},
            "per": "year",
            "indexation": {"percent": "2.5", "every_months": 12},
        },
    ],
}


@pytest.fixture
def document() -> Callable[..., dict[str, Any]]:
    return lambda **changes: deepcopy(WRITTEN) | changes


@pytest.fixture
def contract_terms(document: Callable[..., dict[str, Any]]) -> Callable[..., ContractTerms]:
    return lambda **changes: ContractTerms.model_validate(document(**changes))


@dataclass(frozen=True)
class ContractClient:
    """Draft, sign and read contracts with the customer of the shop; today is 3 February 2026."""

    sla_client: SlaClient
    clock: FakeClock
    document: Callable[..., dict[str, Any]]

    async def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: str
    ) -> httpx.Response:
        headers = (headers or self.sla_client.manager) | more
        return await self.sla_client.sla.client.request(method, f"/contracts{path}", json=body, headers=headers)

    async def draft(self, **changes: Any) -> dict[str, Any]:
        body = {"customer_id": str(self.sla_client.customer_id), "terms": self.document(**changes)}
        answer = await self.send("POST", "", body)
        assert answer.status_code == 201, answer.text
        contract: dict[str, Any] = answer.json()
        return contract

    async def sign(self, contract: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
        """Sign the open draft."""
        draft = (await self.read(contract))["draft"]
        body = {"terms_sha256": draft["terms_sha256"] if draft else "0" * 64}
        return await self.send("POST", f"/{contract['id']}/signatures", body, headers)

    async def signed(self, **changes: Any) -> dict[str, Any]:
        draft = await self.draft(**changes)
        await self.sign(draft)
        answer = await self.sign(draft, self.sla_client.customer)
        assert answer.status_code == 201, answer.text
        signed: dict[str, Any] = answer.json()
        return signed

    async def amend(self, contract: dict[str, Any], effective_on: str, **changes: Any) -> httpx.Response:
        body = {"terms": self.document(**changes), "effective_on": effective_on, "reason": "A second site"}
        etag = (await self.send("GET", f"/{contract['id']}")).headers["etag"]
        return await self.send("POST", f"/{contract['id']}/amendments", body, **{"If-Match": etag})

    async def amended(self, contract: dict[str, Any], effective_on: str, **changes: Any) -> dict[str, Any]:
        answer = await self.amend(contract, effective_on, **changes)
        assert answer.status_code == 201, answer.text
        await self.sign(contract)
        signed = await self.sign(contract, self.sla_client.customer)
        assert signed.status_code == 201, signed.text
        after: dict[str, Any] = signed.json()
        return after

    async def give_notice(
        self, contract: dict[str, Any], given_on: str, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return await self.send(
            "POST", f"/{contract['id']}/notice", {"given_on": given_on, "reason": "We move"}, headers
        )

    async def read(self, contract: dict[str, Any], on: str | None = None) -> dict[str, Any]:
        answer = await self.send("GET", f"/{contract['id']}" + (f"?on={on}" if on else ""))
        assert answer.status_code == 200, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def dates(self, first: str, last: str, headers: dict[str, str] | None = None) -> list[tuple[str, str]]:
        answer = await self.send("GET", f"/dates?from={first}&to={last}", headers=headers)
        assert answer.status_code == 200, answer.text
        return [(entry["day"], entry["occasion"]) for item in answer.json()["items"] for entry in item["dates"]]

    async def run_calendar_job(self, day: date, hour: int = 12) -> list[tuple[str, ...]]:
        """Run the calendar job on a day; return all events on contracts emitted so far."""
        self.clock.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        await calendar_job.periodic_job().run(self.sla_client.sla.runtime)
        events = await self.sla_client.sla.list_emitted_events()
        return [self._summary(event) for event in events if type(event).__name__.startswith("Contract")]

    def _summary(self, event: Any) -> tuple[str, ...]:
        days = ("notice_by", "lead_days", "renewal", "term_months", "last_day", "ended_on")
        values = [str(getattr(event, name)) for name in days if hasattr(event, name)]
        return (type(event).__name__.removeprefix("Contract"), *values)


@pytest.fixture
def contracts(sla_client: SlaClient, clock: FakeClock, document: Callable[..., dict[str, Any]]) -> ContractClient:
    return ContractClient(sla_client, clock, document)
