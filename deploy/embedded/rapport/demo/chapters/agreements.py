"""The sample organisation's agreements and the agreements that support them."""

from typing import Any

from rapport.demo.chapters import incidents
from rapport.demo.client import Document
from rapport.demo.context import TIME_ZONE, DemoContext
from rapport.demo.sample_agreements import AGREEMENTS, WEB_SHOP, DemoAgreement

CREDITS = {
    "steps": [{"points_below": "0", "percent": "5"}, {"points_below": "1.5", "percent": "15"}],
    "cap": "25",
}
"""In points below each target, as targets differ."""
ROOT, TEMPLATES = "/sla/v1/agreements", "/sla/v1/agreement-templates"
COUNTER_OFFER_COMMENT = "With one data centre this is what we can hold; we look at it again in a year."


async def create_agreements(story: DemoContext) -> None:
    with story.progress("Agreements and incidents", len(AGREEMENTS)) as step:
        for agreement in AGREEMENTS:
            story.agreements[agreement.name] = await create_agreement(story, agreement)
            # At once: a period may be closed at any time, and incidents are bound by what is signed when they are told.
            await incidents.report_incidents(story, agreement.customer, agreement.offering)
            step()
        await incidents.report_incidents(story, "Halden Finance", "Web shop, gold")
        await create_template(story)


async def create_template(story: DemoContext) -> None:
    """Keep the terms of the web shop as a published template, in which indicators are to be filled in."""
    terms = build_draft(story, WEB_SHOP)["terms"]
    for objective in terms["objectives"]:
        objective.pop("indicator_id", None)
    body = {"name": WEB_SHOP.offering, "description": "For shops that sell around the clock.", "terms": terms}
    template = await story.client.get_or_create(TEMPLATES, body, story.manager)
    if template["state"] == "draft":
        await story.client.post(f"{TEMPLATES}/{template['id']}/publication", {}, story.manager)


async def create_agreement(story: DemoContext, agreement: DemoAgreement) -> str:
    """Take an agreement from the draft to both signatures, or continue an interrupted run."""
    existing = await draft_and_propose(story, agreement)
    path = f"{ROOT}/{existing['id']}"
    customer = story.customer_headers(agreement.customer)
    if existing["state"] == "proposed":
        await negotiate(story, agreement, path, customer)
    current = await story.client.send("GET", path, story.manager)
    if current["state"] == "accepted":
        await sign(story, path, current, customer)
    return str(current["id"])


async def draft_and_propose(story: DemoContext, agreement: DemoAgreement) -> Document:
    """Draft and propose the agreement."""
    existing = await story.client.find_by_name(ROOT, agreement.name, story.manager)
    if existing is None:
        existing = await story.client.post_with_retry(ROOT, build_draft(story, agreement), story.manager)
    if existing["state"] == "draft":
        if agreement.relies_on:
            await set_underpinnings(story, agreement, f"{ROOT}/{existing['id']}/underpinnings")
        proposal = {"comment": "As we discussed."}
        existing = await story.client.post(f"{ROOT}/{existing['id']}/proposals", proposal, story.manager)
    return existing


async def set_underpinnings(story: DemoContext, agreement: DemoAgreement, path: str) -> None:
    """Name the supporting agreements before the promise."""
    parts = [{"name": name, "agreement_ids": [story.agreements[name]]} for name in agreement.relies_on]
    matching = {**story.manager, "If-Match": await story.client.get_etag(path, story.manager)}
    await story.client.send("PUT", path, matching, json={"parts": parts})


async def negotiate(story: DemoContext, agreement: DemoAgreement, path: str, customer: dict[str, str]) -> None:
    """Negotiate: where the customer asks for more, both agree on the first offer in the end."""
    table = await story.client.send("GET", f"{path}/negotiation", story.manager)
    latest = table["record"][-1]["terms"] or build_draft(story, agreement)["terms"]
    if agreement.first_requested and len(table["record"]) == 1:
        await counter_propose(story, agreement, path, latest)
        for objective, promised in zip(latest["objectives"], agreement.objectives, strict=True):
            objective["target"] = promised.target
        await story.client.post(f"{path}/proposals", {"terms": latest, "comment": COUNTER_OFFER_COMMENT}, story.manager)
    await story.client.post(f"{path}/acceptances", {"comment": "Agreed."}, customer)


async def counter_propose(story: DemoContext, agreement: DemoAgreement, path: str, terms: Document) -> None:
    for objective in terms["objectives"]:
        objective["target"] = agreement.first_requested.get(objective["name"], objective["target"])
    proposal = {"terms": terms, "comment": "We need more than that."}
    await story.client.post(f"{path}/proposals", proposal, story.customer_headers(agreement.customer))


async def sign(story: DemoContext, path: str, current: Document, customer: dict[str, str]) -> None:
    body = {"terms_sha256": current["version"]["terms_sha256"]}
    signed = {signature["side"] for signature in current["version"]["signatures"]}
    for side, headers in (("provider", story.manager), ("customer", customer)):
        if side not in signed:
            await story.client.post(f"{path}/signatures", body, headers)


def build_draft(story: DemoContext, agreement: DemoAgreement) -> Document:
    terms: dict[str, Any] = {
        "name": agreement.name,
        "service_hours": {"timezone": TIME_ZONE, "hours": agreement.hours, "closures": []},
        "objectives": [objective.terms(story.indicators, story.requirements) for objective in agreement.objectives],
        "starts_on": str(story.first_day),
        "closure_calendars": [story.closures[name] for name in agreement.closures],
        "maintenance": agreement.maintenance,
        "credits": CREDITS,
        "monthly_charge": {"amount": agreement.charge, "currency": "EUR"},
    }
    return {
        "kind": agreement.kind,
        "supplier": agreement.supplier,
        "customer_id": story.customers[agreement.customer],
        "offering_id": story.offerings[agreement.offering],
        "terms": terms,
    }
