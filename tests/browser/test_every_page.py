"""Everyone can read every page: in light and dark, on a phone and on a screen, whatever there is to show."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.looks import Examiner, open_examiner, open_page
from tests.console.conftest import list_page_addresses
from tests.journeys.caller import Caller
from tests.journeys.conftest import House

LONG_WORD = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung"
LONG_NAME = f"Rechtsschutzversicherungsgesellschaften in Übersee und Anwender der {LONG_WORD}"
ABSENT = "01900000-0000-7000-8000-000000000001"
KINDS = ("agreements", "issues", "incidents", "statements", "maintenance", "catalog")
LISTS = ("/", *(f"/console/{kind}" for kind in KINDS))


class World:
    """Something to show on every page, under names as long as they come, and a customer who has nothing yet."""

    def __init__(self, house: House, statement: dict[str, Any], issue_id: str) -> None:
        self.customer_id = statement["customer_id"]
        self.agreement_id = statement["agreement_id"]
        self.ids = {"customer_id": self.customer_id, "agreement_id": self.agreement_id}
        self.ids |= {"statement_id": statement["id"], "issue_id": issue_id}
        with Caller(house, house.token("manager")) as manager:
            self.newcomer_id = manager.post("/engagement/v1/customers", {"name": "Newcomers"})["id"]
            self.long_customer_id = manager.post("/engagement/v1/customers", {"name": LONG_NAME})["id"]
            person = {"name": LONG_NAME, "email": f"{'a' * 50}@{'b' * 50}.example", "role": LONG_WORD}
            for customer_id in (self.customer_id, self.long_customer_id):
                manager.post(f"/engagement/v1/customers/{customer_id}/people", person)
            question = f"How satisfied are you with {LONG_WORD}?"
            survey = manager.post("/feedback/v1/surveys", {"name": LONG_NAME, "question": question})["id"]
            manager.post(f"/feedback/v1/surveys/{survey}/opening", expect=200)
            self.survey_draft_id = manager.post("/feedback/v1/surveys", {"name": "Not opened yet"})["id"]
            service = {"name": LONG_NAME, "owner": LONG_WORD, "description": LONG_NAME}
            offering = self._publish(manager, manager.post("/catalog/v1/services", service)["id"])
            manager.post("/catalog/v1/services", {"name": "Not offered yet", "owner": "Ada Lovelace"})
            terms = manager.get(f"/sla/v1/agreements/{self.agreement_id}")["version"]["terms"]
            self.draft_id = self._draft(manager, offering, terms)
            self.proposed_id = self._draft(manager, offering, terms)
            manager.post(f"/sla/v1/agreements/{self.proposed_id}/proposals", {"comment": LONG_NAME})
            self.template_id = self._publish_template(manager, terms)
            self.ids["incident_id"] = self._report_incident(manager, offering)
            self.ids |= {"survey_id": survey, "maintenance_id": self._announce(manager, self.agreement_id)}

    def _publish(self, manager: Caller, service_id: str) -> str:
        price = {"amount": "1234567.89", "currency": "EUR", "unit": "month"}
        offered = {"service_id": service_id, "name": LONG_NAME, "tier": "gold", "price": price}
        offering: str = manager.post("/catalog/v1/offerings", offered)["id"]
        manager.post(f"/catalog/v1/offerings/{offering}/publication")
        return offering

    def _draft(self, manager: Caller, offering: str, terms: dict[str, Any]) -> str:
        objectives = [{**objective, "name": LONG_NAME} for objective in terms["objectives"]]
        own_terms = terms | {"name": LONG_NAME, "objectives": objectives}
        draft = {"customer_id": self.long_customer_id, "offering_id": offering, "terms": own_terms}
        drafted: str = manager.patiently("/sla/v1/agreements", draft)["id"]
        return drafted

    def _publish_template(self, manager: Caller, terms: dict[str, Any]) -> str:
        own_terms = {name: value for name, value in terms.items() if name not in {"starts_on", "ends_on"}}
        body = {"name": LONG_NAME, "description": LONG_NAME, "terms": own_terms}
        template: str = manager.post("/sla/v1/agreement-templates", body)["id"]
        manager.post(f"/sla/v1/agreement-templates/{template}/publication")
        return template

    def _report_incident(self, manager: Caller, offering: str) -> str:
        opened = {"incident": LONG_WORD, "event_id": LONG_WORD, "kind": "opened", "priority": 2, "title": LONG_NAME}
        opened |= {"customer_id": self.long_customer_id, "offering_id": offering}
        opened |= {"occurred_at": "2026-11-03T09:00:00Z"}
        manager.post("/sla/v1/incidents", {"source": "every page", "events": [opened]}, 202)
        incident: str = manager.get("/sla/v1/incidents", source="every page")["items"][0]["id"]
        return incident

    def _announce(self, manager: Caller, agreement_id: str) -> str:
        window = {"from": "2027-01-02T03:00:00Z", "to": "2027-01-02T05:00:00Z"}
        body = {"title": LONG_NAME, "reason": LONG_NAME, "affects": {"agreement_ids": [agreement_id]}}
        planned: str = manager.post("/sla/v1/maintenance", body | {"windows": [window]})["id"]
        return planned

    @property
    def staff_pages(self) -> list[str]:
        """Return every page of the console, and the states of what they show."""
        return [
            *list_page_addresses(self.ids).values(),
            f"/console/customers/{self.long_customer_id}",
            f"/console/customers/{self.long_customer_id}/scorecard",
            f"/console/agreements/new?template_id={self.template_id}",
            f"/console/agreements/{self.draft_id}",
            f"/console/agreements/{self.proposed_id}",
            f"/console/surveys/{self.survey_draft_id}",
            f"/console/agreements?state=ended&customer_id={self.newcomer_id}",
            f"/console/issues?state=merged&customer_id={self.newcomer_id}",
        ]


@pytest.fixture(scope="module")
def world(house: House, statement: dict[str, Any], issue_id: str) -> World:
    return World(house, statement, issue_id)


@pytest.fixture(scope="module")
async def examiner(browser: Browser) -> AsyncIterator[Examiner]:
    async with open_examiner(browser) as examiner:
        yield examiner


class Visitor:
    """Somebody who goes from page to page without scripts, and has each looked at."""

    def __init__(self, page: Page, examiner: Examiner, url: str) -> None:
        self.page = page
        self._examiner = examiner
        self.url = url

    async def open(self, path: str, *statuses: int) -> None:
        answer = await self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status in (statuses or (200,)), f"{path}: {answer.status}"
        await self.look(path)

    async def look(self, name: str) -> None:
        assert await self.page.locator("h1").count() == 1, name
        await self._examiner.examine(name, await self.page.content())

    async def sign_in(self, role: str, customer_id: str = "") -> None:
        await self.page.goto(f"{self.url}/console/sign-in")
        await self.page.locator(f"input[value={role}]").check()
        if customer_id:
            await self.page.get_by_label("Customer", exact=True).select_option(customer_id)
        await self.page.get_by_label("Your name").fill(LONG_NAME)
        await self.press("Sign in")

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
async def visitor(browser: Browser, examiner: Examiner, house: House) -> AsyncIterator[Visitor]:
    async with open_page(browser) as page:
        yield Visitor(page, examiner, house.url)


async def test_a_manager_can_read_every_page(visitor: Visitor, world: World) -> None:
    await visitor.sign_in("manager")
    for path in world.staff_pages:
        await visitor.open(path)
    await visitor.open(f"/console/statements/{world.ids['statement_id']}")
    await visitor.press("Verify: compute it again from the measurements")
    await visitor.look("verified")


async def test_who_may_only_read_can_read_every_page(visitor: Visitor, world: World) -> None:
    await visitor.sign_in("viewer")
    for path in list_page_addresses(world.ids).values():
        await visitor.open(path, 200, 403)


async def test_a_customer_can_read_its_pages_what_it_is_refused_and_what_it_filled_in_wrongly(
    visitor: Visitor, world: World
) -> None:
    await visitor.sign_in("customer", world.long_customer_id)
    for path in LISTS:
        await visitor.open(path)
    await visitor.open("/console/surveys", 403)
    await visitor.open(f"/console/agreements/{world.proposed_id}")
    await visitor.page.get_by_label("Why").first.fill("Too little.")
    await visitor.press("Object")
    await visitor.look("refused")


async def test_a_customer_who_has_nothing_yet_can_read_so(visitor: Visitor, world: World) -> None:
    await visitor.sign_in("customer", world.newcomer_id)
    for path in (*LISTS, f"/console/customers/{world.newcomer_id}"):
        await visitor.open(path)


async def test_who_is_not_signed_in_can_read_what_this_is_and_what_went_wrong(visitor: Visitor, world: World) -> None:
    await visitor.open("/")
    await visitor.open("/console/sign-in")
    await visitor.page.locator("input[value=customer]").check()
    await visitor.press("Sign in")
    await visitor.look("no customer chosen")
    await visitor.open("/console/nowhere", 404)
    await visitor.open("/sla/v1/problems/changed-meanwhile")

    await visitor.sign_in("manager")
    await visitor.open(f"/console/agreements/{ABSENT}", 404)
    await visitor.page.goto(f"{visitor.url}/console/issues/{world.ids['issue_id']}")
    await visitor.page.get_by_label("Text").fill("Too late.")
    await visitor.page.context.clear_cookies()
    await visitor.press("Comment")
    await visitor.look("the session has ended")

    await visitor.sign_in("manager")
    await visitor.press("Sign out")
    await visitor.look("signed out")
