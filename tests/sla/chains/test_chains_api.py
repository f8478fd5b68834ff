"""Chains over HTTP: who may name what, and what is answered."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from sla.chains import actions
from tests.sla.conftest import SlaClient

Supporting = Callable[..., Any]


@pytest.fixture
def supporting(sla_client: SlaClient) -> Supporting:
    async def drafting(name: str, kind: str = "ola", target: str = "99.9") -> dict[str, Any]:
        terms = sla_client.terms(name=name, credits=None)
        terms["objectives"] = [terms["objectives"][0] | {"target": target}]
        supplier = {"supplier": "The network team"} if kind != "sla" else {}
        body = {
            "customer_id": str(sla_client.customer_id),
            "offering_id": str(sla_client.offering_id),
            "kind": kind,
        } | supplier
        answer = await sla_client.sla.client.post(
            "/agreements", json=body | {"terms": terms}, headers=sla_client.manager
        )
        assert answer.status_code == 201, answer.text
        drafted: dict[str, Any] = answer.json()
        return drafted

    return drafting


async def put_parts(
    sla_client: SlaClient, agreement: dict[str, Any], parts: list[dict[str, Any]], etag: str | None = None
) -> httpx.Response:
    path = f"/agreements/{agreement['id']}/underpinnings"
    if etag is None:
        etag = (await sla_client.sla.client.get(path, headers=sla_client.manager)).headers["etag"]
    return await sla_client.sla.client.put(path, json={"parts": parts}, headers=sla_client.manager | {"If-Match": etag})


def part(*carriers: dict[str, Any], name: str = "Network", needed: int = 1) -> dict[str, Any]:
    return {"name": name, "needed": needed, "agreement_ids": [carrier["id"] for carrier in carriers]}


async def test_what_an_agreement_relies_on_is_put_and_read(sla_client: SlaClient, supporting: Supporting) -> None:
    agreement, first, second = (await sla_client.draft()).json(), await supporting("One"), await supporting("Two")
    path = f"/agreements/{agreement['id']}/underpinnings"
    empty = await sla_client.sla.client.get(path, headers=sla_client.manager)
    assert empty.json() == {"parts": []}
    parts = [part(first, second), part(second, name="Hosting")]
    answer = await put_parts(sla_client, agreement, parts)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] != empty.headers["etag"]
    assert (await sla_client.sla.client.get(path, headers=sla_client.manager)).json() == {"parts": parts}
    again = [part(second)]
    assert (await put_parts(sla_client, agreement, again)).status_code == 200
    assert (await sla_client.sla.client.get(path, headers=sla_client.manager)).json() == {"parts": again}
    stale = await put_parts(sla_client, agreement, again, empty.headers["etag"])
    assert (stale.status_code, stale.json()["type"]) == (412, "/sla/v1/problems/changed-meanwhile")


async def test_what_carries_is_an_ola_or_an_underpinning_contract(
    sla_client: SlaClient, supporting: Supporting
) -> None:
    agreement, customer_agreement = (await sla_client.draft()).json(), await supporting("Other", kind="sla")
    answer = await put_parts(sla_client, agreement, [part(customer_agreement)])
    assert (answer.status_code, answer.json()["type"]) == (422, "/sla/v1/problems/not-underpinning")
    assert answer.json()["errors"][0]["field"] == "parts.0.agreement_ids"
    unknown = await put_parts(sla_client, agreement, [part({"id": str(uuid4())})])
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "parts.0.agreement_ids")


async def test_a_chain_is_no_circle(sla_client: SlaClient, supporting: Supporting) -> None:
    first, second, third = [await supporting(name, "underpinning_contract") for name in ("One", "Two", "Three")]
    assert (await put_parts(sla_client, first, [part(second)])).status_code == 200
    assert (await put_parts(sla_client, second, [part(third)])).status_code == 200
    for agreement, carrier in ((third, first), (second, first), (first, first)):
        answer = await put_parts(sla_client, agreement, [part(carrier)])
        assert (answer.status_code, answer.json()["type"]) == (422, "/sla/v1/problems/circular-chain")


@pytest.mark.parametrize(
    "changes",
    [
        {"needed": 2},
        {"needed": 0},
        {"name": ""},
        {"agreement_ids": []},
        {"agreement_ids": ["0190a000-0000-7000-8000-000000000001"] * 2},
        {"extra": 1},
        {"agreement_ids": "x"},
    ],
)
async def test_parts_have_to_make_sense(sla_client: SlaClient, supporting: Supporting, changes: dict[str, Any]) -> None:
    agreement, first = (await sla_client.draft()).json(), await supporting("One")
    answer = await put_parts(sla_client, agreement, [part(first) | changes])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("parts.0")


async def test_the_chain_is_checked_against_the_draft(sla_client: SlaClient, supporting: Supporting) -> None:
    agreement, weak = (await sla_client.draft()).json(), await supporting("Weak network", target="99")
    path = f"/agreements/{agreement['id']}/feasibility"
    assert (await sla_client.sla.client.post(path, headers=sla_client.manager)).json()["feasibility"] == "unknown"
    await put_parts(sla_client, agreement, [part(weak)])
    answer = await sla_client.sla.client.post(path, headers=sla_client.headers("viewer"))
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert result["feasibility"] == "infeasible"
    availability = next(reason for reason in result["reasons"] if reason["subject"] == "availability")
    assert availability["figures"]["best"] == "99.0000"
    assert availability["sentence"].startswith("Availability: 99.5000 % cannot be held")
    assert any(reason["sentence"] == "Weak network is not signed by both sides." for reason in result["reasons"])


async def test_customers_do_not_see_who_carries_their_agreement(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    path = f"/agreements/{agreement['id']}"
    assert (await sla_client.sla.client.get(f"{path}/underpinnings", headers=sla_client.customer)).status_code == 403
    assert (await sla_client.sla.client.post(f"{path}/feasibility", headers=sla_client.customer)).status_code == 403


async def test_the_feasibility_of_a_chain_too_large_to_check_is_unknown(
    sla_client: SlaClient, supporting: Supporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MAX_CHECKS", 1)
    agreement, pair = (await sla_client.draft()).json(), [await supporting("One"), await supporting("Two")]
    await put_parts(sla_client, agreement, [part(*pair)])

    answer = await sla_client.sla.client.post(f"/agreements/{agreement['id']}/feasibility", headers=sla_client.manager)

    assert answer.status_code == 200, answer.text
    assert answer.json()["feasibility"] == "unknown"
    assert answer.json()["reasons"][0]["sentence"].startswith("Name fewer supporting agreements")
