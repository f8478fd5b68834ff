"""Every step in every state of a negotiation, by either side: done, or refused by name and without a trace."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from tests.sla.conftest import SlaClient

Agreement = dict[str, Any]
BOTH = ("manager", "customer")


def headers_of(sla_client: SlaClient, role: str) -> dict[str, str]:
    return sla_client.manager if role == "manager" else sla_client.customer


def other_terms(sla_client: SlaClient, target: str = "99.7") -> dict[str, Any]:
    """From March on, so that they can amend as well."""
    first, second = sla_client.terms()["objectives"]
    return sla_client.terms(objectives=[first | {"target": target}, second], starts_on="2026-03-01")


async def edit(sla_client: SlaClient, agreement: Agreement, role: str) -> httpx.Response:
    path = f"/agreements/{agreement['id']}"
    etag = (await sla_client.sla.client.get(path, headers=sla_client.manager)).headers["etag"]
    headers = headers_of(sla_client, role) | {"If-Match": etag}
    return await sla_client.sla.client.put(f"{path}/terms", json=other_terms(sla_client), headers=headers)


async def sign(sla_client: SlaClient, agreement: Agreement, role: str) -> httpx.Response:
    read = (await sla_client.sla.client.get(f"/agreements/{agreement['id']}", headers=sla_client.manager)).json()
    body = {"terms_sha256": read["version"]["terms_sha256"]}
    return await sla_client.step(agreement, "signatures", body, headers_of(sla_client, role))


def posting(step: str, body: Callable[[SlaClient], dict[str, Any]]) -> Callable[..., Awaitable[httpx.Response]]:
    async def post(sla_client: SlaClient, agreement: Agreement, role: str) -> httpx.Response:
        return await sla_client.step(agreement, step, body(sla_client), headers_of(sla_client, role))

    return post


def objection(sla_client: SlaClient) -> dict[str, Any]:
    return {"objectives": [{"objective_id": sla_client.terms()["objectives"][0]["id"], "comment": "Too little."}]}


STEPS: dict[str, Callable[..., Awaitable[httpx.Response]]] = {
    "edit": edit,
    "amend": posting("amendments", lambda sla_client: {"terms": other_terms(sla_client)}),
    "propose": posting("proposals", lambda _: {}),
    "propose other terms": posting("proposals", lambda sla_client: {"terms": other_terms(sla_client)}),
    "object": posting("objections", objection),
    "accept": posting("acceptances", lambda _: {}),
    "sign": sign,
    "leave": posting("withdrawal", lambda _: {"reason": "No budget."}),
}

REACHED: dict[str, list[tuple[str, str]]] = {
    "draft": [],
    "proposed": [("manager", "propose")],
    "objected": [("manager", "propose"), ("customer", "object")],
    "countered": [("manager", "propose"), ("customer", "propose other terms")],
    "accepted": [("manager", "propose"), ("customer", "accept")],
    "signed by one": [("manager", "propose"), ("customer", "accept"), ("manager", "sign")],
    "signed by the customer": [("manager", "propose"), ("customer", "accept"), ("customer", "sign")],
    "signed": [("manager", "propose"), ("customer", "accept"), ("manager", "sign"), ("customer", "sign")],
    "withdrawn": [("manager", "propose"), ("manager", "leave")],
    "rejected": [("manager", "propose"), ("customer", "leave")],
}
REACHED["amending"] = [*REACHED["signed"], ("manager", "amend")]
REACHED["amendment proposed"] = [*REACHED["amending"], ("manager", "propose")]
REACHED["amendment withdrawn"] = [*REACHED["amending"], ("manager", "leave")]
REACHED["amended"] = [
    *REACHED["amendment proposed"],
    ("customer", "accept"),
    ("customer", "sign"),
    ("manager", "sign"),
]

NOT_YET = dict.fromkeys(("object", "accept", "sign"), "nothing-proposed")
NEGOTIATING = ("edit", "propose", "propose other terms", "object", "accept", "sign", "leave")
OVER = dict.fromkeys(NEGOTIATING, "negotiation-over")
FINAL = dict.fromkeys(NEGOTIATING, "agreement-already-signed")
OWN = dict.fromkeys(("object", "accept"), "own-proposal-answered")
ON_THE_TABLE = {"edit": "terms-under-negotiation", "amend": "amendment-under-way", "sign": "proposal-not-accepted"}
SAME = {"propose": "counter-proposal-changes-nothing"}
WAITS = dict.fromkeys(("propose", "propose other terms"), "proposal-awaits-answer")
BINDS = dict.fromkeys(("propose", "propose other terms"), "terms-partly-signed")
NOT_FOR_CUSTOMERS = dict.fromkeys(("edit", "amend"), "forbidden")
HIDDEN = NOT_FOR_CUSTOMERS | dict.fromkeys(NEGOTIATING[1:], "not-found")

# By state and side what each step comes to: the stage of the version it leaves, or the rule it breaks.
EXPECTED: dict[tuple[str, str], dict[str, str]] = {
    ("draft", "manager"): NOT_YET
    | {"edit": "draft", "amend": "amendment-under-way", "leave": "withdrawn"}
    | dict.fromkeys(("propose", "propose other terms"), "proposed"),
    ("draft", "customer"): HIDDEN,
    ("proposed", "manager"): ON_THE_TABLE | OWN | WAITS | {"leave": "withdrawn"},
    ("proposed", "customer"): NOT_FOR_CUSTOMERS
    | SAME
    | {"propose other terms": "counter_proposed", "object": "proposed", "accept": "accepted"}
    | {"sign": "proposal-not-accepted", "leave": "rejected"},
    ("objected", "manager"): ON_THE_TABLE
    | OWN
    | SAME
    | {"propose other terms": "counter_proposed", "leave": "withdrawn"},
    ("countered", "manager"): ON_THE_TABLE
    | SAME
    | {"propose other terms": "counter-proposal-changes-nothing", "object": "counter_proposed"}
    | {"accept": "accepted", "leave": "rejected"},
    ("countered", "customer"): NOT_FOR_CUSTOMERS
    | OWN
    | WAITS
    | {"sign": "proposal-not-accepted", "leave": "withdrawn"},
    ("accepted", "manager"): ON_THE_TABLE
    | OWN
    | SAME
    | {"propose other terms": "counter_proposed", "sign": "accepted", "leave": "withdrawn"},
    ("accepted", "customer"): NOT_FOR_CUSTOMERS
    | SAME
    | {"propose other terms": "counter_proposed", "object": "proposed", "accept": "proposal-already-accepted"}
    | {"sign": "accepted", "leave": "rejected"},
    ("signed by one", "manager"): ON_THE_TABLE | OWN | BINDS | {"sign": "side-already-signed", "leave": "withdrawn"},
    ("signed by one", "customer"): NOT_FOR_CUSTOMERS
    | BINDS
    | {"object": "terms-partly-signed", "accept": "proposal-already-accepted", "sign": "signed", "leave": "rejected"},
    ("signed by the customer", "customer"): NOT_FOR_CUSTOMERS
    | BINDS
    | {"object": "terms-partly-signed", "accept": "proposal-already-accepted"}
    | {"sign": "side-already-signed", "leave": "rejected"},
    ("signed", "manager"): FINAL | {"amend": "draft"},
    ("signed", "customer"): FINAL | NOT_FOR_CUSTOMERS,
    ("withdrawn", "manager"): OVER | {"amend": "agreement-not-in-force"},
    ("withdrawn", "customer"): OVER | NOT_FOR_CUSTOMERS,
    ("rejected", "manager"): OVER | {"amend": "agreement-not-in-force"},
    ("rejected", "customer"): OVER | NOT_FOR_CUSTOMERS,
    ("amending", "manager"): NOT_YET
    | {"edit": "draft", "amend": "amendment-under-way", "leave": "withdrawn"}
    | dict.fromkeys(("propose", "propose other terms"), "proposed"),
    ("amending", "customer"): FINAL | NOT_FOR_CUSTOMERS,
    ("amendment proposed", "customer"): NOT_FOR_CUSTOMERS
    | SAME
    | {"propose other terms": "counter-proposal-changes-nothing", "object": "proposed", "accept": "accepted"}
    | {"sign": "proposal-not-accepted", "leave": "rejected"},
    ("amendment withdrawn", "manager"): OVER | {"amend": "draft"},
    ("amended", "manager"): FINAL | {"amend": "draft"},
}


async def reach(sla_client: SlaClient, state: str) -> Agreement:
    agreement: Agreement = (await sla_client.draft()).json()
    for role, step in REACHED[state]:
        answer = await STEPS[step](sla_client, agreement, role)
        assert answer.status_code == 201, (step, answer.text)
    return agreement


async def picture(sla_client: SlaClient, agreement: Agreement) -> tuple[Any, ...]:
    """All that a refusal must not change."""
    path = f"/agreements/{agreement['id']}"
    read = (await sla_client.sla.client.get(path, headers=sla_client.manager)).json()
    record = (await sla_client.sla.client.get(f"{path}/negotiation", headers=sla_client.manager)).json()
    audit = sla_client.sla.runtime.tables.audit
    async with sla_client.sla.begin() as work:
        rows = await work.session.scalar(select(func.count()).select_from(audit))
    return read, record, rows, len(await sla_client.sla.list_emitted_events())


def outcome(answer: httpx.Response) -> str:
    if answer.is_success:
        return str(answer.json()["version"]["stage"])
    return str(answer.json()["type"].rsplit("/", 1)[1])


@pytest.mark.parametrize(("state", "role"), EXPECTED, ids=[" ".join(pair) for pair in EXPECTED])
async def test_every_step_is_done_or_refused_by_name(sla_client: SlaClient, state: str, role: str) -> None:
    expected = EXPECTED[state, role]
    assert expected.keys() == STEPS.keys()
    agreement = await reach(sla_client, state)
    before = await picture(sla_client, agreement)
    outcomes = {}
    for name, step in STEPS.items():
        answer = await step(sla_client, agreement, role)
        outcomes[name] = outcome(answer)
        if answer.is_success:
            agreement = await reach(sla_client, state)
            before = await picture(sla_client, agreement)
        else:
            assert answer.status_code in (403, 404, 409), (name, answer.text)
            assert await picture(sla_client, agreement) == before, name
    assert outcomes == expected
