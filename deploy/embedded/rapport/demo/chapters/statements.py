"""The statements of the sample organisation's months, and what was learnt after they were issued."""

from rapport.demo.client import UNAVAILABLE, RequestRefused
from rapport.demo.context import DemoContext
from rapport.demo.sample_series import complete_months

CLOSINGS, STATEMENTS = "/sla/v1/closings", "/sla/v1/statements"


async def close_months(story: DemoContext) -> None:
    """Every month that is over; Rapport would do it by itself some hours after the month's end."""
    periods = [
        (item, month) for month in complete_months(story.first_day, story.today) for item in story.agreements.values()
    ]
    with story.progress("Statements", len(periods)) as step:
        await close_due_periods(story)
        issued = story.client.list_all(STATEMENTS, story.manager)
        stated = {(item["agreement_id"], item["period"]) async for item in issued}
        for agreement_id, month in periods:
            if (agreement_id, month) not in stated:
                # The month has been over for minutes only.
                await close_month(story, agreement_id, month)
            step()


async def close_due_periods(story: DemoContext) -> None:
    """All at once, with whatever has to be stated again."""
    await story.client.post_with_retry(CLOSINGS, {}, story.manager, UNAVAILABLE)


async def close_month(story: DemoContext, agreement_id: str, month: str) -> None:
    path = f"/sla/v1/agreements/{agreement_id}/statements"
    try:
        await story.client.post_with_retry(path, {"period": month}, story.manager, UNAVAILABLE)
    except RequestRefused as refusal:
        if not refusal.slug.endswith("/period-already-closed"):
            raise


async def restate_months(story: DemoContext) -> None:
    """Restate the closed months that a waiver has changed; Rapport would do so within a minute."""
    with story.progress("A restatement", 1):
        await close_due_periods(story)
