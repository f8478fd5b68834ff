"""The statements of the sample organisation's months, and what was learnt after they were issued."""

from rapport.demo.client import NOT_NOW, Refused
from rapport.demo.history import months
from rapport.demo.story import Story


async def close_months(story: Story) -> None:
    """Every month that is over, oldest first; Rapport would do it by itself some hours after the month's end."""
    over = months(story.first_day, story.now)
    with story.chapters("Statements", len(over) * len(story.agreements)) as step:
        for month in over:
            for agreement_id in story.agreements.values():
                await close(story, agreement_id, month)
                step()


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
        await story.client.post_soon("/sla/v1/closings", {}, story.manager, NOT_NOW)
