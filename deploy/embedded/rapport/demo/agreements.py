"""How the sample organisation came to its agreements, and what carries them."""

from typing import Any

from rapport.demo import incidents
from rapport.demo.client import Document
from rapport.demo.promises import AGREEMENTS, Agreement
from rapport.demo.story import Story

CREDITS = {"ladder": [{"below": "99.5", "percent": "5"}, {"below": "98", "percent": "15"}], "cap": "25"}
ROOT = "/sla/v1/agreements"
ONE_YEAR = "With one data centre this is what we can hold; we look at it again in a year."


async def agree(story: Story) -> None:
    with story.chapters("Agreements and incidents", len(AGREEMENTS)) as step:
        for agreement in AGREEMENTS:
            story.agreements[agreement.name] = await sign(story, agreement)
            # At once: a period may be closed at any time, and incidents are bound by what is signed when they are told.
            await incidents.tell(story, agreement.customer, agreement.offering)
            step()
        await incidents.tell(story, "Halden Finance", "Web shop, gold")


async def sign(story: Story, agreement: Agreement) -> str:
    """From the draft to both signatures, from wherever an earlier telling was interrupted."""
    known = await put_down(story, agreement)
    path = f"{ROOT}/{known['id']}"
    customer = story.speaker(agreement.customer)
    if known["state"] == "proposed":
        await negotiate(story, agreement, path, customer)
    whole = await story.client.send("GET", path, story.manager)
    if whole["state"] == "accepted":
        await give_signatures(story, path, whole, customer)
    return str(whole["id"])


async def put_down(story: Story, agreement: Agreement) -> Document:
    """Drafted and proposed."""
    known = await story.client.named(ROOT, agreement.name, story.manager)
    if known is None:
        known = await story.client.post_soon(ROOT, draft(story, agreement), story.manager)
    if known["state"] == "draft":
        if agreement.relies_on:
            await rely(story, agreement, f"{ROOT}/{known['id']}/underpinnings")
        proposal = {"comment": "As we discussed."}
        known = await story.client.post(f"{ROOT}/{known['id']}/proposals", proposal, story.manager)
    return known


async def rely(story: Story, agreement: Agreement, path: str) -> None:
    """Before it is promised."""
    parts = [{"name": name, "agreement_ids": [story.agreements[name]]} for name in agreement.relies_on]
    matching = {**story.manager, "If-Match": await story.client.etag(path, story.manager)}
    await story.client.send("PUT", path, matching, json={"parts": parts})


async def negotiate(story: Story, agreement: Agreement, path: str, customer: dict[str, str]) -> None:
    """Where the customer asks for more, it says so, hears why not, and both meet at the first offer."""
    table = await story.client.send("GET", f"{path}/negotiation", story.manager)
    latest = table["record"][-1]["terms"] or draft(story, agreement)["terms"]
    if agreement.asked and len(table["record"]) == 1:
        await ask_for_more(story, agreement, path, latest)
        for objective, promised in zip(latest["objectives"], agreement.objectives, strict=True):
            objective["target"] = promised.target
        await story.client.post(f"{path}/proposals", {"terms": latest, "comment": ONE_YEAR}, story.manager)
    await story.client.post(f"{path}/acceptances", {"comment": "Agreed."}, customer)


async def ask_for_more(story: Story, agreement: Agreement, path: str, terms: Document) -> None:
    for objective in terms["objectives"]:
        objective["target"] = agreement.asked.get(objective["name"], objective["target"])
    proposal = {"terms": terms, "comment": "We need more than that."}
    await story.client.post(f"{path}/proposals", proposal, story.speaker(agreement.customer))


async def give_signatures(story: Story, path: str, whole: Document, customer: dict[str, str]) -> None:
    body = {"terms_sha256": whole["version"]["terms_sha256"]}
    signed = {signature["side"] for signature in whole["version"]["signatures"]}
    for side, who in (("provider", story.manager), ("customer", customer)):
        if side not in signed:
            await story.client.post(f"{path}/signatures", body, who)


def draft(story: Story, agreement: Agreement) -> Document:
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
