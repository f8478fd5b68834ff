"""How the sample organisation came to its agreements, and what carries them."""

from typing import Any

from rapport.demo.chapters import incidents
from rapport.demo.client import Document
from rapport.demo.context import DemoContext
from rapport.demo.sample_agreements import AGREEMENTS, DemoAgreement

CREDITS = {"ladder": [{"below": "99.5", "percent": "5"}, {"below": "98", "percent": "15"}], "cap": "25"}
ROOT = "/sla/v1/agreements"
COUNTER_OFFER_COMMENT = "With one data centre this is what we can hold; we look at it again in a year."


async def create_agreements(story: DemoContext) -> None:
    with story.progress("Agreements and incidents", len(AGREEMENTS)) as step:
        for agreement in AGREEMENTS:
            story.agreements[agreement.name] = await create_agreement(story, agreement)
            # At once: a period may be closed at any time, and incidents are bound by what is signed when they are told.
            await incidents.report_incidents(story, agreement.customer, agreement.offering)
            step()
        await incidents.report_incidents(story, "Halden Finance", "Web shop, gold")


async def create_agreement(story: DemoContext, agreement: DemoAgreement) -> str:
    """From the draft to both signatures, from wherever an earlier telling was interrupted."""
    known = await draft_and_propose(story, agreement)
    path = f"{ROOT}/{known['id']}"
    customer = story.customer_headers(agreement.customer)
    if known["state"] == "proposed":
        await negotiate(story, agreement, path, customer)
    whole = await story.client.send("GET", path, story.manager)
    if whole["state"] == "accepted":
        await sign(story, path, whole, customer)
    return str(whole["id"])


async def draft_and_propose(story: DemoContext, agreement: DemoAgreement) -> Document:
    """Drafted and proposed."""
    known = await story.client.find_by_name(ROOT, agreement.name, story.manager)
    if known is None:
        known = await story.client.post_with_retry(ROOT, build_draft(story, agreement), story.manager)
    if known["state"] == "draft":
        if agreement.relies_on:
            await set_underpinnings(story, agreement, f"{ROOT}/{known['id']}/underpinnings")
        proposal = {"comment": "As we discussed."}
        known = await story.client.post(f"{ROOT}/{known['id']}/proposals", proposal, story.manager)
    return known


async def set_underpinnings(story: DemoContext, agreement: DemoAgreement, path: str) -> None:
    """Before it is promised."""
    parts = [{"name": name, "agreement_ids": [story.agreements[name]]} for name in agreement.relies_on]
    matching = {**story.manager, "If-Match": await story.client.get_etag(path, story.manager)}
    await story.client.send("PUT", path, matching, json={"parts": parts})


async def negotiate(story: DemoContext, agreement: DemoAgreement, path: str, customer: dict[str, str]) -> None:
    """Where the customer asks for more, it says so, hears why not, and both meet at the first offer."""
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


async def sign(story: DemoContext, path: str, whole: Document, customer: dict[str, str]) -> None:
    body = {"terms_sha256": whole["version"]["terms_sha256"]}
    signed = {signature["side"] for signature in whole["version"]["signatures"]}
    for side, who in (("provider", story.manager), ("customer", customer)):
        if side not in signed:
            await story.client.post(f"{path}/signatures", body, who)


def build_draft(story: DemoContext, agreement: DemoAgreement) -> Document:
    terms: dict[str, Any] = {
        "name": agreement.name,
        "service_hours": {"timezone": "Europe/Copenhagen", "hours": agreement.hours, "closures": []},
        "objectives": [one.terms(story.indicators, story.requirements) for one in agreement.objectives],
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
