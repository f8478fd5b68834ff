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
from tests.sla.conftest import Shop
from tests.sla.lifecycles import advance_due_agreements
from tests.sla.problems import problem


async def amend(shop: Shop, agreement: dict[str, Any], **changes: Any) -> Any:
    return await shop.step(agreement, "amendments", {"terms": shop.terms(**changes)})


async def agree(shop: Shop, agreement: dict[str, Any]) -> Any:
    """From the draft to both signatures."""
    await shop.step(agreement, "proposals", {})
    accepted = (await shop.step(agreement, "acceptances", {}, shop.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await shop.step(agreement, "signatures", signature)
    return await shop.step(agreement, "signatures", signature, shop.customer)


async def stated(sla: ServiceUnderTest, agreement: dict[str, Any]) -> None:
    """As if the oldest period had its statement."""
    async with sla.begin() as work:
        found = await work.get(Agreement, UUID(agreement["id"]))
        assert found.review_due_at is not None
        schedule = await store.load_schedule(work, found.id)
        period = schedule.period_ending_at(found.review_due_at)
        assert period is not None
        found.mark_period_stated(schedule, period[1])


async def due(sla: ServiceUnderTest, agreement: dict[str, Any]) -> datetime | None:
    async with sla.begin() as work:
        return (await work.get(Agreement, UUID(agreement["id"]))).review_due_at


async def test_an_amendment_is_in_force_from_its_day(shop: Shop, sla: ServiceUnderTest, clock: FakeClock) -> None:
    agreement = await shop.signed()
    drafted = await amend(shop, agreement, name="Web shop, platinum", starts_on="2026-03-16")
    assert (drafted.status_code, drafted.json()["version"]["number"]) == (201, 2)
    signed = (await agree(shop, agreement)).json()
    assert (signed["state"], signed["in_force"], signed["name"]) == ("active", 1, "Web shop, gold")
    assert signed["version"]["stage"] == "signed"
    clock.now = datetime(2026, 3, 15, 23, tzinfo=UTC)
    async with sla.begin() as work:
        await advance_due_agreements(work)
    read = (await sla.client.get(f"/agreements/{agreement['id']}", headers=shop.customer)).json()
    assert (read["in_force"], read["name"], read["starts_on"]) == (2, "Web shop, platinum", "2026-01-15")
    told = [event for event in await sla.list_emitted_events() if isinstance(event, AgreementAmended | AgreementSigned)]
    assert [type(event) for event in told] == [AgreementSigned, AgreementAmended]
    assert isinstance(told[1], AgreementAmended)
    assert (told[1].version, told[1].valid_from) == (2, date(2026, 3, 16))


async def test_the_terms_of_a_day_are_answered_as_they_were_known(
    shop: Shop, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await shop.signed()
    before = clock()
    clock.now += timedelta(days=1)
    await amend(shop, agreement, name="Web shop, platinum", starts_on="2026-03-16")
    await agree(shop, agreement)

    async def terms(query: str) -> Any:
        return await sla.client.get(f"/agreements/{agreement['id']}/terms?{query}", headers=shop.customer)

    def describe(answer: Any) -> tuple[int, str | None, str]:
        body = answer.json()
        return body["version"], body["last_day"], body["terms"]["name"]

    assert describe(await terms("")) == (1, "2026-03-15", "Web shop, gold")
    assert describe(await terms("on=2026-03-16")) == (2, None, "Web shop, platinum")
    known = f"{before:%Y-%m-%dT%H:%M:%SZ}"
    assert describe(await terms(f"on=2026-03-16&known_at={known}")) == (1, None, "Web shop, gold")
    assert problem(await terms("on=2026-01-14")) == (404, "nothing-in-force")
    assert problem(await terms("on=2026-03-16&known_at=2026-01-01T00:00:00Z")) == (404, "nothing-in-force")
    assert (await terms("on=today")).status_code == 422
    versions = (await sla.client.get(f"/agreements/{agreement['id']}/versions", headers=shop.customer)).json()
    assert [(one["valid_from"], one["recorded_at"]) for one in versions] == [
        ("2026-01-15", known),
        ("2026-03-16", f"{clock():%Y-%m-%dT%H:%M:%SZ}"),
    ]


async def test_the_draft_of_an_amendment_is_the_providers_until_it_is_proposed(
    shop: Shop, sla: ServiceUnderTest
) -> None:
    agreement = await shop.signed()
    await amend(shop, agreement, name="Secret", starts_on="2026-03-01")

    async def seen(path: str) -> Any:
        return (await sla.client.get(f"/agreements/{agreement['id']}{path}", headers=shop.customer)).json()

    assert (await seen(""))["version"]["number"] == 1
    assert len(await seen("/versions")) == 1
    assert (await seen("/negotiation"))["version"] == 1
    assert (await seen("/negotiation?version=2"))["status"] == 404
    refused = await shop.step(agreement, "acceptances", {}, shop.customer)
    assert problem(refused) == (409, "agreement-already-signed")
    await shop.step(agreement, "proposals", {})
    assert (await seen(""))["version"]["terms"]["name"] == "Secret"


async def test_the_negotiation_of_an_amendment_says_what_it_changes(shop: Shop, sla: ServiceUnderTest) -> None:
    agreement = await shop.signed(ends_on="2026-12-31")
    drafted = (await amend(shop, agreement, starts_on="2026-03-01", ends_on="2027-12-31")).json()
    path = f"/agreements/{agreement['id']}/negotiation"
    read = (await sla.client.get(path, headers=shop.manager)).json()
    assert {one["sentence"] for one in read["amends"]} == {
        "starts_on: 2026-01-15 → 2026-03-01",
        "ends_on: 2026-12-31 → 2027-12-31",
    }
    assert drafted["version"]["valid_from"] == "2026-03-01"
    first = (await sla.client.get(f"{path}?version=1", headers=shop.manager)).json()
    assert (first["version"], first["amends"], len(first["record"])) == (1, [], 2)


async def test_an_amendment_never_reaches_into_what_was_stated(
    shop: Shop, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await shop.signed()
    clock.now = datetime(2026, 3, 10, tzinfo=UTC)
    drafted = await amend(shop, agreement, starts_on="2026-01-20")
    assert drafted.status_code == 201
    await shop.step(agreement, "proposals", {})
    accepted = (await shop.step(agreement, "acceptances", {}, shop.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await shop.step(agreement, "signatures", signature)
    await stated(sla, agreement)
    late = await shop.step(agreement, "signatures", signature, shop.customer)
    assert problem(late) == (422, "amendment-rewrites-history")
    await shop.step(agreement, "withdrawal", {"reason": "too late"})
    refused = await amend(shop, agreement, starts_on="2026-01-31")
    assert problem(refused) == (422, "amendment-rewrites-history")
    assert refused.json()["errors"][0]["field"] == "terms.starts_on"
    third = await amend(shop, agreement, starts_on="2026-02-01")
    assert (third.status_code, third.json()["version"]["number"]) == (201, 3)


async def test_review_follows_what_an_amendment_cuts(shop: Shop, sla: ServiceUnderTest, clock: FakeClock) -> None:
    agreement = await shop.signed()
    clock.now = datetime(2026, 2, 10, tzinfo=UTC)
    await stated(sla, agreement)
    assert await due(sla, agreement) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    await amend(shop, agreement, starts_on="2026-02-16", review_period="calendar_quarter")
    await agree(shop, agreement)
    assert await due(sla, agreement) == datetime(2026, 2, 15, 23, tzinfo=UTC)
    await stated(sla, agreement)
    assert await due(sla, agreement) == datetime(2026, 3, 31, 22, tzinfo=UTC)
    await stated(sla, agreement)
    assert await due(sla, agreement) == datetime(2026, 6, 30, 22, tzinfo=UTC)


async def test_one_amendment_is_negotiated_at_a_time(shop: Shop) -> None:
    agreement = await shop.signed()
    await amend(shop, agreement, starts_on="2026-03-01")
    assert problem(await amend(shop, agreement, starts_on="2026-04-01")) == (409, "amendment-under-way")


async def test_only_what_is_in_force_is_amended(shop: Shop, sla: ServiceUnderTest, clock: FakeClock) -> None:
    drafted = (await shop.draft()).json()
    assert problem(await amend(shop, drafted, starts_on="2026-03-01")) == (409, "amendment-under-way")
    await shop.step(drafted, "withdrawal", {"reason": "no"})
    assert problem(await amend(shop, drafted, starts_on="2026-03-01")) == (409, "agreement-not-in-force")
    agreement = await shop.signed(ends_on="2026-02-28")
    clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    async with sla.begin() as work:
        await advance_due_agreements(work)
    assert problem(await amend(shop, agreement, starts_on="2026-03-01")) == (409, "agreement-not-in-force")


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
    shop: Shop, sla: ServiceUnderTest, changes: dict[str, Any], slug: str, field: str
) -> None:
    agreement = await shop.signed(ends_on="2026-06-30")
    refused = await amend(shop, agreement, **changes)
    assert problem(refused) == (422, slug)
    assert refused.json()["errors"][0]["field"] == field
    assert (await amend(shop, agreement, starts_on="2026-07-01")).status_code == 201
    edited = await sla.client.put(
        f"/agreements/{agreement['id']}/terms",
        json=shop.terms(**changes),
        headers=shop.manager | await etag(shop, agreement),
    )
    assert problem(edited) == (422, slug)
    proposed = await shop.step(agreement, "proposals", {"terms": shop.terms(**changes)})
    assert problem(proposed) == (422, slug)


async def etag(shop: Shop, agreement: dict[str, Any]) -> dict[str, str]:
    answer = await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)
    return {"If-Match": answer.headers["etag"]}


async def test_amendments_are_drafted_by_managers_of_agreements_there_are(shop: Shop) -> None:
    agreement = await shop.signed()
    body = {"terms": shop.terms(starts_on="2026-03-01")}
    for who in (shop.customer, shop.headers("owner"), shop.headers("viewer")):
        assert (await shop.step(agreement, "amendments", body, who)).status_code == 403
    assert (await shop.step({"id": new_id()}, "amendments", body)).status_code == 404
    stray = [one | {"indicator_id": str(new_id())} for one in body["terms"]["objectives"]]
    refused = await shop.step(agreement, "amendments", {"terms": body["terms"] | {"objectives": stray}})
    assert problem(refused) == (422, "indicator-not-defined")


@pytest.mark.parametrize(("kind", "supplier"), [("ola", "Network team"), ("underpinning_contract", "Hosting Inc.")])
async def test_agreements_below_the_customers_name_who_promises(
    shop: Shop, sla: ServiceUnderTest, kind: str, supplier: str
) -> None:
    body = {"customer_id": str(shop.customer_id), "offering_id": str(shop.offering_id), "terms": shop.terms()}
    drafted = await sla.client.post(
        "/agreements", json=body | {"kind": kind, "supplier": supplier}, headers=shop.manager
    )
    assert (drafted.json()["kind"], drafted.json()["supplier"]) == (kind, supplier)
    await shop.draft()

    async def found(wanted: str) -> list[str]:
        answer = await sla.client.get(f"/agreements?kind={wanted}", headers=shop.manager)
        return [one["kind"] for one in answer.json()["items"]]

    assert (await found(kind), await found("sla")) == ([kind], ["sla"])
    for wrong in ({"kind": kind}, {"supplier": supplier}):
        assert (await sla.client.post("/agreements", json=body | wrong, headers=shop.manager)).status_code == 422
