"""The sample organisation's incidents: the same for the same day, as far as they have come by now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rapport.demo.client import Document
from rapport.demo.history import days, generator
from rapport.demo.story import Story

TOOL = "sample desk"
AT_ONCE = 1000
"""Events in one report."""
HOW_OFTEN = 0.15
"""Incidents a day, of each service of each customer."""
WAITING = "awaiting user"
A_MINUTE = timedelta(minutes=1)
MONDAY = 0


@dataclass(frozen=True)
class Case:
    """What happens, in minutes since it was opened."""

    title: str
    priority: int
    answered: int
    solved: int
    waits: tuple[int, int] | None = None
    """From when to when for the customer."""
    becomes: tuple[int, int] | None = None
    """When it gets another priority, and which."""

    def events(self) -> Iterator[tuple[int, str, Document]]:
        told: list[tuple[int, str, Document]] = [(self.answered, "acknowledged", {})]
        told.append((self.answered + 1, "assigned", {"assignee": "dev.malhotra"}))
        if self.waits:
            told += [(self.waits[0], "paused", {"reason": WAITING}), (self.waits[1], "resumed", {"reason": WAITING})]
        if self.becomes:
            told.append((self.becomes[0], "priority_changed", {"priority": self.becomes[1]}))
        told += [(self.solved, "resolved", {}), (self.solved + 24 * 60, "closed", {})]
        yield from sorted(told, key=lambda one: one[0])


@dataclass(frozen=True)
class Desk:
    """What one customer calls about one offering."""

    short: str
    customer: str
    offering: str
    cases: tuple[Case, ...]
    weekly: Case | None = None
    """Opened each Monday."""


SLOW_REQUEST = Case("New scanner for hall 2", 4, 25, 8 * 24 * 60 + 300, waits=(120, 8 * 24 * 60 + 180))
"""Longer than a week, so that one is always open."""

DESKS = (
    Desk(
        "SHOP",
        "Halden Sales",
        "Web shop, gold",
        (
            Case("Payment page stays empty", 1, 6, 95),
            Case("Search finds nothing", 2, 12, 210),
            Case("Voucher is refused", 3, 22, 330, waits=(40, 170)),
            Case("Basket loses items", 2, 31, 290),
        ),
    ),
    Desk(
        "ERP",
        "Halden Logistics",
        "ERP, silver",
        (
            Case("Orders hang in the queue", 2, 14, 190),
            Case("Labels come out twice", 3, 26, 300),
            Case("Stock of hall 2 is wrong", 3, 18, 700, waits=(60, 210), becomes=(240, 2)),
        ),
    ),
    Desk(
        "DESK",
        "Halden Logistics",
        "Service desk",
        (Case("Password forgotten", 4, 5, 20), Case("Printer in dispatch jams", 4, 15, 140)),
        SLOW_REQUEST,
    ),
    Desk("VISIT", "Halden Finance", "Web shop, gold", (Case("Invoice address cannot be changed", 3, 35, 400),)),
)
"""Finance has no agreement on the shop: what it calls about has no SLA."""


async def tell(story: Story, customer: str, offering: str) -> None:
    """All that has happened until now; what was told before is only repeated."""
    for desk in DESKS:
        if (desk.customer, desk.offering) == (customer, offering):
            events = list(_events(story, desk))
            for first in range(0, len(events), AT_ONCE):
                report = {"source": TOOL, "events": events[first : first + AT_ONCE]}
                await story.client.post("/sla/v1/incidents", report, story.manager)


def _events(story: Story, desk: Desk) -> Iterator[Document]:
    subject = {"customer_id": story.customers[desk.customer], "offering_id": story.offerings[desk.offering]}
    for day in days(datetime.combine(story.first_day, time(), UTC), story.now):
        for number, (case, opened_at) in enumerate(_of_day(desk, day)):
            if opened_at <= story.now:
                name = f"{desk.short}-{day:%y%m%d}-{number}"
                yield from _course(name, case, opened_at, subject, story.now)


def _of_day(desk: Desk, day: date) -> Sequence[tuple[Case, datetime]]:
    draw, midnight = generator(f"incidents {desk.short}", day), datetime.combine(day, time(), UTC)
    found = []
    if draw.random() < HOW_OFTEN:
        minutes = int(draw.integers(7 * 60, 15 * 60))
        found.append((desk.cases[int(draw.integers(len(desk.cases)))], midnight + minutes * A_MINUTE))
    if desk.weekly is not None and day.weekday() == MONDAY:
        found.append((desk.weekly, midnight + timedelta(hours=7)))
    return found


def _course(name: str, case: Case, opened_at: datetime, subject: Document, now: datetime) -> Iterator[Document]:
    opening = subject | {"priority": case.priority, "title": case.title}
    for number, (minutes, kind, said) in enumerate([(0, "opened", opening), *case.events()]):
        at = opened_at + minutes * A_MINUTE
        if at <= now:
            yield {
                "kind": kind,
                "incident": name,
                "event_id": f"{name}/{number}",
                "occurred_at": at.isoformat(),
                "sequence": number,
                **said,
            }
