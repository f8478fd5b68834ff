"""What the sample organisation does about what it missed."""

from datetime import timedelta
from typing import Any

from rapport.demo.client import Document
from rapport.demo.context import DemoContext
from rapport.demo.sample_agreements import ERP

ISSUES, CAUSES = "/sla/v1/issues", "/sla/v1/causes"
OWNER = "chiara.rossi"
QUEUE = {
    "name": "The order queue holds a thousand orders",
    "kind": "capacity",
    "description": "Whatever comes on top is refused until the queue is empty again.",
    "known_error": True,
    "workaround": "Empty the queue by hand at eleven.",
}
SECOND_QUEUE = "A second queue for large orders"


async def work_on_issues(story: DemoContext) -> None:
    """Resolve the older issues; the newest ones are still in progress."""
    waiting = [item async for item in story.client.list_all(ISSUES, story.manager, state="open")]
    own_issues = [
        item for item in waiting if item["agreement_id"] in story.agreements.values() and item["owner"] is None
    ]
    with story.progress("Issues", len(own_issues) + 1) as step:
        await set_customer_importance(story)
        step()
        orders = next((item for item in own_issues if is_about_orders(story, item)), None)
        if orders is not None:
            await resolve_order_issue(story, orders)
            own_issues.remove(orders)
        for number, issue in enumerate(sorted(own_issues, key=lambda item: item["opened_at"])):
            await plan_issue(story, issue)
            if number < len(own_issues) // 2:
                resolution = {"resolution": "A second instance takes over within a minute; tested on a Sunday."}
                await story.client.post(f"{ISSUES}/{issue['id']}/resolution", resolution, story.manager)
            step()


def is_about_orders(story: DemoContext, issue: Document) -> bool:
    return bool(issue["agreement_id"] == story.agreements[ERP.name] and "Orders" in issue["title"])


async def set_customer_importance(story: DemoContext) -> None:
    weight = {"importance": 3, "reason": "Without the halls nobody gets anything."}
    path = f"/sla/v1/customer-importances/{story.customers[ERP.customer]}"
    await story.client.send("PUT", path, story.manager, json=weight)


async def plan_issue(story: DemoContext, issue: Document, **more: str) -> None:
    plan = {"owner": OWNER, "plan": "Find the cause, then make sure that it cannot come back.", **more}
    await send_change(story, "PATCH", f"{ISSUES}/{issue['id']}", plan)


async def resolve_order_issue(story: DemoContext, issue: Document) -> None:
    """Take one issue through all steps: a cause, tasks, and a comment to the customer."""
    path, today = f"{ISSUES}/{issue['id']}", story.today
    await plan_issue(story, issue, due_on=str(today + timedelta(days=40)))
    cause = await story.client.get_or_create(CAUSES, QUEUE, story.manager)
    await send_change(story, "PUT", f"{path}/cause", {"cause_id": cause["id"]})
    first = {"description": "Measure how full the queue is", "assignee": "jonas.reuter", "due_on": str(today)}
    planned = await story.client.post(f"{path}/tasks", first, story.manager)
    task = planned["tasks"][0]["id"]
    outcome = {"outcome": "Full at eleven on each day that was bad."}
    await story.client.post(f"{path}/tasks/{task}/completion", outcome, story.manager)
    second = {"description": SECOND_QUEUE, "assignee": OWNER, "due_on": str(today + timedelta(days=30))}
    await story.client.post(f"{path}/tasks", second, story.manager)
    comment = {"text": "We know why orders hang, and empty the queue by hand until it is mended.", "for_customer": True}
    await story.client.post(f"{path}/comments", comment, story.manager)


async def send_change(story: DemoContext, method: str, path: str, body: dict[str, Any]) -> None:
    issue = "/".join(path.split("/")[:5])
    matching = {**story.manager, "If-Match": await story.client.get_etag(issue, story.manager)}
    await story.client.send(method, path, matching, json=body)
