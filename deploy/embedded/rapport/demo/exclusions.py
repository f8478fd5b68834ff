"""Planned maintenance of the sample organisation, and time that a customer has waived."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from rapport.demo.client import Document
from rapport.demo.history import FIRST_HARD_DAY, days
from rapport.demo.measures import ERP_ORDERS
from rapport.demo.promises import ERP
from rapport.demo.story import Story

SATURDAY = 5
MAINTENANCE, WAIVERS = "/sla/v1/maintenance", "/sla/v1/waivers"
STOCKTAKING = "We booked the stocktaking by script that day, ten times the usual orders"
POWER_CUT = "The power of hall 2 was off, which is our own doing"


@dataclass(frozen=True)
class Work:
    """From so many days after today, at an hour, for so many hours."""

    title: str
    reason: str
    service: str
    after: int
    hour: int
    hours: int
    then: Literal["approval", "start", "cancellation", ""] = "approval"
    on_saturday: bool = False

    def window(self, today: date) -> Document:
        day = today + timedelta(days=self.after)
        if self.on_saturday:
            day += timedelta(days=(SATURDAY - day.weekday()) % 7)
        start = datetime.combine(day, time(self.hour), UTC)
        return {"from": start.isoformat(), "to": (start + timedelta(hours=self.hours)).isoformat()}


ALL_WORK = (
    Work("Firmware of the load balancer", "A security hole was known since Friday", "Web shop", 1, 20, 2),
    Work("Certificate exchange", "The old one expires tonight", "Mail and calendar", 0, 0, 24, "start"),
    Work("Database upgrade", "Version 17 is not supported any more", "ERP", 10, 21, 4, on_saturday=True),
    Work("Move to the new rack", "The old one is full", "Data warehouse", 17, 18, 6, "cancellation"),
    Work("Yearly power test", "The insurance asks for it", "Web shop", 30, 3, 2, "", on_saturday=True),
)
"""The first two were announced too late: they count as any other time does."""


async def plan_maintenance(story: Story) -> None:
    known = {one["title"] async for one in story.client.every(MAINTENANCE, story.manager)}
    with story.chapters("Planned maintenance", len(ALL_WORK)) as step:
        for work in ALL_WORK:
            if work.title not in known:
                await announce(story, work)
            step()


async def announce(story: Story, work: Work) -> None:
    affects = {"service_ids": [story.services[work.service]]}
    windows = [work.window(story.now.date())]
    announced = {"title": work.title, "reason": work.reason, "affects": affects, "windows": windows}
    made = await story.client.post(MAINTENANCE, announced, story.manager)
    path = f"{MAINTENANCE}/{made['id']}"
    if work.then:
        await story.client.post(f"{path}/approval", {}, story.second_manager)
    if work.then == "start":
        await story.client.post(f"{path}/start", {}, story.manager)
    if work.then == "cancellation":
        await story.client.post(f"{path}/cancellation", {"reason": "The rack comes in January"}, story.manager)


async def waive(story: Story) -> None:
    """One day that was as bad by the customer's own doing is granted; another request waits for a second person."""
    erp = story.agreements[ERP.name]
    asked = [one async for one in story.client.every(WAIVERS, story.manager, agreement_id=erp)]
    if asked:
        return
    with story.chapters("Waivers", 2) as step:
        hard = hard_day(story)
        granted = await request(story, erp, hard, STOCKTAKING)
        approver = story.speaker(ERP.customer, "marek.novotny")
        await story.client.post(f"{WAIVERS}/{granted['id']}/approval", {}, approver)
        step()
        await request(story, erp, hard + timedelta(days=2), POWER_CUT)
        step()


async def request(story: Story, agreement_id: str, day: date, reason: str) -> Document:
    window = {"from": f"{day}T06:00:00Z", "to": f"{day}T20:00:00Z"}
    evidence = [f"Mail of the key user, {day:%d.%m.%Y}"]
    wanted = {"window": window, "reason": reason, "evidence": evidence}
    path = f"/sla/v1/agreements/{agreement_id}/waivers"
    return await story.client.post(path, wanted, story.speaker(ERP.customer, "clara.jensen"))


def hard_day(story: Story) -> date:
    """The first day on which orders were in trouble for hours."""
    first = datetime.combine(story.first_day, time(), UTC)
    return next(
        day
        for day in days(first, story.now)
        if (day.month - 1) % 3 in ERP_ORDERS.hard.months and day.day == FIRST_HARD_DAY
    )
