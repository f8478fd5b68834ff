"""Contracts, over HTTP and as documents."""

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

Problem = Callable[[httpx.Response], tuple[int, str]]

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
class Office:
    """Contracts with the customer of the shop; today is 3 February 2026."""

    shop: Any
    clock: FakeClock
    document: Callable[..., dict[str, Any]]

    async def send(
        self, method: str, path: str, body: Any = None, who: dict[str, str] | None = None, **more: str
    ) -> httpx.Response:
        headers = (who or self.shop.manager) | more
        found: httpx.Response = await self.shop.sla.client.request(
            method, f"/contracts{path}", json=body, headers=headers
        )
        return found

    async def draft(self, **changes: Any) -> dict[str, Any]:
        body = {"customer_id": str(self.shop.customer_id), "terms": self.document(**changes)}
        answer = await self.send("POST", "", body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def sign(self, found: dict[str, Any], who: dict[str, str] | None = None) -> httpx.Response:
        """What is on the table."""
        table = (await self.read(found))["draft"]
        body = {"terms_sha256": table["terms_sha256"] if table else "0" * 64}
        return await self.send("POST", f"/{found['id']}/signatures", body, who)

    async def signed(self, **changes: Any) -> dict[str, Any]:
        found = await self.draft(**changes)
        await self.sign(found)
        answer = await self.sign(found, self.shop.customer)
        assert answer.status_code == 201, answer.text
        signed: dict[str, Any] = answer.json()
        return signed

    async def amend(self, found: dict[str, Any], effective_on: str, **changes: Any) -> httpx.Response:
        body = {"terms": self.document(**changes), "effective_on": effective_on, "reason": "A second site"}
        etag = (await self.send("GET", f"/{found['id']}")).headers["etag"]
        return await self.send("POST", f"/{found['id']}/amendments", body, **{"If-Match": etag})

    async def amended(self, found: dict[str, Any], effective_on: str, **changes: Any) -> dict[str, Any]:
        answer = await self.amend(found, effective_on, **changes)
        assert answer.status_code == 201, answer.text
        await self.sign(found)
        signed = await self.sign(found, self.shop.customer)
        assert signed.status_code == 201, signed.text
        after: dict[str, Any] = signed.json()
        return after

    async def notice(self, found: dict[str, Any], given_on: str, who: dict[str, str] | None = None) -> httpx.Response:
        return await self.send("POST", f"/{found['id']}/notice", {"given_on": given_on, "reason": "We move"}, who)

    async def read(self, found: dict[str, Any], on: str | None = None) -> dict[str, Any]:
        answer = await self.send("GET", f"/{found['id']}" + (f"?on={on}" if on else ""))
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def dates(self, first: str, last: str, who: dict[str, str] | None = None) -> list[tuple[str, str]]:
        answer = await self.send("GET", f"/dates?from={first}&to={last}", who=who)
        assert answer.status_code == 200, answer.text
        return [(entry["day"], entry["occasion"]) for one in answer.json()["items"] for entry in one["dates"]]

    async def follow(self, day: date, hour: int = 12) -> list[tuple[str, ...]]:
        """What contracts have told by a day, once the duty was done."""
        self.clock.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        await calendar_job.periodic_job().run(self.shop.sla.runtime)
        return [
            self._short(one)
            for one in await self.shop.sla.list_emitted_events()
            if type(one).__name__.startswith("Contract")
        ]

    def _short(self, event: Any) -> tuple[str, ...]:
        days = ("notice_by", "lead_days", "renewal", "term_months", "last_day", "ended_on")
        said = [str(getattr(event, name)) for name in days if hasattr(event, name)]
        return (type(event).__name__.removeprefix("Contract"), *said)


@pytest.fixture
def office(shop: Any, clock: FakeClock, document: Callable[..., dict[str, Any]]) -> Office:
    return Office(shop, clock, document)


@pytest.fixture
def problem() -> Problem:
    return lambda answer: (answer.status_code, answer.json()["type"].rsplit("/", 1)[1])
