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
from tests.sla.contracts.conftest import Problem


async def test_the_customer_sees_it_when_the_provider_has_signed_and_then_signs(
    office: Any, sla: ServiceUnderTest, problem: Problem
) -> None:
    found = await office.draft()
    assert (found["state"], found["term"], found["binding"]) == ("draft", None, False)
    path = f"/{found['id']}"
    assert (await office.send("GET", path, who=office.shop.customer)).status_code == 404
    assert (await office.sign(found, office.shop.customer)).status_code == 404
    offered = (await office.sign(found)).json()
    assert offered["draft"]["signatures"][0]["side"] == "provider"
    assert (await office.send("GET", path, who=office.shop.customer)).status_code == 200
    assert problem(await office.sign(found)) == (409, "side-already-signed")
    both_hats = office.shop.headers("customer", office.shop.customer_id, "manager")
    assert problem(await office.sign(found, both_hats)) == (409, "same-signatory")
    other = await office.send("POST", f"{path}/signatures", {"terms_sha256": "0" * 64}, office.shop.customer)
    assert problem(other) == (409, "signature-for-other-terms")
    signed = (await office.sign(found, office.shop.customer)).json()
    assert (signed["state"], signed["draft"], signed["ends_on"]) == ("signed", None, None)
    assert problem(await office.sign(found, office.shop.customer)) == (409, "no-open-draft")
    told = (await sla.list_emitted_events())[-1]
    assert isinstance(told, ContractSigned)
    assert (told.starts_on, told.ends_on) == (date(2026, 3, 1), None)


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
async def test_today_is_any_day(office: Any, on: str, state: str, term: int | None, months: int | None) -> None:
    found = await office.signed()
    seen = await office.read(found, on)
    assert (seen["on"], seen["state"], seen["binding"]) == (on, state, state == "active")
    assert (seen["term"] and seen["term"]["number"], seen["term"] and seen["term"]["months"]) == (term, months)
    listed = (await office.send("GET", f"?on={on}&state={state}")).json()["items"]
    assert [one["id"] for one in listed] == [found["id"]]


async def test_today_is_local_to_the_contract(office: Any) -> None:
    found = await office.signed()
    office.clock.now = datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert (await office.read(found))["state"] == "active"
    office.clock.now -= timedelta(seconds=1)
    assert (await office.read(found))["state"] == "signed"


async def test_a_draft_is_edited_until_it_is_signed_by_who_has_read_it(office: Any, problem: Problem) -> None:
    found = await office.draft()
    path = f"/{found['id']}/terms"
    stale = await office.send("PUT", path, office.document(), **{"If-Match": '"7"'})
    assert problem(stale) == (412, "changed-meanwhile")
    assert problem(await office.send("PUT", path, office.document())) == (428, "precondition-required")
    etag = (await office.send("GET", f"/{found['id']}")).headers["etag"]
    edited = await office.send("PUT", path, office.document(starts_on="2026-04-01"), **{"If-Match": etag})
    assert (edited.status_code, edited.json()["starts_on"]) == (200, "2026-04-01")
    await office.sign(found)
    await office.sign(found, office.shop.customer)
    over = await office.send("PUT", path, office.document(), **{"If-Match": (await _etag(office, found))})
    assert problem(over) == (409, "no-open-draft")


async def _etag(office: Any, found: dict[str, Any]) -> str:
    etag: str = (await office.send("GET", f"/{found['id']}")).headers["etag"]
    return etag


async def test_a_draft_that_was_withdrawn_is_over(office: Any, problem: Problem) -> None:
    found = await office.draft()
    gone = (await office.send("POST", f"/{found['id']}/withdrawal")).json()
    assert (gone["state"], gone["draft"]) == ("withdrawn", None)
    assert problem(await office.sign(found)) == (409, "contract-over")
    assert problem(await office.notice(found, "2026-02-03")) == (409, "contract-over")
    assert problem(await office.amend(found, "2026-06-01", title="x")) == (409, "contract-over")
    assert [one["id"] for one in (await office.send("GET", "?state=withdrawn")).json()["items"]] == [found["id"]]


async def test_an_expired_contract_does_not_bind_and_does_not_change(office: Any, problem: Problem) -> None:
    found = await office.signed(renewal_months=None, notice=None)
    agreement = await office.shop.signed()
    office.clock.now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert (await office.read(found))["binding"] is False
    attached = await office.send("PUT", f"/{found['id']}/agreements/{agreement['id']}")
    assert problem(attached) == (409, "contract-over")
    assert problem(await office.amend(found, "2027-04-01", title="x")) == (409, "contract-over")
    owed = {"side": "customer", "text": "Pay", "owner": "Sales", "due_on": "2027-04-01"}
    assert problem(await office.send("POST", f"/{found['id']}/obligations", owed)) == (409, "contract-over")


async def test_the_list_is_paged_at_a_constant_cost(office: Any, sla: ServiceUnderTest) -> None:
    ids = [(await office.signed())["id"] for _ in range(3)]
    counts = []
    for limit in (1, 3):
        with sla.record_queries() as sent:
            answer = (await office.send("GET", f"?limit={limit}")).json()
        counts.append(len(sent))
        assert [one["id"] for one in answer["items"]] == ids[:limit]
    assert counts[0] == counts[1]
    first = (await office.send("GET", "?limit=1")).json()
    assert [one["id"] for one in (await office.send("GET", f"?cursor={first['next']}")).json()["items"]] == ids[1:]


async def test_strangers_and_readers_stay_outside(office: Any) -> None:
    found = await office.signed()
    stranger, viewer = office.shop.headers("customer", new_id()), office.shop.headers("viewer")
    path = f"/{found['id']}"
    assert (await office.send("GET", "", who=stranger)).json()["items"] == []
    for method, place, body in (
        ("GET", path, None),
        ("GET", f"{path}/amendments", None),
        ("POST", f"{path}/signatures", {"terms_sha256": "0" * 64}),
        ("POST", f"{path}/withdrawal", None),
        ("POST", f"{path}/notice", {"given_on": "2026-02-03"}),
        ("POST", f"{path}/obligations/{new_id()}/fulfilment", {"fulfilled_on": "2026-02-03", "evidence": "?"}),
    ):
        assert (await office.send(method, place, body, stranger)).status_code == 404
        if method == "POST":
            assert (await office.send(method, place, body, viewer)).status_code == 403
    draft = {"customer_id": str(office.shop.customer_id), "terms": office.document()}
    owed = {"side": "customer", "text": "Pay", "owner": "Sales", "due_on": "2027-04-01"}
    for place, body in (("", draft), (f"{path}/obligations", owed)):
        assert (await office.send("POST", place, body, office.shop.customer)).status_code == 403
    assert (await office.send("PUT", f"{path}/agreements/{new_id()}", who=office.shop.customer)).status_code == 403


async def test_bad_terms_are_refused_by_the_name_of_their_field(office: Any, problem: Problem) -> None:
    body = {"customer_id": str(office.shop.customer_id), "terms": office.document(initial_months=0)}
    answer = await office.send("POST", "", body)
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "terms.initial_months"
    unknown = await office.send("POST", "", {"customer_id": str(new_id()), "terms": office.document()})
    assert problem(unknown) == (422, "customer-not-registered")


async def test_what_was_signed_is_final_in_the_database(office: Any, sla: ServiceUnderTest) -> None:
    found = await office.signed()
    await office.notice(found, "2026-02-03")
    owed = {"side": "customer", "text": "Pay", "owner": "Sales", "due_on": "2027-01-01"}
    answer = await office.send("POST", f"/{found['id']}/obligations", owed)
    path = f"/{found['id']}/obligations/{answer.json()['obligations'][0]['id']}/fulfilment"
    await office.send("POST", path, {"fulfilled_on": "2026-03-01", "evidence": "Paid"})
    for change in (
        update(ContractVersion).values(effective_on=date(2026, 1, 1)),
        delete(ContractSignature),
        update(Contract).values(ends_on=None, notice_given_on=None, notice_side=None),
        update(Fulfilment).values(evidence="Not paid"),
    ):
        with pytest.raises(IntegrityError, match="final"):
            async with sla.begin() as work:
                await work.session.execute(change)
