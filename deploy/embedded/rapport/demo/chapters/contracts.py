"""The contract with the sample organisation's biggest customer: fees, channels, obligations, and an amendment."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from rapport.demo.client import Document
from rapport.demo.context import TIME_ZONE, DemoContext
from rapport.demo.sample_agreements import DESK_FOR_LOGISTICS, ERP, OFFICE
from rapport.demo.sample_series import first_of_month

ROOT = "/sla/v1/contracts"
TITLE = "Logistics, all services"
MONTHS_ELAPSED = 7
"""Of twelve, with three months' notice: the notice date lies in the months to come."""


@dataclass(frozen=True)
class Obligation:
    side: Literal["provider", "customer"]
    text: str
    owner: str
    due_in_days: int
    """Days from today."""
    evidence: str = ""
    """How it was fulfilled."""


OBLIGATIONS = (
    Obligation("customer", "Name a key user for each hall", "Marek Novotny", -45, "List of key users, signed"),
    Obligation("customer", "Clear up customers nobody orders for", "Clara Jensen", -6),
    Obligation("provider", "Show how a restore is done", "Jonas Reuter", 21),
)


async def create_contract(story: DemoContext) -> None:
    """Signed, attached to its agreements, and about to change."""
    contracts = [item async for item in story.client.list_all(ROOT, story.manager)]
    if any(item["title"] == TITLE for item in contracts):
        return
    with story.progress("A contract", 4 + len(OBLIGATIONS)) as step:
        customer_id, terms = story.customers[ERP.customer], build_contract_terms(story)
        body = {"customer_id": customer_id, "terms": terms}
        contract = await sign_contract(story, await story.client.post(ROOT, body, story.manager))
        path = f"{ROOT}/{contract['id']}"
        step()
        for name in (ERP.name, DESK_FOR_LOGISTICS.name):
            await story.client.send("PUT", f"{path}/agreements/{story.agreements[name]}", story.manager)
            step()
        for obligation in OBLIGATIONS:
            await add_obligation(story, path, obligation)
            step()
        await amend_contract(story, path, terms)


async def sign_contract(story: DemoContext, contract: Document) -> Document:
    body = {"terms_sha256": contract["draft"]["terms_sha256"]}
    path = f"{ROOT}/{contract['id']}/signatures"
    await story.client.post(path, body, story.manager)
    return await story.client.post(path, body, story.customer_headers(ERP.customer, "marek.novotny"))


async def add_obligation(story: DemoContext, path: str, obligation: Obligation) -> None:
    today = story.today
    body = {
        "side": obligation.side,
        "text": obligation.text,
        "owner": obligation.owner,
        "due_on": str(today + timedelta(days=obligation.due_in_days)),
    }
    owed = (await story.client.post(f"{path}/obligations", body, story.manager))["obligations"]
    if obligation.evidence:
        noted = next(item for item in owed if item["text"] == obligation.text)
        fulfilment = {"fulfilled_on": body["due_on"], "evidence": obligation.evidence}
        await story.client.post(f"{path}/obligations/{noted['id']}/fulfilment", fulfilment, story.manager)


async def amend_contract(story: DemoContext, path: str, terms: Document) -> None:
    """Amend the contract: a third hall is served from the next month on."""
    hall = {"name": "Terminals of hall 3", "fee": {"amount": "420.00", "currency": "EUR"}, "per": "month"}
    matching = {**story.manager, "If-Match": await story.client.get_etag(path, story.manager)}
    amendment = {
        "terms": terms | {"fees": [*terms["fees"], hall]},
        "effective_on": str(first_of_month(story.today, -1)),
        "reason": "Hall 3 opens",
    }
    await sign_contract(story, await story.client.send("POST", f"{path}/amendments", matching, json=amendment))


def build_contract_terms(story: DemoContext) -> dict[str, Any]:
    began: date = first_of_month(story.today, MONTHS_ELAPSED)
    hours = {"timezone": TIME_ZONE, "hours": OFFICE, "closures": []}
    return {
        "title": TITLE,
        "reference": f"HL-{began.year}-07",
        "provider": {"name": "Halden IT", "address": "Havnegade 3, 1058 København", "represented_by": "Mira Salonen"},
        "customer": {"name": "Halden Logistics", "represented_by": "Marek Novotny"},
        "timezone": TIME_ZONE,
        "starts_on": str(began),
        "initial_months": 12,
        "renewal_months": 12,
        "notice": {"months": 3},
        "channels": [
            {"channel": "phone", "reach": "+45 33 00 00 00", "hours": hours, "purpose": "Whatever stops a hall"},
            {"channel": "portal", "reach": "https://desk.halden.example"},
        ],
        "fees": [
            {
                "name": "Operation of the ERP",
                "fee": {"amount": "9800.00", "currency": "EUR"},
                "per": "month",
                "indexation": {"percent": "2.5", "every_months": 12},
            },
            {"name": "Introduction", "fee": {"amount": "12000.00", "currency": "EUR"}, "per": "once"},
        ],
    }
