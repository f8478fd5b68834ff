"""The reporting service on trial, and a story of one customer's month told in events."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest, StartService
from published.catalog import OfferingPublished
from published.engagement import CustomerRegistered
from published.event import Event
from published.feedback import SatisfactionMeasured
from published.sla import (
    AgreementActivated,
    AgreementSigned,
    IssueOpened,
    IssueResolved,
    ObjectiveBreached,
    ObjectiveResult,
    PeriodProgressed,
    PromisedObjective,
    StatementIssued,
)


def october(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


@dataclass
class Story:
    """A customer with one agreement on two objectives, of which October's statement says one was missed."""

    name: str = "Harbour Authority"
    customer: UUID = field(default_factory=new_id)
    agreement: UUID = field(default_factory=new_id)
    offering: UUID = field(default_factory=new_id)
    availability: UUID = field(default_factory=new_id)
    latency: UUID = field(default_factory=new_id)
    survey: UUID = field(default_factory=new_id)
    issue: UUID = field(default_factory=new_id)

    def registered(self) -> CustomerRegistered:
        return CustomerRegistered(
            customer_id=self.customer, name=self.name, parent_id=None, registered_at=datetime(2026, 1, 5, tzinfo=UTC)
        )

    def published(self) -> OfferingPublished:
        return OfferingPublished(
            offering_id=self.offering,
            offering_name="Traffic 24x7",
            service_id=new_id(),
            service_name="Vessel traffic",
            tier="gold",
            price=Decimal("900.00"),
            currency="EUR",
            unit="month",
            published_at=october(1),
        )

    def signed(self, **change: Any) -> AgreementSigned:
        facts: dict[str, Any] = {
            "agreement_id": self.agreement,
            "version": 1,
            "name": "Vessel traffic, gold",
            "customer_id": self.customer,
            "offering_id": self.offering,
            "service_name": "Vessel traffic",
            "starts_on": date(2026, 9, 1),
            "objectives": (
                PromisedObjective(
                    objective_id=self.availability, name="Availability", kind="availability", target=Decimal("99.9")
                ),
                PromisedObjective(objective_id=self.latency, name="Latency", kind="latency", target=Decimal(95)),
            ),
            "signed_at": datetime(2026, 8, 20, tzinfo=UTC),
        }
        return AgreementSigned(**facts | change)

    def activated(self, version: int = 1) -> AgreementActivated:
        return AgreementActivated(
            agreement_id=self.agreement,
            version=version,
            customer_id=self.customer,
            activated_at=datetime(2026, 9, 1, tzinfo=UTC),
        )

    def stated(self, **change: Any) -> StatementIssued:
        facts: dict[str, Any] = {
            "agreement_id": self.agreement,
            "statement_id": new_id(),
            "customer_id": self.customer,
            "agreement_name": "Vessel traffic, gold",
            "service_name": "Vessel traffic",
            "period_from": datetime(2026, 9, 30, 22, tzinfo=UTC),
            "period_to": datetime(2026, 10, 31, 23, tzinfo=UTC),
            "revision": 1,
            "performance": Decimal("98.9312"),
            "met": False,
            "objectives": (self.result(self.availability, "99.8512", met=False), self.result(self.latency, "98.0112")),
            "credit": Decimal("45.00"),
            "currency": "EUR",
            "sha256": "ab" * 32,
            "issued_at": datetime(2026, 11, 1, 2, tzinfo=UTC),
        }
        return StatementIssued(**facts | change)

    def progressed(self, **change: Any) -> PeriodProgressed:
        facts: dict[str, Any] = {
            "agreement_id": self.agreement,
            "customer_id": self.customer,
            "agreement_name": "Vessel traffic, gold",
            "service_name": "Vessel traffic",
            "period_from": datetime(2026, 9, 30, 22, tzinfo=UTC),
            "period_to": datetime(2026, 10, 31, 23, tzinfo=UTC),
            "until": october(14, 8),
            "timezone": "Europe/Amsterdam",
            "performance": Decimal("99.0001"),
            "met": False,
            "objectives": (
                self.result(self.availability, "99.8999", met=False),
                self.result(self.latency, None, met=None),
            ),
        }
        return PeriodProgressed(**facts | change)

    def result(self, objective: UUID, attained: str | None, *, met: bool | None = True) -> ObjectiveResult:
        availability = objective == self.availability
        target = Decimal("99.9") if availability else Decimal(95)
        return ObjectiveResult(
            objective_id=objective,
            name="Availability" if availability else "Latency",
            target=target,
            attained=None if attained is None else Decimal(attained),
            met=met,
            budget_remaining=None if attained is None else Decimal("-48.800" if met is False else "60.224"),
            coverage=None if attained is None else Decimal("99.9821"),
            margin=None if attained is None else Decimal(attained) - target,
        )

    def breached(self) -> ObjectiveBreached:
        return ObjectiveBreached(
            agreement_id=self.agreement,
            statement_id=new_id(),
            customer_id=self.customer,
            objective_id=self.availability,
            objective_name="Availability",
            period_from=datetime(2026, 9, 30, 22, tzinfo=UTC),
            period_to=datetime(2026, 10, 31, 23, tzinfo=UTC),
            target=Decimal("99.9"),
            attained=Decimal("99.8512"),
        )

    def opened(self, **change: Any) -> IssueOpened:
        facts: dict[str, Any] = {
            "issue_id": self.issue,
            "agreement_id": self.agreement,
            "customer_id": self.customer,
            "title": "Availability missed",
            "priority": 2,
            "opened_at": october(14),
        }
        return IssueOpened(**facts | change)

    def resolved(self) -> IssueResolved:
        return IssueResolved(issue_id=self.issue, customer_id=self.customer, resolved_at=october(20))

    def measured(self, **change: Any) -> SatisfactionMeasured:
        facts: dict[str, Any] = {
            "survey_id": self.survey,
            "customer_id": self.customer,
            "survey_name": "Autumn",
            "instrument": "csat-5",
            "scoring": "csat-5/1",
            "revision": 7,
            "opened_at": october(5),
            "invited": 12,
            "answered": 6,
            "population": 14,
            "smallest_n": 5,
            "n": 5,
            "score": Decimal("80.00"),
            "low": Decimal("45.20"),
            "high": Decimal("95.10"),
            "measured_at": october(9),
        }
        return SatisfactionMeasured(**facts | change)

    def aggregates(self) -> list[list[Event]]:
        """Everything that happens, as a list per aggregate: within one the order holds, between them it does not."""
        return [
            [self.registered()],
            [self.published()],
            [self.signed(), self.activated(), self.progressed(), self.stated(), self.breached()],
            [self.opened(), self.resolved()],
            [self.measured(revision=3, answered=2, n=0, score=None, low=None, high=None), self.measured()],
        ]


@dataclass
class Reporting:
    trial: ServiceUnderTest
    headers: Callable[..., dict[str, str]]

    async def hear(self, *events: Event) -> None:
        for event in events:
            await self.trial.receive(event)

    async def hear_all(self, story: Story) -> None:
        for events in story.aggregates():
            await self.hear(*events)

    async def ask(self, path: str, role: str | None = "viewer", **rest: Any) -> Any:
        customer = rest.pop("customer", None)
        headers = (self.headers(role, customer) if role else {}) | rest.pop("extra", {})
        return await self.trial.client.get(path, headers=headers, **rest)

    async def get(self, path: str, role: str = "viewer", customer: UUID | None = None) -> Any:
        answer = await self.ask(path, role, customer=customer)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def card(self, story: Story, period: str = "2026-10") -> Any:
        return (await self.get(f"/customers/{story.customer}/scorecard?period={period}"))["scorecard"]

    async def page(self, story: Story, period: str = "2026-10") -> str:
        answer = await self.ask(f"/customers/{story.customer}/scorecard.html?period={period}")
        assert answer.status_code == 200, answer.text
        text: str = answer.text
        return text


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def another_story() -> Callable[..., Story]:
    return Story


@pytest.fixture
async def reporting(start_service: StartService, headers: Callable[..., dict[str, str]]) -> Reporting:
    return Reporting(await start_service("reporting"), headers)
