"""Planned maintenance of the sample organisation, and time that a customer has waived."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from rapport.demo.client import Document
from rapport.demo.context import DemoContext
from rapport.demo.indicators import ERP_ORDERS
from rapport.demo.sample_agreements import ERP
from rapport.demo.sample_series import FIRST_OUTAGE_DAY, list_days

SATURDAY = 5
MAINTENANCE, WAIVERS = "/sla/v1/maintenance", "/sla/v1/waivers"
STOCKTAKING = "We booked the stocktaking by script that day, ten times the usual orders"
POWER_CUT = "The power of hall 2 was off, which is our own doing"


@dataclass(frozen=True)
class PlannedWork:
    """Planned maintenance, some days ahead, at an hour, for some hours."""

    title: str
    reason: str
    service: str
    days_ahead: int
    hour: int
    hours: int
    next_step: Literal["approval", "start", "cancellation", ""] = "approval"
    on_saturday: bool = False

    def window(self, today: date) -> Document:
        day = today + timedelta(days=self.days_ahead)
        if self.on_saturday:
            day += timedelta(days=(SATURDAY - day.weekday()) % 7)
        start = datetime.combine(day, time(self.hour), UTC)
        return {"from": start.isoformat(), "to": (start + timedelta(hours=self.hours)).isoformat()}


PLANNED_WORK = (
    PlannedWork("Firmware of the load balancer", "A security hole was known since Friday", "Web shop", 1, 20, 2),
    PlannedWork("Certificate exchange", "The old one expires tonight", "Mail and calendar", 0, 0, 24, "start"),
    PlannedWork("Database upgrade", "Version 17 is not supported any more", "ERP", 10, 21, 4, on_saturday=True),
    PlannedWork("Move to the new rack", "The old one is full", "Data warehouse", 17, 18, 6, "cancellation"),
    PlannedWork("Yearly power test", "The insurance asks for it", "Web shop", 30, 3, 2, "", on_saturday=True),
)
"""The first two were announced too late: they count as any other time does."""


async def plan_maintenance(story: DemoContext) -> None:
    titles = {item["title"] async for item in story.client.list_all(MAINTENANCE, story.manager)}
    with story.progress("Planned maintenance", len(PLANNED_WORK)) as step:
        for work in PLANNED_WORK:
            if work.title not in titles:
                await announce_maintenance(story, work)
            step()


async def announce_maintenance(story: DemoContext, work: PlannedWork) -> None:
    affects = {"service_ids": [story.services[work.service]]}
    windows = [work.window(story.now.date())]
    announced = {"title": work.title, "reason": work.reason, "affects": affects, "windows": windows}
    maintenance = await story.client.post(MAINTENANCE, announced, story.manager)
    path = f"{MAINTENANCE}/{maintenance['id']}"
    if work.next_step:
        await story.client.post(f"{path}/approval", {}, story.second_manager)
    if work.next_step == "start":
        await story.client.post(f"{path}/start", {}, story.manager)
    if work.next_step == "cancellation":
        await story.client.post(f"{path}/cancellation", {"reason": "The rack comes in January"}, story.manager)


async def request_waivers(story: DemoContext) -> None:
    """One day that was as bad by the customer's own doing is granted; another request waits for a second person."""
    erp = story.agreements[ERP.name]
    waivers = [item async for item in story.client.list_all(WAIVERS, story.manager, agreement_id=erp)]
    if waivers:
        return
    with story.progress("Waivers", 2) as step:
        hard = first_outage_day(story)
        granted = await request_waiver(story, erp, hard, STOCKTAKING)
        approver = story.customer_headers(ERP.customer, "marek.novotny")
        await story.client.post(f"{WAIVERS}/{granted['id']}/approval", {}, approver)
        step()
        await request_waiver(story, erp, hard + timedelta(days=2), POWER_CUT)
        step()


async def request_waiver(story: DemoContext, agreement_id: str, day: date, reason: str) -> Document:
    window = {"from": f"{day}T06:00:00Z", "to": f"{day}T20:00:00Z"}
    evidence = [f"Mail of the key user, {day:%d.%m.%Y}"]
    body = {"window": window, "reason": reason, "evidence": evidence}
    path = f"/sla/v1/agreements/{agreement_id}/waivers"
    return await story.client.post(path, body, story.customer_headers(ERP.customer, "clara.jensen"))


def first_outage_day(story: DemoContext) -> date:
    """The first day on which orders were in trouble for hours."""
    first = datetime.combine(story.first_day, time(), UTC)
    return next(
        day
        for day in list_days(first, story.now)
        if (day.month - 1) % 3 in ERP_ORDERS.outages.months and day.day == FIRST_OUTAGE_DAY
    )
