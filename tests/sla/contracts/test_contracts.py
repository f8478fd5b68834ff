"""Contracts over HTTP: drafted, signed, and what they are on any day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.sla import ContractSigned
from sla.contracts.model import Contract
from sla.contracts.obligations import Fulfilment
from sla.contracts.versions import ContractSignature, ContractVersion
from tests.sla.contracts.conftest import ContractClient
from tests.sla.problems import problem


async def test_the_customer_sees_it_when_the_provider_has_signed_and_then_signs(
    contracts: ContractClient, sla: ServiceUnderTest
) -> None:
    contract = await contracts.draft()
    assert (contract["state"], contract["term"], contract["binding"]) == ("draft", None, False)
    path = f"/{contract['id']}"
    assert (await contracts.send("GET", path, headers=contracts.sla_client.customer)).status_code == 404
    assert (await contracts.sign(contract, contracts.sla_client.customer)).status_code == 404
    offered = (await contracts.sign(contract)).json()
    assert offered["draft"]["signatures"][0]["side"] == "provider"
    assert (await contracts.send("GET", path, headers=contracts.sla_client.customer)).status_code == 200
    assert problem(await contracts.sign(contract)) == (409, "side-already-signed")
    both_hats = contracts.sla_client.headers("customer", contracts.sla_client.customer_id, "manager")
    assert problem(await contracts.sign(contract, both_hats)) == (409, "same-signatory")
    refused = await contracts.send(
        "POST", f"{path}/signatures", {"terms_sha256": "0" * 64}, contracts.sla_client.customer
    )
    assert problem(refused) == (409, "signature-for-other-terms")
    signed = (await contracts.sign(contract, contracts.sla_client.customer)).json()
    assert (signed["state"], signed["draft"], signed["ends_on"]) == ("signed", None, None)
    assert problem(await contracts.sign(contract, contracts.sla_client.customer)) == (409, "no-open-draft")
    event = (await sla.list_emitted_events())[-1]
    assert isinstance(event, ContractSigned)
    assert (event.starts_on, event.ends_on) == (date(2026, 3, 1), None)


@pytest.mark.parametrize(
    ("on", "state", "term", "months"),
    [
        ("2026-02-02", "draft", None, None),
        ("2026-02-03", "signed", None, None),
        ("2026-02-28", "signed", None, None),
        ("2026-03-01", "active", 1, 12),
        ("2027-02-28", "active", 1, 12),
        ("2027-03-01", "active", 2, 18),
        ("2027-09-01", "active", 3, 24),
    ],
)
async def test_a_contract_can_be_read_for_any_day(
    contracts: ContractClient, on: str, state: str, term: int | None, months: int | None
) -> None:
    contract = await contracts.signed()
    view = await contracts.read(contract, on)
    assert (view["on"], view["state"], view["binding"]) == (on, state, state == "active")
    assert (view["term"] and view["term"]["number"], view["term"] and view["term"]["months"]) == (term, months)
    listed = (await contracts.send("GET", f"?on={on}&state={state}")).json()["items"]
    assert [item["id"] for item in listed] == [contract["id"]]


async def test_today_is_local_to_the_contract(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    contracts.clock.now = datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert (await contracts.read(contract))["state"] == "active"
    contracts.clock.now -= timedelta(seconds=1)
    assert (await contracts.read(contract))["state"] == "signed"


async def test_a_draft_is_edited_until_signed_by_somebody_who_has_read_it(contracts: ContractClient) -> None:
    contract = await contracts.draft()
    path = f"/{contract['id']}/terms"
    stale = await contracts.send("PUT", path, contracts.document(), **{"If-Match": '"7"'})
    assert problem(stale) == (412, "changed-meanwhile")
    assert problem(await contracts.send("PUT", path, contracts.document())) == (428, "precondition-required")
    etag = (await contracts.send("GET", f"/{contract['id']}")).headers["etag"]
    edited = await contracts.send("PUT", path, contracts.document(starts_on="2026-04-01"), **{"If-Match": etag})
    assert (edited.status_code, edited.json()["starts_on"]) == (200, "2026-04-01")
    await contracts.sign(contract)
    await contracts.sign(contract, contracts.sla_client.customer)
    over = await contracts.send("PUT", path, contracts.document(), **{"If-Match": (await _etag(contracts, contract))})
    assert problem(over) == (409, "no-open-draft")


async def _etag(contracts: ContractClient, contract: dict[str, Any]) -> str:
    etag: str = (await contracts.send("GET", f"/{contract['id']}")).headers["etag"]
    return etag


async def test_a_draft_that_was_withdrawn_is_over(contracts: ContractClient) -> None:
    contract = await contracts.draft()
    withdrawn = (await contracts.send("POST", f"/{contract['id']}/withdrawal")).json()
    assert (withdrawn["state"], withdrawn["draft"]) == ("withdrawn", None)
    assert problem(await contracts.sign(contract)) == (409, "contract-over")
    assert problem(await contracts.give_notice(contract, "2026-02-03")) == (409, "contract-over")
    assert problem(await contracts.amend(contract, "2026-06-01", title="x")) == (409, "contract-over")
    assert [item["id"] for item in (await contracts.send("GET", "?state=withdrawn")).json()["items"]] == [
        contract["id"]
    ]


async def test_an_expired_contract_does_not_bind_and_does_not_change(contracts: ContractClient) -> None:
    contract = await contracts.signed(renewal_months=None, notice=None)
    agreement = await contracts.sla_client.signed()
    contracts.clock.now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert (await contracts.read(contract))["binding"] is False
    attached = await contracts.send("PUT", f"/{contract['id']}/agreements/{agreement['id']}")
    assert problem(attached) == (409, "contract-over")
    assert problem(await contracts.amend(contract, "2027-04-01", title="x")) == (409, "contract-over")
    owed = {"side": "customer", "text": "Pay", "owner": "Sales", "due_on": "2027-04-01"}
    assert problem(await contracts.send("POST", f"/{contract['id']}/obligations", owed)) == (409, "contract-over")


async def test_the_list_is_paged_at_a_constant_cost(contracts: ContractClient, sla: ServiceUnderTest) -> None:
    ids = [(await contracts.signed())["id"] for _ in range(3)]
    counts = []
    for limit in (1, 3):
        with sla.record_queries() as queries:
            answer = (await contracts.send("GET", f"?limit={limit}")).json()
        counts.append(len(queries))
        assert [item["id"] for item in answer["items"]] == ids[:limit]
    assert counts[0] == counts[1]
    first = (await contracts.send("GET", "?limit=1")).json()
    assert [item["id"] for item in (await contracts.send("GET", f"?cursor={first['next']}")).json()["items"]] == ids[1:]


async def test_other_customers_and_viewers_have_no_access(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    stranger, viewer = contracts.sla_client.headers("customer", new_id()), contracts.sla_client.headers("viewer")
    path = f"/{contract['id']}"
    assert (await contracts.send("GET", "", headers=stranger)).json()["items"] == []
    for method, place, body in (
        ("GET", path, None),
        ("GET", f"{path}/amendments", None),
        ("POST", f"{path}/signatures", {"terms_sha256": "0" * 64}),
        ("POST", f"{path}/withdrawal", None),
        ("POST", f"{path}/notice", {"given_on": "2026-02-03"}),
        ("POST", f"{path}/obligations/{new_id()}/fulfilment", {"fulfilled_on": "2026-02-03", "evidence": "?"}),
    ):
        assert (await contracts.send(method, place, body, stranger)).status_code == 404
        if method == "POST":
            assert (await contracts.send(method, place, body, viewer)).status_code == 403
    draft = {"customer_id": str(contracts.sla_client.customer_id), "terms": contracts.document()}
    owed = {"side": "customer", "text": "Pay", "owner": "Sales", "due_on": "2027-04-01"}
    for place, body in (("", draft), (f"{path}/obligations", owed)):
        assert (await contracts.send("POST", place, body, contracts.sla_client.customer)).status_code == 403
    assert (
        await contracts.send("PUT", f"{path}/agreements/{new_id()}", headers=contracts.sla_client.customer)
    ).status_code == 403


async def test_bad_terms_are_refused_by_the_name_of_their_field(contracts: ContractClient) -> None:
    body = {"customer_id": str(contracts.sla_client.customer_id), "terms": contracts.document(initial_months=0)}
    answer = await contracts.send("POST", "", body)
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "terms.initial_months"
    unknown = await contracts.send("POST", "", {"customer_id": str(new_id()), "terms": contracts.document()})
    assert problem(unknown) == (422, "customer-not-registered")


async def test_what_was_signed_is_final_in_the_database(contracts: ContractClient, sla: ServiceUnderTest) -> None:
    contract = await contracts.signed()
    await contracts.give_notice(contract, "2026-02-03")
    owed = {"side": "customer", "text": "Pay", "owner": "Sales", "due_on": "2027-01-01"}
    answer = await contracts.send("POST", f"/{contract['id']}/obligations", owed)
    path = f"/{contract['id']}/obligations/{answer.json()['obligations'][0]['id']}/fulfilment"
    await contracts.send("POST", path, {"fulfilled_on": "2026-03-01", "evidence": "Paid"})
    for change in (
        update(ContractVersion).values(effective_on=date(2026, 1, 1)),
        delete(ContractSignature),
        update(Contract).values(ends_on=None, notice_given_on=None, notice_side=None),
        update(Fulfilment).values(evidence="Not paid"),
    ):
        with pytest.raises(IntegrityError, match="final"):
            async with sla.begin() as work:
                await work.session.execute(change)


async def test_contracts_are_read_as_of_today_in_their_own_zone(contracts: ContractClient) -> None:
    contracts.clock.now = datetime(2026, 2, 3, 23, 30, tzinfo=UTC)
    in_paris = await contracts.signed()
    in_new_york = await contracts.signed(timezone="America/New_York")

    listed = (await contracts.send("GET", "")).json()["items"]
    signed = (await contracts.send("GET", "?state=signed")).json()["items"]
    drafts = (await contracts.send("GET", "?state=draft")).json()["items"]
    on_the_third = (await contracts.send("GET", "?state=draft&on=2026-02-03")).json()["items"]

    assert [(contract["on"], contract["state"]) for contract in listed] == [
        ("2026-02-04", "signed"),
        ("2026-02-03", "signed"),
    ]
    assert [contract["id"] for contract in signed] == [in_paris["id"], in_new_york["id"]]
    assert drafts == []
    assert [contract["id"] for contract in on_the_third] == [in_paris["id"]]
