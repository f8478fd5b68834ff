"""How the sample organisation means to get better, and how it will know whether it did."""

from datetime import timedelta

from rapport.demo.chapters.issues import ISSUES, SECOND_QUEUE, is_about_orders
from rapport.demo.client import Document
from rapport.demo.context import TIME_ZONE, DemoContext
from rapport.demo.indicators import ERP_ORDERS, MAIL_UP
from rapport.demo.sample_agreements import ERP

IMPROVEMENTS = "/sla/v1/improvements"
NIGHT_SHIFT = "A night shift at the desk"


async def create_improvements(story: DemoContext) -> None:
    """One improvement is registered and under way, one was turned down."""
    titles = {item["title"] async for item in story.client.list_all(IMPROVEMENTS, story.manager)}
    with story.progress("Improvements", 2) as step:
        if SECOND_QUEUE not in titles:
            await start_improvement(story)
        step()
        if NIGHT_SHIFT not in titles:
            wish = {"title": NIGHT_SHIFT, "customer_ids": [story.customers[ERP.customer]]}
            improvement = await story.client.post(IMPROVEMENTS, wish, story.manager)
            refusal = {"reason": "Two calls a month came at night; whoever is on call takes them."}
            await story.client.post(f"{IMPROVEMENTS}/{improvement['id']}/rejection", refusal, story.second_manager)
        step()


async def start_improvement(story: DemoContext) -> None:
    issues = story.client.list_all(ISSUES, story.manager, agreement_id=story.agreements[ERP.name])
    sources = [item["id"] async for item in issues if is_about_orders(story, item)]
    wish = {
        "title": SECOND_QUEUE,
        "description": "So that a large order holds up none but itself.",
        "issue_ids": sources,
    }
    improvement = await story.client.post(IMPROVEMENTS, wish, story.manager)
    path = f"{IMPROVEMENTS}/{improvement['id']}"
    assessment = {
        "benefit": "No more orders refused at noon.",
        "effort": "Twelve days.",
        "risk": "Orders may overtake.",
    }
    await story.client.post(f"{path}/assessment", assessment, story.manager)
    matching = {**story.manager, "If-Match": await story.client.get_etag(path, story.manager)}
    await story.client.send("PUT", f"{path}/registration", matching, json=build_registration(story))
    await story.client.post(f"{path}/approval", {}, story.second_manager)
    await story.client.post(f"{path}/start", {}, story.manager)


def build_registration(story: DemoContext) -> Document:
    """Measured by the orders booked, against mail, which no queue of orders can help."""
    last = story.now.date() - timedelta(days=2)
    return {
        "measure": {"kind": "indicator", "indicator_id": story.indicators[ERP_ORDERS.name], "unit": "events"},
        "direction": "increase",
        "smallest_effect": "0.2",
        "granularity": "day",
        "timezone": TIME_ZONE,
        "baseline_from": str(story.first_day),
        "baseline_until": str(last),
        "control": {"kind": "indicator", "indicator_id": story.indicators[MAIL_UP.name]},
        "placebo_on": str(story.first_day + (last - story.first_day) / 2),
        "periods_after": 28,
    }
