"""Contracts over HTTP: drafted, signed, amended, ended by notice, and what they are on any day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.plugin import Trial
from published.sla import ContractAmended, ContractNoticeGiven, ContractSigned
from sla.contracts.model import Contract
from sla.contracts.parts import ContractSignature, ContractVersion, Obligation

Problem = Callable[[httpx.Response], tuple[int, str]]


async def test_the_customer_sees_it_when_the_provider_has_signed_and_then_signs(
    office: Any, sla: Trial, problem: Problem
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
    assert problem(await office.sign(found, office.shop.customer)) == (409, "nothing-to-sign")
    told = (await sla.emitted())[-1]
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
    office.clock.instant = datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert (await office.read(found))["state"] == "active"
    office.clock.instant -= timedelta(seconds=1)
    assert (await office.read(found))["state"] == "signed"


async def test_notice_in_time_ends_it_with_the_term_and_later_with_the_next(
    office: Any, sla: Trial, problem: Problem
) -> None:
    found, other = await office.signed(), await office.signed()
    office.clock.instant = datetime(2026, 11, 30, 12, tzinfo=UTC)
    given = (await office.notice(found, "2026-11-30", office.shop.customer)).json()
    assert (given["state"], given["binding"], given["ends_on"]) == ("notice_given", True, "2027-02-28")
    assert given["notice"]["side"] == "customer"
    told = (await sla.emitted())[-1]
    assert isinstance(told, ContractNoticeGiven)
    assert told.ends_on == date(2027, 2, 28)
    late = (await office.notice(other, "2026-12-01")).json()
    assert late["ends_on"] == "2027-08-31"
    assert problem(await office.notice(found, "2026-12-01")) == (409, "notice-already-given")
    assert (await office.read(found, "2027-02-28"))["state"] == "notice_given"
    over = await office.read(found, "2027-03-01")
    assert (over["state"], over["binding"], over["term"]) == ("ended", False, None)
    assert (await office.read(found, "2026-11-29"))["state"] == "active"
    for state, day in (("notice_given", "2026-12-01"), ("ended", "2027-03-01")):
        listed = (await office.send("GET", f"?on={day}&state={state}")).json()["items"]
        assert found["id"] in [one["id"] for one in listed]


async def test_a_customers_notice_counts_from_today(office: Any, problem: Problem) -> None:
    found = await office.signed()
    office.clock.instant = datetime(2026, 12, 1, 12, tzinfo=UTC)
    answer = await office.notice(found, "2026-11-30", office.shop.customer)
    assert problem(answer) == (422, "notice-backdated")
    assert answer.json()["errors"][0]["field"] == "given_on"
    by_letter = await office.notice(found, "2026-11-30")
    assert by_letter.json()["ends_on"] == "2027-02-28"


async def test_notice_that_makes_no_sense_is_refused(office: Any, problem: Problem) -> None:
    draft = await office.draft()
    assert problem(await office.notice(draft, "2026-02-03")) == (409, "contract-not-signed")
    fixed = await office.signed(renewal_months=None, notice=None)
    assert (fixed["ends_on"], fixed["state"]) == ("2027-02-28", "signed")
    assert problem(await office.notice(fixed, "2026-02-03")) == (409, "contract-ends-by-itself")
    assert problem(await office.notice(fixed, "2027-03-01")) == (409, "contract-over")
    found = await office.signed()
    assert problem(await office.notice(found, "2026-02-02")) == (422, "notice-before-signature")


async def test_an_amendment_is_numbered_dated_and_signed_by_both(office: Any, sla: Trial) -> None:
    found = await office.signed()
    fees = [{"name": "Operation", "fee": {"amount": "1500.00", "currency": "EUR"}, "per": "month"}]
    after = await office.amended(found, "2026-06-01", fees=fees)
    assert after["version"]["number"] == 1
    assert isinstance((await sla.emitted())[-1], ContractAmended)
    assert [one["fee"]["amount"] for one in (await office.read(found, "2026-05-31"))["fees"]] == ["1000.00", "333.33"]
    seen = await office.read(found, "2026-06-01")
    assert (seen["version"]["number"], [one["fee"]["amount"] for one in seen["fees"]]) == (2, ["1500.00"])
    listed = (await office.send("GET", f"/{found['id']}/amendments")).json()
    assert [(one["number"], one["effective_on"], one["reason"]) for one in listed] == [
        (2, "2026-06-01", "A second site")
    ]
    assert [change["field"] for change in listed[0]["changes"]] == ["fees"]


async def test_a_longer_term_agreed_in_time_moves_the_end(office: Any, problem: Problem) -> None:
    fixed = {"renewal_months": None, "notice": None}
    found = await office.signed(**fixed)
    assert (await office.amended(found, "2026-03-01", **fixed, initial_months=24))["ends_on"] == "2028-02-29"
    late = await office.amend(found, "2028-03-01", **fixed, initial_months=36)
    assert problem(late) == (422, "initial-term-fixed")
    tacit = await office.amended(found, "2027-01-01", initial_months=24)
    assert tacit["ends_on"] is None


@pytest.mark.parametrize(
    ("effective_on", "changes", "status", "rule"),
    [
        ("2026-02-02", {"title": "New"}, 422, "amendment-in-the-past"),
        ("2026-02-28", {"title": "New"}, 422, "amendment-in-the-past"),
        ("2026-06-01", {}, 422, "amendment-changes-nothing"),
        ("2026-06-01", {"starts_on": "2026-04-01"}, 422, "start-fixed"),
        ("2026-06-01", {"timezone": "Europe/Berlin"}, 422, "start-fixed"),
        ("2026-06-01", {"initial_months": 2}, 422, "initial-term-fixed"),
    ],
)
async def test_an_amendment_does_not_rewrite_what_was(
    office: Any, problem: Problem, effective_on: str, changes: dict[str, Any], status: int, rule: str
) -> None:
    assert problem(await office.amend(await office.signed(), effective_on, **changes)) == (status, rule)


async def test_one_amendment_is_on_the_table_and_can_be_taken_off(office: Any, problem: Problem) -> None:
    found = await office.signed()
    path = f"/{found['id']}"
    assert problem(await office.send("POST", f"{path}/withdrawal")) == (409, "nothing-to-sign")
    await office.amend(found, "2026-06-01", title="Two sites")
    again = await office.amend(found, "2026-06-01", title="Three sites")
    assert problem(again) == (409, "contract-amendment-under-way")
    seen = (await office.send("GET", path, who=office.shop.customer)).json()
    assert seen["draft"] is None
    assert (await office.send("GET", f"{path}/amendments", who=office.shop.customer)).json() == []
    early = await office.send("POST", f"{path}/withdrawal", who=office.shop.customer)
    assert problem(early) == (409, "nothing-to-sign")
    await office.sign(found)
    etag = (await office.send("GET", path)).headers["etag"]
    edited = await office.send("PUT", f"{path}/terms", office.document(title="Four"), **{"If-Match": etag})
    assert problem(edited) == (409, "draft-offered")
    refused = await office.send("POST", f"{path}/withdrawal", who=office.shop.customer)
    assert (refused.json()["draft"], refused.json()["state"]) == (None, "signed")
    listed = (await office.send("GET", f"{path}/amendments")).json()
    assert [one["withdrawn_at"] is None for one in listed] == [False]
    assert (await office.amended(found, "2026-06-01", title="Two sites"))["title"] == "Two sites"


async def test_after_notice_the_term_stays_and_the_rest_may_change(office: Any, problem: Problem) -> None:
    found = await office.signed()
    await office.notice(found, "2026-02-03")
    longer = await office.amend(found, "2026-06-01", renewal_months=12)
    assert problem(longer) == (409, "notice-already-given")
    assert (await office.amended(found, "2026-06-01", title="To the end"))["ends_on"] == "2027-02-28"


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
    assert problem(over) == (409, "nothing-to-sign")


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
    office.clock.instant = datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert (await office.read(found))["binding"] is False
    attached = await office.send("PUT", f"/{found['id']}/agreements/{agreement['id']}")
    assert problem(attached) == (409, "contract-over")
    assert problem(await office.amend(found, "2027-04-01", title="x")) == (409, "contract-over")
    owed = {"side": "customer", "text": "Pay", "owner": "Sales", "due_on": "2027-04-01"}
    assert problem(await office.send("POST", f"/{found['id']}/obligations", owed)) == (409, "contract-over")


async def test_agreements_of_the_same_customer_are_attached_once(office: Any, problem: Problem, sla: Trial) -> None:
    found, agreement = await office.signed(), await office.shop.signed()
    path = f"/{found['id']}/agreements/{agreement['id']}"
    for _ in range(2):
        answer = await office.send("PUT", path)
        assert (answer.status_code, answer.json()["agreement_ids"]) == (200, [agreement["id"]])
    listed = (await office.send("GET", f"?agreement_id={agreement['id']}")).json()["items"]
    assert [one["id"] for one in listed] == [found["id"]]
    assert (await office.send("GET", f"?agreement_id={new_id()}")).json()["items"] == []
    async with sla.work() as work:
        await work.session.execute(update(Contract).values(customer_id=new_id()))
    other = await office.send("PUT", path)
    assert problem(other) == (422, "agreement-of-another-customer")
    assert other.json()["errors"][0]["field"] == "agreement_id"
    assert (await office.send("PUT", f"/{found['id']}/agreements/{new_id()}")).status_code == 404
    assert (await office.send("DELETE", path)).json()["agreement_ids"] == []
    assert (await office.send("DELETE", path)).status_code == 404


async def test_each_side_fulfils_what_it_owes_with_evidence(office: Any, problem: Problem) -> None:
    found = await office.signed()
    path = f"/{found['id']}/obligations"
    for side in ("provider", "customer"):
        owed = {"side": side, "text": "Name a contact", "owner": "Head of sales", "due_on": "2026-03-15"}
        answer = await office.send("POST", path, owed)
        assert answer.status_code == 201, answer.text
    provider, customer = answer.json()["obligations"]
    done = {"fulfilled_on": "2026-03-20", "evidence": "List of contacts"}
    other = await office.send("POST", f"{path}/{provider['id']}/fulfilment", done, office.shop.customer)
    assert problem(other) == (409, "obligation-of-other-side")
    after = await office.send("POST", f"{path}/{customer['id']}/fulfilment", done, office.shop.customer)
    assert after.json()["obligations"][1]["evidence"] == "List of contacts"
    again = await office.send("POST", f"{path}/{customer['id']}/fulfilment", done)
    assert problem(again) == (409, "obligation-already-fulfilled")
    assert (await office.send("POST", f"{path}/{new_id()}/fulfilment", done)).status_code == 404
    overdue = {day: [one["overdue"] for one in (await office.read(found, day))["obligations"]] for day in _DAYS}
    assert overdue == dict(zip(_DAYS, [[False, False], [True, True], [True, False]], strict=True))
    draft = await office.draft()
    owed = (await office.send("POST", f"/{draft['id']}/obligations", owed)).json()["obligations"][0]
    early = await office.send("POST", f"/{draft['id']}/obligations/{owed['id']}/fulfilment", done)
    assert problem(early) == (409, "contract-not-signed")


_DAYS = ("2026-03-15", "2026-03-16", "2026-03-20")


async def test_the_calendar_of_dates(office: Any, problem: Problem) -> None:
    found = await office.signed()
    await office.draft()
    owed = {"side": "customer", "text": "Name a contact", "owner": "Sales", "due_on": "2026-12-01"}
    await office.send("POST", f"/{found['id']}/obligations", owed)
    assert await office.dates("2026-11-01", "2027-03-01") == [
        ("2026-11-30", "notice_by"),
        ("2026-12-01", "obligation_due"),
        ("2027-03-01", "fee_rises"),
        ("2027-03-01", "renews"),
    ]
    assert await office.dates("2026-11-30", "2026-11-30", office.shop.customer) == [("2026-11-30", "notice_by")]
    assert await office.dates("2026-11-01", "2027-03-01", office.shop.headers("customer", new_id())) == []
    for query in ("from=2026-02-01&to=2026-01-31", "from=2026-02-01&to=2036-02-01"):
        answer = await office.send("GET", f"/dates?{query}")
        assert (problem(answer), answer.json()["errors"][0]["field"]) == ((422, "invalid"), "to")


async def test_the_list_is_paged_at_a_constant_cost(office: Any, sla: Trial) -> None:
    ids = [(await office.signed())["id"] for _ in range(3)]
    counts = []
    for limit in (1, 3):
        with sla.queries() as sent:
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


async def test_what_was_signed_is_final_in_the_database(office: Any, sla: Trial) -> None:
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
        update(Obligation).values(evidence="Not paid"),
    ):
        with pytest.raises(IntegrityError, match="final"):
            async with sla.work() as work:
                await work.session.execute(change)
