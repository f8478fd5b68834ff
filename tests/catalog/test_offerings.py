"""Offerings: drafted, priced, published, retired; each customer sees what is meant for it."""

from datetime import date, timedelta
from typing import Any

import pytest

from common.ids import new_id
from common.testing.answers import get_tagged_version
from published.catalog import OfferingPublished, OfferingRetired, ServiceRegistered

NOBODY = "00000000-0000-7000-8000-000000000000"

EUR = {"amount": "12.50", "currency": "EUR", "unit": "mailbox and month"}


async def test_an_offering_is_drafted_with_a_price(catalog: Any, clock: Any) -> None:
    service = await catalog.service()
    contact = {"role": "service desk", "channel": "phone", "address": "+49 69 1234"}
    body = {"service_id": service, "name": "Mailbox", "tier": "gold", "contacts": [contact], "price": EUR}
    answer = await catalog.ask("POST", "/offerings", json=body)
    assert answer.status_code == 201
    offering = answer.json()
    assert (offering["state"], offering["visible_to"], offering["contacts"]) == ("draft", None, [contact])
    assert offering["price"] == EUR | {"valid_from": str(clock().date()), "valid_to": None}
    assert await catalog.get(f"/offerings/{offering['id']}", "owner") == offering


async def test_publication_tells_the_price_of_the_day(catalog: Any, clock: Any) -> None:
    tomorrow = str(clock().date() + timedelta(days=1))
    offering = await catalog.draft(price=EUR)
    await catalog.change(
        "PUT", f"/offerings/{offering}/prices/{tomorrow}", EUR | {"amount": "99"}, of=f"/offerings/{offering}"
    )
    answer = await catalog.ask("POST", f"/offerings/{offering}/publication")
    assert (answer.status_code, answer.json()["state"]) == (201, "published")
    event = (await catalog.trial.list_emitted_events())[-1]
    assert isinstance(event, OfferingPublished)
    assert (str(event.offering_id), event.offering_name, event.service_name) == (offering, "Mailbox", "Mail")
    assert (str(event.price), event.currency, event.unit) == ("12.50", "EUR", "mailbox and month")


async def test_an_offering_without_a_price_is_on_request(catalog: Any) -> None:
    offering = await catalog.published()
    event = (await catalog.trial.list_emitted_events())[-1]
    assert (event.price, event.currency, event.unit) == (None, None, None)
    assert (await catalog.get(f"/offerings/{offering}/quote"))["price"] is None


async def test_a_life_has_one_direction(catalog: Any, problem: Any) -> None:
    offering = await catalog.draft()
    publication, retirement = f"/offerings/{offering}/publication", f"/offerings/{offering}/retirement"
    problem(await catalog.ask("POST", retirement), 409, "offering-not-published")
    assert (await catalog.ask("POST", publication)).status_code == 201
    problem(await catalog.ask("POST", publication), 409, "offering-already-published")
    assert (await catalog.ask("POST", retirement)).json()["state"] == "retired"
    problem(await catalog.ask("POST", retirement), 409, "offering-already-retired")
    problem(await catalog.ask("POST", publication), 409, "offering-already-retired")
    changed = await catalog.change("PATCH", f"/offerings/{offering}", {"description": "x"}, of=f"/offerings/{offering}")
    problem(changed, 409, "offering-already-retired")
    events = [type(event) for event in await catalog.trial.list_emitted_events()]
    assert events == [ServiceRegistered, OfferingPublished, OfferingRetired]


async def test_a_published_name_and_tier_stay(catalog: Any, problem: Any) -> None:
    path = f"/offerings/{await catalog.published()}"
    for field in ("name", "tier"):
        answer = await catalog.change("PATCH", path, {field: "Other"}, of=path)
        assert problem(answer, 409, "published-name-is-fixed")["errors"][0]["field"] == field
    same = await catalog.change("PATCH", path, {"name": "Mailbox", "description": "With archive"}, of=path)
    assert (same.status_code, same.json()["description"]) == (200, "With archive")


async def test_offerings_of_a_service_differ_until_they_are_retired(catalog: Any, problem: Any) -> None:
    service = await catalog.service()
    first = await catalog.published(service)
    body = {"service_id": service, "name": "MAILBOX", "tier": "Gold"}
    problem(await catalog.ask("POST", "/offerings", json=body), 409, "offering-name-taken")
    assert (await catalog.ask("POST", "/offerings", json=body | {"tier": "silver"})).status_code == 201
    await catalog.ask("POST", f"/offerings/{first}/retirement")
    assert (await catalog.ask("POST", "/offerings", json=body)).status_code == 201


async def test_a_price_of_next_month_does_not_change_todays_quote(catalog: Any, clock: Any) -> None:
    offering = await catalog.published(price=EUR)
    path = f"/offerings/{offering}"
    begins = clock().date() + timedelta(days=30)
    answer = await catalog.change("PUT", f"{path}/prices/{begins}", EUR | {"amount": "14"}, of=path)
    assert (answer.status_code, answer.json()["price"]["amount"]) == (200, "12.50")

    async def quoted(on: date | None) -> str:
        params = {"on": str(on)} if on else {}
        return str((await catalog.get(f"{path}/quote", "customer", new_id(), params=params))["price"]["amount"])

    assert await quoted(None) == "12.50"
    assert await quoted(begins - timedelta(days=1)) == "12.50"
    assert await quoted(begins) == "14"
    clock.advance(timedelta(days=30))
    assert await quoted(None) == "14"
    assert (await catalog.get(path))["price"]["amount"] == "14"
    assert [price["amount"] for price in await catalog.get(f"{path}/prices")] == ["12.50", "14"]


async def test_an_earlier_price_does_not_come_back_when_a_later_one_is_over(catalog: Any, clock: Any) -> None:
    path = f"/offerings/{await catalog.draft(price=EUR)}"
    last_day = clock().date() + timedelta(days=30)
    later_price = EUR | {"amount": "14", "valid_to": str(last_day)}
    await catalog.change("PUT", f"{path}/prices/{clock().date() + timedelta(days=10)}", later_price, of=path)

    last_quote = await catalog.get(f"{path}/quote", params={"on": str(last_day)})
    quote_after = await catalog.get(f"{path}/quote", params={"on": str(last_day + timedelta(days=1))})

    assert (last_quote["price"]["amount"], quote_after["price"]) == ("14", None)


async def test_a_price_can_end(catalog: Any, clock: Any) -> None:
    today = clock().date()
    offering = await catalog.published(price=EUR | {"valid_to": str(today)})
    assert (await catalog.get(f"/offerings/{offering}"))["price"]["valid_to"] == str(today)
    later = await catalog.get(f"/offerings/{offering}/quote", params={"on": str(today + timedelta(days=1))})
    assert later["price"] is None


async def test_what_was_quoted_stays_true(catalog: Any, clock: Any, problem: Any) -> None:
    path = f"/offerings/{await catalog.draft(price=EUR)}"
    yesterday = clock().date() - timedelta(days=1)
    assert (await catalog.change("PUT", f"{path}/prices/{yesterday}", EUR, of=path)).status_code == 200
    await catalog.ask("POST", f"{path}/publication")
    answer = await catalog.change("PUT", f"{path}/prices/{yesterday}", EUR | {"amount": "1"}, of=path)
    assert problem(answer, 409, "published-price-is-fixed")["errors"][0]["field"] == "valid_from"
    today = await catalog.change("PUT", f"{path}/prices/{clock().date()}", EUR | {"amount": "13"}, of=path)
    assert today.json()["price"]["amount"] == "13"


async def test_two_who_price_at_once_do_not_overwrite_each_other(catalog: Any, clock: Any, problem: Any) -> None:
    path = f"/offerings/{await catalog.draft()}"
    price = f"{path}/prices/{clock().date()}"
    assert get_tagged_version(await catalog.ask("PUT", price, json=EUR, extra={"If-Match": '"1"'})) == 2
    problem(await catalog.ask("PUT", price, json=EUR, extra={"If-Match": '"1"'}), 412, "changed-meanwhile")
    problem(await catalog.ask("PUT", price, json=EUR), 428, "precondition-required")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "-1"}, "amount"),
        ({"amount": "12.34567"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": 10**15}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": None}, "amount"),
        ({"currency": "euro"}, "currency"),
        ({"currency": "€"}, "currency"),
        ({"unit": ""}, "unit"),
        ({"valid_to": "2020-01-01"}, "valid_to"),
        ({"valid_to": "soon"}, "valid_to"),
        ({"valid_to": 1700000000}, "valid_to"),
        ({"valid_to": "2026-02-30"}, "valid_to"),
        ({"valid_from": "2026-01-01"}, "valid_from"),
    ],
    ids=str,
)
async def test_bad_prices_name_the_field(catalog: Any, clock: Any, change: dict[str, Any], field: str) -> None:
    path = f"/offerings/{await catalog.draft()}"
    answer = await catalog.change("PUT", f"{path}/prices/{clock().date()}", EUR | change, of=path)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "0", "1700000000", "0001-01-01", "9999-12-31"])
async def test_bad_days_name_the_field(catalog: Any, day: str) -> None:
    path = f"/offerings/{await catalog.draft()}"
    priced = await catalog.ask("PUT", f"{path}/prices/{day}", json=EUR, extra={"If-Match": '"1"'})
    quote = await catalog.ask("GET", f"{path}/quote", params={"on": day})
    for answer, field in ((priced, "valid_from"), (quote, "on")):
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service_id": NOBODY}, "service_id"),
        ({"service_id": "mail"}, "service_id"),
        ({"tier": ""}, "tier"),
        ({"state": "published"}, "state"),
        ({"visible_to": []}, "visible_to"),
        ({"visible_to": ["me"]}, "visible_to.0"),
        ({"visible_to": "all"}, "visible_to"),
        ({"price": EUR | {"valid_from": "2026-05-01", "valid_to": "2026-04-30"}}, "price.valid_to"),
        ({"price": {"amount": 1}}, "price.currency"),
    ],
    ids=str,
)
async def test_bad_drafts_name_the_field(catalog: Any, change: dict[str, Any], field: str) -> None:
    body = {"service_id": await catalog.service(), "name": "Mailbox", "tier": "gold"} | change
    answer = await catalog.ask("POST", "/offerings", json=body)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("tier", ["ΧΡΥΣΟΣ", "İyi", "Größe"])
async def test_offerings_of_a_tier_are_found_in_every_script(catalog: Any, tier: str) -> None:
    offering = await catalog.published(await catalog.service(), tier=tier)
    assert await catalog.ids("/offerings", tier=tier) == [offering]


async def test_a_customer_sees_what_is_published_for_it(catalog: Any, problem: Any) -> None:
    customer_id, other_customer_id = new_id(), new_id()
    service = await catalog.service()
    everyone = await catalog.published(service, tier="bronze")
    shared_offering = await catalog.published(
        service, tier="silver", visible_to=[str(other_customer_id), str(customer_id)]
    )
    foreign_offering = await catalog.published(service, tier="gold", visible_to=[str(other_customer_id)])
    draft = await catalog.draft(service, tier="platinum")
    retired = await catalog.published(service, tier="wood")
    await catalog.ask("POST", f"/offerings/{retired}/retirement")

    assert await catalog.ids("/offerings", "customer", customer_id) == [everyone, shared_offering]
    assert await catalog.ids("/offerings", "customer", customer_id, state="draft") == []
    assert await catalog.ids("/offerings") == [everyone, shared_offering, foreign_offering, draft, retired]
    view = await catalog.get(f"/offerings/{shared_offering}", "customer", customer_id)
    assert view["visible_to"] == [str(customer_id)], "who else may see it is not its business"
    for hidden in (foreign_offering, draft, retired, str(new_id())):
        for path in (f"/offerings/{hidden}", f"/offerings/{hidden}/quote"):
            problem(await catalog.ask("GET", path, "customer", customer_id), 404, "not-found")


async def test_offerings_are_filtered(catalog: Any) -> None:
    mail, prints = await catalog.service("Mail"), await catalog.service("Print")
    gold = await catalog.published(mail, description="Fifty gigabytes")
    silver = await catalog.draft(mail, tier="silver")
    paper = await catalog.draft(prints, name="Paper", tier="Gold")
    assert await catalog.ids("/offerings", service_id=mail) == [gold, silver]
    assert await catalog.ids("/offerings", tier="GOLD") == [gold, paper]
    assert await catalog.ids("/offerings", state="draft", service_id=mail) == [silver]
    assert await catalog.ids("/offerings", q="gigabytes") == [gold]
    for params in ({"state": "gone"}, {"service_id": "x"}, {"limit": "0"}, {"limit": "1e9"}, {"q": "\x00"}):
        answer = await catalog.ask("GET", "/offerings", params=params)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == list(params)


async def test_pages_cost_the_same_however_long_they_are(catalog: Any) -> None:
    service = await catalog.service()
    offerings = [await catalog.draft(service, tier=f"tier {number}", price=EUR) for number in range(7)]
    counts = []
    for limit in (1, 7):
        with catalog.trial.record_queries() as queries:
            await catalog.get("/offerings", params={"limit": limit})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4, queries
    ids, cursor = [], ""
    while cursor is not None:
        page = await catalog.get("/offerings", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        ids, cursor = ids + [item["id"] for item in page["items"]], page["next"]
    assert ids == offerings


async def test_a_repeated_request_drafts_once(catalog: Any, problem: Any) -> None:
    body = {"service_id": await catalog.service(), "name": "Mailbox", "tier": "gold"}
    key = {"Idempotency-Key": "order-7"}
    first = await catalog.ask("POST", "/offerings", json=body, extra=key)
    again = await catalog.ask("POST", "/offerings", json=body, extra=key)
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    assert len(await catalog.ids("/offerings")) == 1
    second = await catalog.ask("POST", "/offerings", json=body | {"tier": "silver"}, extra=key)
    problem(second, 422, "idempotency-key-reused")


async def test_history_says_who_changed_what(catalog: Any, clock: Any) -> None:
    path = f"/offerings/{await catalog.draft(price=EUR)}"
    await catalog.change("PUT", f"{path}/prices/{clock().date()}", EUR | {"amount": "13"}, of=path)
    await catalog.ask("POST", f"{path}/publication", "manager")
    history = await catalog.get(f"{path}/history")
    newest = history[0]
    assert (newest["actor"], newest["action"], newest["entity"]) == ("manager", "changed", "offerings")
    assert (newest["before"]["state"], newest["after"]["state"]) == ("draft", "published")
    [repriced] = [
        change for change in history if change["entity"] == "offering_prices" and change["action"] == "changed"
    ]
    assert (repriced["before"]["amount"], repriced["after"]["amount"]) == ("12.50", "13")
    assert len(await catalog.get(f"{path}/history", params={"limit": 1})) == 1


async def test_offerings_are_counted(catalog: Any) -> None:
    service = await catalog.service()
    await catalog.draft(service, name="Mailbox")
    await catalog.draft(service, name="Calendar")

    page = await catalog.get("/offerings?count=true&limit=1")

    assert (len(page["items"]), page["total"]) == (1, 2)
