"""What changes about the sample organisation's agreements: an amendment, a suspension, and a draft on the table."""

from datetime import UTC, datetime, time, timedelta

from rapport.demo.chapters.agreements import ROOT, counter_propose, draft_and_propose, sign
from rapport.demo.context import DemoContext
from rapport.demo.sample_agreements import ADDED_TO_REPORTS, DESK_FOR_LOGISTICS, REPORTS, UNDER_NEGOTIATION
from rapport.demo.sample_series import first_of_month

DAYS_UNTIL_SUSPENSION = 33
"""Until the desk moves."""


async def amend_reports(story: DemoContext) -> None:
    """Reports promise more from the first day of this month, which no statement has been issued for."""
    path = f"{ROOT}/{story.agreements[REPORTS.name]}"
    customer = story.customer_headers(REPORTS.customer)
    with story.progress("An amendment", 1):
        current = await story.client.send("GET", path, story.manager)
        if current["version"]["number"] == 1:
            terms = current["version"]["terms"] | {"starts_on": str(first_of_month(story.today, 0))}
            terms["objectives"].append(ADDED_TO_REPORTS.terms(story.indicators, story.requirements))
            current = await story.client.post(f"{path}/amendments", {"terms": terms}, story.manager)
        if current["version"]["stage"] == "draft":
            comment = {"comment": "Now that we measure how long they take, we can promise it."}
            current = await story.client.post(f"{path}/proposals", comment, story.manager)
        if current["version"]["stage"] == "proposed":
            current = await story.client.post(f"{path}/acceptances", {"comment": "Gladly."}, customer)
        if current["version"]["stage"] == "accepted":
            await sign(story, path, current, customer)


async def keep_negotiating(story: DemoContext) -> None:
    """The customer asks for more, and a back-test says what the past would have allowed."""
    with story.progress("A draft and its back-test", 1):
        existing = await draft_and_propose(story, UNDER_NEGOTIATION)
        path = f"{ROOT}/{existing['id']}"
        if existing["state"] == "proposed":
            terms = (await story.client.send("GET", path, story.manager))["version"]["terms"]
            await counter_propose(story, UNDER_NEGOTIATION, path, terms)
        tried = story.client.list_all("/sla/v1/backtests", story.manager, agreement_id=existing["id"])
        if not [item async for item in tried]:
            window = {"from": str(story.first_day), "to": str(story.last_day)}
            trial = {"agreement_id": existing["id"], "shared": True, **window}
            await story.client.post("/sla/v1/backtests", trial, story.manager)


async def suspend_desk(story: DemoContext) -> None:
    """Suspend the desk's agreement for a future day on which it moves."""
    path = f"{ROOT}/{story.agreements[DESK_FOR_LOGISTICS.name]}"
    with story.progress("A suspension", 1):
        notices = [item async for item in story.client.list_all(f"{path}/notices", story.manager)]
        if not notices:
            start = datetime.combine(story.now.date() + timedelta(days=DAYS_UNTIL_SUSPENSION), time(), UTC)
            window = {"from": start.isoformat(), "to": (start + timedelta(days=1)).isoformat()}
            moving = {"reason": "The desk moves to the second floor.", **window}
            await story.client.post(f"{path}/suspensions", moving, story.manager)
