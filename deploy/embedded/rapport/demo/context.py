"""Three months in the life of the sample organisation, sent over HTTP. Sent again, it only goes on."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from common.auth.principal import Role
from rapport.demo.client import DemoClient, Document
from rapport.demo.organisation import CUSTOMERS, OFFERINGS, DemoCustomer, DemoOffering
from rapport.demo.sample_series import first_of_month

MONTHS_OF_HISTORY = 3
TIME_ZONE = "Europe/Copenhagen"

AdvanceProgress = Callable[[], None]


class ProgressReporter(Protocol):
    """Shows how far a chapter has come: `with chapters("Catalog", 5) as step: step()`."""

    def __call__(self, name: str, steps: int) -> AbstractContextManager[AdvanceProgress]: ...


class DemoContext:
    """The client, the people and the ids that all chapters share."""

    def __init__(self, client: DemoClient, chapters: ProgressReporter, now: datetime | None = None) -> None:
        self.client = client
        self.progress = chapters
        self.now = now or datetime.now(UTC)
        self.first_day: date = first_of_month(self.today, MONTHS_OF_HISTORY)
        self.manager = client.headers_for(Role.manager, subject="mira.service-manager")
        self.second_manager = client.headers_for(Role.manager, subject="jonas.reuter")
        """Approves what the first one asks for."""
        self.admin = client.headers_for(Role.admin, subject="root.of.halden")
        self.customers: dict[str, str] = {}
        """Ids by name, as are the following."""
        self.services: dict[str, str] = {}
        self.offerings: dict[str, str] = {}
        self.indicators: dict[str, str] = {}
        self.closures: dict[str, str] = {}
        self.requirements: dict[str, str] = {}
        self.agreements: dict[str, str] = {}
        self.answer_link: str | None = None
        """Where somebody who was invited has not answered yet; None when everybody was invited before."""

    @property
    def today(self) -> date:
        """Return the day where the organisation is, which begins before the one in UTC."""
        return self.now.astimezone(ZoneInfo(TIME_ZONE)).date()

    @property
    def last_day(self) -> date:
        """Return the last day of the last complete month."""
        return first_of_month(self.today, 0) - timedelta(days=1)

    def customer_headers(self, customer: str, name: str = "") -> dict[str, str]:
        """Whoever speaks for a customer."""
        return self.client.headers_for(Role.customer, self.customers[customer], name or f"for {customer}")


async def fill_catalog(story: DemoContext) -> None:
    with story.progress("Services and offerings", len(OFFERINGS)) as step:
        for offering in OFFERINGS:
            story.offerings[offering.name] = await publish_offering(story, offering)
            step()


async def publish_offering(story: DemoContext, offering: DemoOffering) -> str:
    contact = {"role": "service desk", "channel": "mail", "address": "desk@halden.example"}
    service = await story.client.get_or_create(
        "/catalog/v1/services",
        {
            "name": offering.service,
            "description": offering.description,
            "owner": offering.owner,
            "contacts": [contact],
        },
        story.manager,
    )
    story.services[offering.service] = service["id"]
    price = {"amount": offering.price, "currency": "EUR", "unit": "month", "valid_from": str(story.first_day)}
    offered = await story.client.get_or_create(
        "/catalog/v1/offerings",
        {"service_id": service["id"], "name": offering.name, "tier": offering.tier, "price": price},
        story.manager,
    )
    if offered["state"] == "draft":
        await story.client.post(f"/catalog/v1/offerings/{offered['id']}/publication", {}, story.manager)
    return str(offered["id"])


async def register_customers(story: DemoContext) -> None:
    with story.progress("Customers and their people", sum(len(customer.people) for customer in CUSTOMERS)) as step:
        for customer in CUSTOMERS:
            body = {"name": customer.name, "org_unit": customer.unit, "headcount": customer.headcount}
            existing = await story.client.get_or_create("/engagement/v1/customers", body, story.manager)
            story.customers[customer.name] = existing["id"]
            await register_people(story, customer, step)


async def register_people(story: DemoContext, customer: DemoCustomer, step: AdvanceProgress) -> None:
    path = f"/engagement/v1/customers/{story.customers[customer.name]}/people"
    for name, role in customer.people:
        email = f"{name.split()[0].lower()}@{customer.name.split()[-1].lower()}.halden.example"
        body: dict[str, Any] = {"name": name, "email": email, "role": role, "joined_on": str(story.first_day)}
        await story.client.get_or_create(path, body, story.manager)
        step()


async def run_surveys(story: DemoContext) -> None:
    """A survey per customer. Their answers are of today: nobody can answer in the past."""
    respondents = [customer for customer in CUSTOMERS if customer.ratings]
    with story.progress("Surveys and answers", sum(len(customer.ratings) for customer in respondents)) as step:
        for customer in respondents:
            body = {"name": f"{customer.name}, last quarter", "smallest_n": 3}
            survey = await story.client.get_or_create("/feedback/v1/surveys", body, story.manager)
            if survey["state"] == "draft":
                await story.client.post(f"/feedback/v1/surveys/{survey['id']}/opening", {}, story.manager)
            await collect_answers(story, customer, survey, step)


async def collect_answers(story: DemoContext, customer: DemoCustomer, survey: Document, step: AdvanceProgress) -> None:
    path = f"/feedback/v1/surveys/{survey['id']}/invitations"
    body = {"customer_id": story.customers[customer.name]}
    invited = await story.client.post_with_retry(path, body, story.manager)
    comments = dict(enumerate(customer.comments))
    for number, (link, rating) in enumerate(zip(invited["links"], customer.ratings, strict=False)):
        answer = {"rating": rating, "comment": comments.get(number)}
        await story.client.post(f"/feedback/v1/answers/{link['token']}", answer, {})
        step()
    for link in invited["links"][len(customer.ratings) :]:
        story.answer_link = link["link"]
