"""The statements of the sample organisation's months, and what was learnt after they were issued."""

from rapport.demo.client import NOT_NOW, Refused
from rapport.demo.history import months
from rapport.demo.story import Story

CLOSINGS, STATEMENTS = "/sla/v1/closings", "/sla/v1/statements"


async def close_months(story: Story) -> None:
    """Every month that is over; Rapport would do it by itself some hours after the month's end."""
    wanted = [(one, month) for month in months(story.first_day, story.now) for one in story.agreements.values()]
    with story.chapters("Statements", len(wanted)) as step:
        await close_due(story)
        issued = story.client.every(STATEMENTS, story.manager)
        stated = {(one["agreement_id"], one["period"]) async for one in issued}
        for agreement_id, month in wanted:
            if (agreement_id, month) not in stated:
                # The month has been over for minutes only.
                await close(story, agreement_id, month)
            step()


async def close_due(story: Story) -> None:
    """All at once, with whatever has to be stated again."""
    await story.client.post_soon(CLOSINGS, {}, story.manager, NOT_NOW)


async def close(story: Story, agreement_id: str, month: str) -> None:
    path = f"/sla/v1/agreements/{agreement_id}/statements"
    try:
        await story.client.post_soon(path, {"period": month}, story.manager, NOT_NOW)
    except Refused as refusal:
        if not refusal.slug.endswith("/period-already-closed"):
            raise


async def restate(story: Story) -> None:
    """What was granted meanwhile changes closed months; Rapport would notice within a minute."""
    with story.chapters("A restatement", 1):
        await close_due(story)
