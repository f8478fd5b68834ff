"""Amendments: drafted, negotiated and signed like a first version, in force from their day, and never before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementAmended, AgreementSigned
from sla.agreements import store
from sla.agreements.model import Agreement
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements
from tests.sla.problems import problem


async def amend(sla_client: SlaClient, agreement: dict[str, Any], **changes: Any) -> Any:
    return await sla_client.step(agreement, "amendments", {"terms": sla_client.terms(**changes)})


async def agree(sla_client: SlaClient, agreement: dict[str, Any]) -> Any:
    """From the draft to both signatures."""
    await sla_client.step(agreement, "proposals", {})
    accepted = (await sla_client.step(agreement, "acceptances", {}, sla_client.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await sla_client.step(agreement, "signatures", signature)
    return await sla_client.step(agreement, "signatures", signature, sla_client.customer)


async def stated(sla: ServiceUnderTest, agreement: dict[str, Any]) -> None:
    """As if the oldest period had its statement."""
    async with sla.begin() as work:
        stored_agreement = await work.get(Agreement, UUID(agreement["id"]))
        assert stored_agreement.review_due_at is not None
        schedule = await store.load_schedule(work, stored_agreement.id)
        period = schedule.period_ending_at(stored_agreement.review_due_at)
        assert period is not None
        stored_agreement.mark_period_stated(schedule, period[1])


async def due(sla: ServiceUnderTest, agreement: dict[str, Any]) -> datetime | None:
    async with sla.begin() as work:
        return (await work.get(Agreement, UUID(agreement["id"]))).review_due_at


async def test_an_amendment_is_in_force_from_its_day(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    drafted = await amend(sla_client, agreement, name="Web shop, platinum", starts_on="2026-03-16")
    assert (drafted.status_code, drafted.json()["version"]["number"]) == (201, 2)
    signed = (await agree(sla_client, agreement)).json()
    assert (signed["state"], signed["in_force"], signed["name"]) == ("active", 1, "Web shop, gold")
    assert signed["version"]["stage"] == "signed"
    clock.now = datetime(2026, 3, 15, 23, tzinfo=UTC)
    async with sla.begin() as work:
        await advance_due_agreements(work)
    read = (await sla.client.get(f"/agreements/{agreement['id']}", headers=sla_client.customer)).json()
    assert (read["in_force"], read["name"], read["starts_on"]) == (2, "Web shop, platinum", "2026-01-15")
    events = [
        event for event in await sla.list_emitted_events() if isinstance(event, AgreementAmended | AgreementSigned)
    ]
    assert [type(event) for event in events] == [AgreementSigned, AgreementAmended]
    assert isinstance(events[1], AgreementAmended)
    assert (events[1].version, events[1].valid_from) == (2, date(2026, 3, 16))


async def test_the_terms_of_a_day_are_answered_as_they_were_known(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    before = clock()
    clock.now += timedelta(days=1)
    await amend(sla_client, agreement, name="Web shop, platinum", starts_on="2026-03-16")
    await agree(sla_client, agreement)

    async def terms(query: str) -> Any:
        return await sla.client.get(f"/agreements/{agreement['id']}/terms?{query}", headers=sla_client.customer)

    def describe(answer: Any) -> tuple[int, str | None, str]:
        body = answer.json()
        return body["version"], body["last_day"], body["terms"]["name"]

    assert describe(await terms("")) == (1, "2026-03-15", "Web shop, gold")
    assert describe(await terms("on=2026-03-16")) == (2, None, "Web shop, platinum")
    known_at = f"{before:%Y-%m-%dT%H:%M:%SZ}"
    assert describe(await terms(f"on=2026-03-16&known_at={known_at}")) == (1, None, "Web shop, gold")
    assert problem(await terms("on=2026-01-14")) == (404, "nothing-in-force")
    assert problem(await terms("on=2026-03-16&known_at=2026-01-01T00:00:00Z")) == (404, "nothing-in-force")
    assert (await terms("on=today")).status_code == 422
    versions = (await sla.client.get(f"/agreements/{agreement['id']}/versions", headers=sla_client.customer)).json()
    assert [(version["valid_from"], version["recorded_at"]) for version in versions] == [
        ("2026-01-15", known_at),
        ("2026-03-16", f"{clock():%Y-%m-%dT%H:%M:%SZ}"),
    ]


async def test_the_draft_of_an_amendment_is_the_providers_until_it_is_proposed(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    agreement = await sla_client.signed()
    await amend(sla_client, agreement, name="Secret", starts_on="2026-03-01")

    async def read_as_customer(path: str) -> Any:
        return (await sla.client.get(f"/agreements/{agreement['id']}{path}", headers=sla_client.customer)).json()

    assert (await read_as_customer(""))["version"]["number"] == 1
    assert len(await read_as_customer("/versions")) == 1
    assert (await read_as_customer("/negotiation"))["version"] == 1
    assert (await read_as_customer("/negotiation?version=2"))["status"] == 404
    refused = await sla_client.step(agreement, "acceptances", {}, sla_client.customer)
    assert problem(refused) == (409, "agreement-already-signed")
    await sla_client.step(agreement, "proposals", {})
    assert (await read_as_customer(""))["version"]["terms"]["name"] == "Secret"


async def test_the_negotiation_of_an_amendment_says_what_it_changes(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    agreement = await sla_client.signed(ends_on="2026-12-31")
    drafted = (await amend(sla_client, agreement, starts_on="2026-03-01", ends_on="2027-12-31")).json()
    path = f"/agreements/{agreement['id']}/negotiation"
    read = (await sla.client.get(path, headers=sla_client.manager)).json()
    assert {change["sentence"] for change in read["amends"]} == {
        "starts_on: 2026-01-15 → 2026-03-01",
        "ends_on: 2026-12-31 → 2027-12-31",
    }
    assert drafted["version"]["valid_from"] == "2026-03-01"
    first = (await sla.client.get(f"{path}?version=1", headers=sla_client.manager)).json()
    assert (first["version"], first["amends"], len(first["record"])) == (1, [], 2)


async def test_an_amendment_never_reaches_into_what_was_stated(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    clock.now = datetime(2026, 3, 10, tzinfo=UTC)
    drafted = await amend(sla_client, agreement, starts_on="2026-01-20")
    assert drafted.status_code == 201
    await sla_client.step(agreement, "proposals", {})
    accepted = (await sla_client.step(agreement, "acceptances", {}, sla_client.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await sla_client.step(agreement, "signatures", signature)
    await stated(sla, agreement)
    late = await sla_client.step(agreement, "signatures", signature, sla_client.customer)
    assert problem(late) == (422, "amendment-rewrites-history")
    await sla_client.step(agreement, "withdrawal", {"reason": "too late"})
    refused = await amend(sla_client, agreement, starts_on="2026-01-31")
    assert problem(refused) == (422, "amendment-rewrites-history")
    assert refused.json()["errors"][0]["field"] == "terms.starts_on"
    third = await amend(sla_client, agreement, starts_on="2026-02-01")
    assert (third.status_code, third.json()["version"]["number"]) == (201, 3)


async def test_review_follows_what_an_amendment_cuts(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    clock.now = datetime(2026, 2, 10, tzinfo=UTC)
    await stated(sla, agreement)
    assert await due(sla, agreement) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    await amend(sla_client, agreement, starts_on="2026-02-16", review_period="calendar_quarter")
    await agree(sla_client, agreement)
    assert await due(sla, agreement) == datetime(2026, 2, 15, 23, tzinfo=UTC)
    await stated(sla, agreement)
    assert await due(sla, agreement) == datetime(2026, 3, 31, 22, tzinfo=UTC)
    await stated(sla, agreement)
    assert await due(sla, agreement) == datetime(2026, 6, 30, 22, tzinfo=UTC)


async def test_one_amendment_is_negotiated_at_a_time(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    await amend(sla_client, agreement, starts_on="2026-03-01")
    assert problem(await amend(sla_client, agreement, starts_on="2026-04-01")) == (409, "amendment-under-way")


async def test_only_what_is_in_force_is_amended(sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock) -> None:
    drafted = (await sla_client.draft()).json()
    assert problem(await amend(sla_client, drafted, starts_on="2026-03-01")) == (409, "amendment-under-way")
    await sla_client.step(drafted, "withdrawal", {"reason": "no"})
    assert problem(await amend(sla_client, drafted, starts_on="2026-03-01")) == (409, "agreement-not-in-force")
    agreement = await sla_client.signed(ends_on="2026-02-28")
    clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    async with sla.begin() as work:
        await advance_due_agreements(work)
    assert problem(await amend(sla_client, agreement, starts_on="2026-03-01")) == (409, "agreement-not-in-force")


@pytest.mark.parametrize(
    ("changes", "slug", "field"),
    [
        ({"starts_on": "2026-07-02"}, "amendment-after-end", "terms.starts_on"),
        (
            {"starts_on": "2026-03-01", "service_hours": {"timezone": "UTC", "hours": "24x7"}},
            "amendment-changes-time-zone",
            "terms.service_hours.timezone",
        ),
        ({"starts_on": "2026-01-14"}, "amendment-rewrites-history", "terms.starts_on"),
    ],
)
async def test_an_amendment_follows_on_what_it_amends(
    sla_client: SlaClient, sla: ServiceUnderTest, changes: dict[str, Any], slug: str, field: str
) -> None:
    agreement = await sla_client.signed(ends_on="2026-06-30")
    refused = await amend(sla_client, agreement, **changes)
    assert problem(refused) == (422, slug)
    assert refused.json()["errors"][0]["field"] == field
    assert (await amend(sla_client, agreement, starts_on="2026-07-01")).status_code == 201
    edited = await sla.client.put(
        f"/agreements/{agreement['id']}/terms",
        json=sla_client.terms(**changes),
        headers=sla_client.manager | await etag(sla_client, agreement),
    )
    assert problem(edited) == (422, slug)
    proposed = await sla_client.step(agreement, "proposals", {"terms": sla_client.terms(**changes)})
    assert problem(proposed) == (422, slug)


async def etag(sla_client: SlaClient, agreement: dict[str, Any]) -> dict[str, str]:
    answer = await sla_client.sla.client.get(f"/agreements/{agreement['id']}", headers=sla_client.manager)
    return {"If-Match": answer.headers["etag"]}


async def test_amendments_are_drafted_by_managers_of_agreements_there_are(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    body = {"terms": sla_client.terms(starts_on="2026-03-01")}
    for headers in (sla_client.customer, sla_client.headers("owner"), sla_client.headers("viewer")):
        assert (await sla_client.step(agreement, "amendments", body, headers)).status_code == 403
    assert (await sla_client.step({"id": new_id()}, "amendments", body)).status_code == 404
    stray = [objective | {"indicator_id": str(new_id())} for objective in body["terms"]["objectives"]]
    refused = await sla_client.step(agreement, "amendments", {"terms": body["terms"] | {"objectives": stray}})
    assert problem(refused) == (422, "indicator-not-defined")


@pytest.mark.parametrize(("kind", "supplier"), [("ola", "Network team"), ("underpinning_contract", "Hosting Inc.")])
async def test_agreements_below_the_customers_name_who_promises(
    sla_client: SlaClient, sla: ServiceUnderTest, kind: str, supplier: str
) -> None:
    body = {
        "customer_id": str(sla_client.customer_id),
        "offering_id": str(sla_client.offering_id),
        "terms": sla_client.terms(),
    }
    drafted = await sla.client.post(
        "/agreements", json=body | {"kind": kind, "supplier": supplier}, headers=sla_client.manager
    )
    assert (drafted.json()["kind"], drafted.json()["supplier"]) == (kind, supplier)
    await sla_client.draft()

    async def list_kinds(agreement_kind: str) -> list[str]:
        answer = await sla.client.get(f"/agreements?kind={agreement_kind}", headers=sla_client.manager)
        return [item["kind"] for item in answer.json()["items"]]

    assert (await list_kinds(kind), await list_kinds("sla")) == ([kind], ["sla"])
    for wrong in ({"kind": kind}, {"supplier": supplier}):
        assert (await sla.client.post("/agreements", json=body | wrong, headers=sla_client.manager)).status_code == 422
