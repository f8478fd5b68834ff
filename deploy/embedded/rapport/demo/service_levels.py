"""The service level part of the story: what was measured, agreed, kept and missed."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from rapport.demo.client import NOT_NOW, Document, Refused
from rapport.demo.history import days, months, request
from rapport.demo.organisation import AGREEMENTS, MEASURES, Agreement, Measure
from rapport.demo.story import Story

MONITOR = "sample monitor"
BEFORE = timedelta(hours=14)
"""Measured before the first day, so that it begins whole in every time zone."""
A_WEEK = 7 * 86_400
PUSH = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
CREDITS = {"ladder": [{"below": "99.5", "percent": "5"}, {"below": "98", "percent": "15"}], "cap": "25"}


async def define_indicators(story: Story) -> None:
    with story.chapters("Indicators", len(MEASURES)) as step:
        for measure in MEASURES:
            indicator = await story.client.ensure("/sla/v1/indicators", definition(measure), story.manager)
            story.indicators[measure.name] = indicator["id"]
            step()


def definition(measure: Measure) -> Document:
    parts = {"_total": "total", "_failed_total": "bad"} if measure.kind == "ratio" else {"": "value"}
    judged = {"threshold": measure.threshold, "good_when": "at_most"} if measure.threshold is not None else {}
    return {
        "name": measure.name,
        "kind": measure.kind,
        "unit": measure.unit,
        "holds_for": 2 * measure.every,
        # The sample monitor pushes once; silence should not be news each quarter of an hour.
        "silent_after": A_WEEK,
        "series": [
            {"selector": f'{measure.metric}{suffix}{{job="{measure.job}"}}', "part": part}
            for suffix, part in parts.items()
        ],
        **judged,
    }


async def push_measurements(story: Story) -> None:
    """One push a day, as Prometheus writes remotely; from where the last telling ended."""
    since = await measured_until(story)
    if story.now - since < timedelta(hours=1):
        return
    monitor = {"Authorization": f"Bearer {await key(story)}", **PUSH}
    all_days = days(since, story.now)
    with story.chapters("Measurements", len(all_days)) as step:
        for day in all_days:
            body = request(MEASURES, day, since, story.now)
            if body:
                await story.client.send("POST", "/sla/v1/push/prometheus", monitor, content=body)
            step()


async def measured_until(story: Story) -> datetime:
    """The instant up to which every indicator is measured already."""
    beginning = datetime.combine(story.first_day, time(), UTC) - BEFORE
    found = [beginning]
    async for indicator in story.client.every("/sla/v1/indicators", story.manager):
        if indicator["id"] in story.indicators.values():
            last = indicator["last_sample_at"]
            found.append(datetime.fromisoformat(last) if last else beginning)
    return min(found[1:], default=beginning)


async def key(story: Story) -> str:
    """A new key for the monitor; what an earlier telling left behind is revoked."""
    async for old in story.client.every("/sla/v1/api-keys", story.admin):
        if old["name"] == MONITOR and old["revoked_at"] is None:
            await story.client.send("DELETE", f"/sla/v1/api-keys/{old['id']}", story.admin)
    made = await story.client.post("/sla/v1/api-keys", {"name": MONITOR}, story.admin)
    return str(made["key"])


async def agree(story: Story) -> None:
    with story.chapters("Agreements", len(AGREEMENTS)) as step:
        for agreement in AGREEMENTS:
            story.agreements[agreement.name] = await sign(story, agreement)
            step()


async def sign(story: Story, agreement: Agreement) -> str:
    """From the draft to both signatures, from wherever an earlier telling was interrupted."""
    known = await story.client.named("/sla/v1/agreements", agreement.name, story.manager)
    if known is None:
        known = await story.client.post_soon("/sla/v1/agreements", draft(story, agreement), story.manager)
    path = f"/sla/v1/agreements/{known['id']}"
    customer = story.speaker(agreement.customer)
    if known["state"] == "draft":
        await story.client.post(f"{path}/proposals", {"comment": "As we discussed."}, story.manager)
        known["state"] = "proposed"
    if known["state"] == "proposed":
        await negotiate(story, agreement, path, customer)
    whole = await story.client.send("GET", path, story.manager)
    if whole["state"] == "accepted":
        await give_signatures(story, path, whole, customer)
    return str(whole["id"])


async def negotiate(story: Story, agreement: Agreement, path: str, customer: dict[str, str]) -> None:
    """Where the customer asks for more, it says so, hears why not, and both meet at the first offer."""
    table = await story.client.send("GET", f"{path}/negotiation", story.manager)
    latest = table["record"][-1]["terms"] or draft(story, agreement)["terms"]
    if agreement.asked and len(table["record"]) == 1:
        for objective in latest["objectives"]:
            objective["target"] = agreement.asked.get(objective["name"], objective["target"])
        await story.client.post(f"{path}/proposals", {"terms": latest, "comment": "We need more than that."}, customer)
        for objective, promised in zip(latest["objectives"], agreement.objectives, strict=True):
            objective["target"] = promised.target
        why = "With one data centre this is what we can hold; we look at it again in a year."
        await story.client.post(f"{path}/proposals", {"terms": latest, "comment": why}, story.manager)
    await story.client.post(f"{path}/acceptances", {"comment": "Agreed."}, customer)


async def give_signatures(story: Story, path: str, whole: Document, customer: dict[str, str]) -> None:
    body = {"terms_sha256": whole["version"]["terms_sha256"]}
    signed = {signature["side"] for signature in whole["version"]["signatures"]}
    for side, who in (("provider", story.manager), ("customer", customer)):
        if side not in signed:
            await story.client.post(f"{path}/signatures", body, who)


def draft(story: Story, agreement: Agreement) -> Document:
    objectives = [one.terms(story.indicators[one.measure.name]) for one in agreement.objectives]
    terms: dict[str, Any] = {
        "name": agreement.name,
        "service_hours": {"timezone": "Europe/Copenhagen", "hours": agreement.hours, "closures": []},
        "objectives": objectives,
        "starts_on": str(story.first_day),
        "credits": CREDITS,
        "monthly_charge": {"amount": agreement.charge, "currency": "EUR"},
    }
    return {
        "customer_id": story.customers[agreement.customer],
        "offering_id": story.offerings[agreement.offering],
        "terms": terms,
    }


async def close_months(story: Story) -> None:
    """Every month that is over, oldest first; Rapport would do it by itself some hours after the month's end."""
    over = months(story.first_day, story.now)
    with story.chapters("Statements", len(over) * len(AGREEMENTS)) as step:
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


async def work_on_issues(story: Story) -> None:
    """What was missed long ago is understood and mended; the newest misses are still being worked on."""
    waiting = [one async for one in story.client.every("/sla/v1/issues", story.manager, state="open")]
    mine = [one for one in waiting if one["agreement_id"] in story.agreements.values() and one["owner"] is None]
    with story.chapters("Issues", len(mine)) as step:
        for number, issue in enumerate(sorted(mine, key=lambda one: one["opened_at"])):
            path = f"/sla/v1/issues/{issue['id']}"
            plan = {"owner": "ada.lindholm", "plan": "Find the cause, then make sure that it cannot come back."}
            etag = await story.client.etag(path, story.manager)
            await story.client.send("PATCH", path, {**story.manager, "If-Match": etag}, json=plan)
            if number < len(mine) // 2:
                done = {"resolution": "A second instance takes over within a minute; tested on a Sunday."}
                await story.client.post(f"{path}/resolution", done, story.manager)
            step()
