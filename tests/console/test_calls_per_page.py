"""What a page of the console costs: as many calls of the services for twelve rows as for three."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from common.auth.development_issuer import development_settings
from common.auth.principal import Principal, Role
from console.main import SESSION_COOKIE, build_console
from console.sessions.session import Session, Tokens
from console.settings import ConsoleSettings
from console.sign_in.development import DevelopmentSignIn
from tests.console.conftest import list_page_addresses
from tests.journeys.caller import Caller
from tests.journeys.conftest import House

FEW, MANY = 3, 12
MOST_CALLS = 10
SHOWN_ON_START_PAGE = 10
NAME = "Counted calls"


class CountingTransport(httpx.AsyncHTTPTransport):
    """Reaches the services as the console does, and counts what it asks them."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.counts[request.url.path] += 1
        return await super().handle_async_request(request)


@dataclass
class Portfolio:
    """A customer of whom everything that a page lists can be made more."""

    manager: Caller
    colleague: Caller
    customer: Caller
    customer_id: str
    indicator_id: str
    month: datetime
    size: int = 0
    ids: dict[str, str] = field(default_factory=dict)
    """Of the newest of each kind, by the names that the console's addresses have for them."""

    def grow(self, size: int) -> None:
        for number in range(self.size, size):
            self._add(f"{NAME} {number}")
        self.size = size

    def _add(self, name: str) -> None:
        self.manager.post("/engagement/v1/customers", {"name": f"Customer of {name}"})
        person = {"name": name, "email": f"{name.replace(' ', '.')}@sales.example", "role": "key user"}
        self.manager.post(f"/engagement/v1/customers/{self.customer_id}/people", person)
        survey = self.manager.post("/feedback/v1/surveys", {"name": name})["id"]
        self.manager.post(f"/feedback/v1/surveys/{survey}/opening", expect=200)
        offering = self._publish_offering(name)
        agreement = self._agree(name, offering)
        self._agree(f"{name}, to be signed", offering, is_signed=False)
        incident = self._report_incident(name, offering)
        statement = self.manager.patiently(
            f"/sla/v1/agreements/{agreement}/statements", {"period": f"{self.month:%Y-%m}"}
        )["id"]
        issue = self.manager.get("/sla/v1/issues", agreement_id=agreement)["items"][0]["id"]
        self.ids = {"customer_id": self.customer_id, "agreement_id": agreement, "statement_id": statement}
        self.ids |= {
            "incident_id": incident,
            "issue_id": issue,
            "survey_id": survey,
            "maintenance_id": self._announce(name, agreement),
        }

    def _publish_offering(self, name: str) -> str:
        service = self.manager.post("/catalog/v1/services", {"name": name, "owner": "Ada Lovelace"})
        offered = {"service_id": service["id"], "name": name, "tier": "gold"}
        offering: str = self.manager.post("/catalog/v1/offerings", offered)["id"]
        self.manager.post(f"/catalog/v1/offerings/{offering}/publication")
        return offering

    def _agree(self, name: str, offering: str, *, is_signed: bool = True) -> str:
        available = {"name": "Availability", "kind": "availability", "indicator_id": self.indicator_id}
        available |= {"target": "99.9", "method": "time", "missing": "ignore"}
        answered = {"name": "Answered", "kind": "response_time", "within": "PT30M", "target": "95"}
        terms = {
            "name": name,
            "service_hours": {"timezone": "UTC", "hours": "24x7"},
            "objectives": [available, answered | {"priorities": [1, 2, 3, 4, 5]}],
            "starts_on": f"{self.month:%Y-%m-%d}",
        }
        draft = {"customer_id": self.customer_id, "offering_id": offering, "terms": terms}
        agreement: str = self.manager.patiently("/sla/v1/agreements", draft)["id"]
        place = f"/sla/v1/agreements/{agreement}"
        self.manager.post(f"{place}/proposals")
        accepted = self.customer.post(f"{place}/acceptances")
        if is_signed:
            signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
            self.manager.post(f"{place}/signatures", signature)
            self.customer.post(f"{place}/signatures", signature)
        return agreement

    def _report_incident(self, name: str, offering: str) -> str:
        opened = {"incident": name, "event_id": name, "kind": "opened", "priority": 2, "title": name}
        opened |= {"customer_id": self.customer_id, "offering_id": offering}
        opened |= {"occurred_at": (self.month + timedelta(days=10)).isoformat()}
        self.manager.post("/sla/v1/incidents", {"source": NAME, "events": [opened]}, 202)
        incident: str = self.manager.get("/sla/v1/incidents", source=NAME, external_id=name)["items"][0]["id"]
        return incident

    def _announce(self, name: str, agreement: str) -> str:
        window = {"from": "2027-01-02T03:00:00Z", "to": "2027-01-02T05:00:00Z"}
        body = {"title": name, "reason": "Once a year.", "affects": {"agreement_ids": [agreement]}}
        planned: str = self.colleague.post("/sla/v1/maintenance", body | {"windows": [window]})["id"]
        return planned


@pytest.fixture(scope="module")
def portfolio(house: House) -> Iterator[Portfolio]:
    month = (datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)).replace(
        day=1
    )
    with Caller(house, house.token("manager")) as manager, Caller(house, house.token("admin")) as admin:
        customer_id = manager.post("/engagement/v1/customers", {"name": f"All of {NAME}"})["id"]
        series = [{"selector": 'probe_success{job="counted"}'}]
        indicator = {"name": NAME, "kind": "availability", "holds_for": 3600, "series": series}
        indicator_id = manager.post("/sla/v1/indicators", indicator)["id"]
        key = admin.post("/sla/v1/api-keys", {"name": NAME})["key"]
        labels = {"__name__": "probe_success", "job": "counted"}
        samples = [
            {"series": labels, "at": (month + timedelta(hours=hour)).isoformat(), "value": 0} for hour in range(96)
        ]
        with Caller(house, key) as monitor:
            monitor.post("/sla/v1/push/samples", {"samples": samples}, 202)
        with (
            Caller(house, house.token("manager", "--subject", "jonas")) as colleague,
            Caller(house, house.token("customer", "--customer", customer_id)) as customer,
        ):
            yield Portfolio(manager, colleague, customer, customer_id, indicator_id, month)


class CountedConsole:
    """A console in this process over the running services, and the session of a manager in it."""

    def __init__(self, house: House) -> None:
        self.transport = CountingTransport()
        settings = ConsoleSettings(session_key="k" * 40, service_url=house.url)
        sign_in = DevelopmentSignIn(ECKey.generate_key("P-256"), development_settings(house.url), "test")
        self._app = build_console(settings, sign_in, self.transport)
        self._cookies = {SESSION_COOKIE: seal_session(self._app, house.token("manager", "--subject", "mira"))}

    async def open(self, path: str) -> tuple[str, Counter[str]]:
        """Return a page, and what it asked the services."""
        self.transport.counts.clear()
        app = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(
            transport=app, base_url="http://console", cookies=self._cookies, timeout=60
        ) as browser:
            answer = await browser.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text, Counter(self.transport.counts)

    async def close(self) -> None:
        await self._app.state.console.client.close()

    async def open_until(self, path: str, text: str, count: int) -> None:
        """Open a page until it says something as often: events are on their way between the services.

        Others may have left something on it that says the same.
        """
        for _ in range(100):
            page, _ = await self.open(path)
            if page.count(text) >= count:
                return
            await asyncio.sleep(0.2)
        pytest.fail(f"{path} says {text} {page.count(text)} times, not at least {count} times")


@pytest.fixture
async def console(house: House) -> AsyncIterator[CountedConsole]:
    console = CountedConsole(house)
    yield console
    await console.close()


def seal_session(app: Starlette, token: str) -> str:
    """Return the cookie of somebody who has this token."""
    until = datetime.now(UTC) + timedelta(hours=1)
    principal = Principal("mira", frozenset({Role.manager}), None)
    session = Session.begin(Tokens(access_token=token, expires_at=until), until, principal)
    answer = Response()
    app.state.console.write_session(Request({"type": "http", "headers": []}), answer, session)
    return answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


async def test_no_page_asks_more_for_more_rows(console: CountedConsole, portfolio: Portfolio) -> None:
    calls: list[dict[str, Counter[str]]] = []

    for size in (FEW, MANY):
        portfolio.grow(size)
        await console.open_until("/", "Answered, due", min(size, SHOWN_ON_START_PAGE))
        await console.open_until("/", "waits for your signature", min(size, SHOWN_ON_START_PAGE))
        addresses = list_page_addresses(portfolio.ids)
        calls.append({path: (await console.open(address))[1] for path, address in addresses.items()})

    few, many = ({path: counts.total() for path, counts in measured.items()} for measured in calls)
    assert few == many
    assert max(many.values()) <= MOST_CALLS, many
    assert few["/"] > 1, "the start page asks several services"
    for kind in ("agreements", "issues", "statements", "maintenance", "surveys"):
        page, _ = await console.open(f"/console/{kind}")
        assert page.count(f'<th scope="row"><a href="/console/{kind}/') >= MANY, kind
