"""The sample organisation's incidents: the same for the same day, as far as they have come by now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rapport.demo.client import Document
from rapport.demo.context import DemoContext
from rapport.demo.sample_series import list_days, seeded_generator

SOURCE = "sample desk"
BATCH_SIZE = 1000
"""Events in one report."""
INCIDENTS_PER_DAY = 0.15
"""Incidents a day, of each service of each customer."""
WAITING = "awaiting user"
MINUTE = timedelta(minutes=1)
MONDAY = 0


@dataclass(frozen=True)
class IncidentCase:
    """The course of an incident, in minutes since it was opened."""

    title: str
    priority: int
    acknowledged_after: int
    resolved_after: int
    paused_between: tuple[int, int] | None = None
    """From when to when for the customer."""
    priority_change: tuple[int, int] | None = None
    """When it gets another priority, and which."""
    turns: tuple[tuple[int, int], ...] = ()
    """When the customer writes again, and when that is answered."""

    def events(self) -> Iterator[tuple[int, str, Document]]:
        events: list[tuple[int, str, Document]] = [(self.acknowledged_after, "acknowledged", {})]
        events.append((self.acknowledged_after + 1, "assigned", {"assignee": "dev.malhotra"}))
        if self.paused_between:
            events += [
                (self.paused_between[0], "paused", {"reason": WAITING}),
                (self.paused_between[1], "resumed", {"reason": WAITING}),
            ]
        if self.priority_change:
            events.append((self.priority_change[0], "priority_changed", {"priority": self.priority_change[1]}))
        for message_after, answered_after in self.turns:
            events += [(message_after, "message_received", {}), (answered_after, "answered", {})]
        events += [(self.resolved_after, "resolved", {}), (self.resolved_after + 24 * 60, "closed", {})]
        yield from sorted(events, key=lambda one: one[0])


@dataclass(frozen=True)
class IncidentSource:
    """The incidents of one customer with one offering."""

    prefix: str
    customer: str
    offering: str
    cases: tuple[IncidentCase, ...]
    weekly_case: IncidentCase | None = None
    """Opened each Monday."""


SLOW_REQUEST = IncidentCase("New scanner for hall 2", 4, 25, 8 * 24 * 60 + 300, paused_between=(120, 8 * 24 * 60 + 180))
"""Longer than a week, so that one is always open."""

INCIDENT_SOURCES = (
    IncidentSource(
        "SHOP",
        "Halden Sales",
        "Web shop, gold",
        (
            IncidentCase("Payment page stays empty", 1, 6, 95),
            IncidentCase("Search finds nothing", 2, 12, 210, turns=((30, 55), (90, 165))),
            IncidentCase("Voucher is refused", 3, 22, 330, paused_between=(40, 170)),
            IncidentCase("Basket loses items", 2, 31, 290, turns=((60, 80),)),
        ),
    ),
    IncidentSource(
        "ERP",
        "Halden Logistics",
        "ERP, silver",
        (
            IncidentCase("Orders hang in the queue", 2, 14, 190),
            IncidentCase("Labels come out twice", 3, 26, 300),
            IncidentCase("Stock of hall 2 is wrong", 3, 18, 700, paused_between=(60, 210), priority_change=(240, 2)),
        ),
    ),
    IncidentSource(
        "DESK",
        "Halden Logistics",
        "Service desk",
        (IncidentCase("Password forgotten", 4, 5, 20), IncidentCase("Printer in dispatch jams", 4, 15, 140)),
        SLOW_REQUEST,
    ),
    IncidentSource(
        "VISIT", "Halden Finance", "Web shop, gold", (IncidentCase("Invoice address cannot be changed", 3, 35, 400),)
    ),
)
"""Finance has no agreement on the shop: what it calls about has no SLA."""


async def report_incidents(story: DemoContext, customer: str, offering: str) -> None:
    """Report all that has happened until now; what was reported before is only repeated."""
    for desk in INCIDENT_SOURCES:
        if (desk.customer, desk.offering) == (customer, offering):
            events = list(_events(story, desk))
            for first in range(0, len(events), BATCH_SIZE):
                report = {"source": SOURCE, "events": events[first : first + BATCH_SIZE]}
                await story.client.post("/sla/v1/incidents", report, story.manager)


def _events(story: DemoContext, desk: IncidentSource) -> Iterator[Document]:
    subject = {"customer_id": story.customers[desk.customer], "offering_id": story.offerings[desk.offering]}
    for day in list_days(datetime.combine(story.first_day, time(), UTC), story.now):
        for number, (case, opened_at) in enumerate(_of_day(desk, day)):
            if opened_at <= story.now:
                name = f"{desk.prefix}-{day:%y%m%d}-{number}"
                yield from _course(name, case, opened_at, subject, story.now)


def _of_day(desk: IncidentSource, day: date) -> Sequence[tuple[IncidentCase, datetime]]:
    draw, midnight = seeded_generator(f"incidents {desk.prefix}", day), datetime.combine(day, time(), UTC)
    cases = []
    if draw.random() < INCIDENTS_PER_DAY:
        minutes = int(draw.integers(7 * 60, 15 * 60))
        cases.append((desk.cases[int(draw.integers(len(desk.cases)))], midnight + minutes * MINUTE))
    if desk.weekly_case is not None and day.weekday() == MONDAY:
        cases.append((desk.weekly_case, midnight + timedelta(hours=7)))
    return cases


def _course(name: str, case: IncidentCase, opened_at: datetime, subject: Document, now: datetime) -> Iterator[Document]:
    opening = subject | {"priority": case.priority, "title": case.title}
    for number, (minutes, kind, fields) in enumerate([(0, "opened", opening), *case.events()]):
        at = opened_at + minutes * MINUTE
        if at <= now:
            yield {
                "kind": kind,
                "incident": name,
                "event_id": f"{name}/{number}",
                "occurred_at": at.isoformat(),
                "sequence": number,
                **fields,
            }
