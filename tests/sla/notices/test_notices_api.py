"""What happens to a signed agreement: renewed, suspended, resumed, terminated, by one side or by both."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.issuer import Clock
from common.testing.plugin import Trial
from published.event import Event
from published.sla import (
    AgreementEnded,
    AgreementRenewed,
    AgreementResumed,
    AgreementSuspended,
    AgreementTerminated,
)
from sla.agreements import daily, store
from sla.agreements.model import Agreement, Notice
from sla.corrections.model import CorrectionDue

WHY = {"reason": "As talked about."}


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


async def at(sla: Trial, clock: Clock, instant: datetime) -> None:
    """Let the calendar do what it does by itself until then."""
    clock.instant = instant
    async with sla.work() as work:
        await daily.follow_calendar(work)


async def read(shop: Any, agreement: dict[str, Any]) -> dict[str, Any]:
    answer = await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)
    found: dict[str, Any] = answer.json()
    return found


async def due(sla: Trial, agreement: dict[str, Any]) -> datetime | None:
    async with sla.work() as work:
        return (await work.get(Agreement, UUID(agreement["id"]))).review_due_at


async def told(sla: Trial, *kinds: type[Event]) -> list[Any]:
    return [event for event in await sla.emitted() if isinstance(event, kinds)]


async def corrections(sla: Trial) -> list[tuple[datetime, datetime]]:
    async with sla.work() as work:
        found = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.window_from))
        return [(one.window_from, one.window_to) for one in found]


async def test_a_renewal_takes_effect_with_the_consent_of_the_other_side(shop: Any, sla: Trial) -> None:
    agreement = await shop.signed(ends_on="2026-02-28")
    asked = await shop.step(agreement, "renewals", WHY | {"last_day": "2027-02-28"})
    assert (asked.status_code, asked.json()["state"], asked.json()["side"]) == (201, "pending", "provider")
    assert (await read(shop, agreement))["ends_on"] == "2026-02-28"
    consent = f"notices/{asked.json()['id']}/consent"
    assert problem(await shop.step(agreement, consent, {})) == (409, "own-notice-answered")
    both_hats = shop.headers("customer", shop.customer_id, "manager")
    assert problem(await shop.step(agreement, consent, {}, both_hats)) == (409, "own-notice-answered")
    agreed = await shop.step(agreement, consent, {}, shop.customer)
    assert (agreed.status_code, agreed.json()["state"]) == (201, "effective")
    assert (await read(shop, agreement))["ends_on"] == "2027-02-28"
    (event,) = await told(sla, AgreementRenewed)
    assert (event.last_day, event.tacit) == (date(2027, 2, 28), False)
    assert problem(await shop.step(agreement, consent, {}, shop.customer)) == (409, "notice-already-answered")


async def test_an_agreement_is_renewed_by_itself_when_its_terms_say_so(shop: Any, sla: Trial, clock: Clock) -> None:
    renewing = {"renewal": {"months": 6}, "termination_notice_days": 30}
    agreement = await shop.signed(ends_on="2026-05-31", **renewing)
    await at(sla, clock, datetime(2026, 5, 1, 21, 59, tzinfo=UTC))
    assert (await read(shop, agreement))["ends_on"] == "2026-05-31"
    await at(sla, clock, datetime(2026, 5, 1, 22, tzinfo=UTC))
    assert (await read(shop, agreement))["ends_on"] == "2026-11-30"
    await at(sla, clock, datetime(2026, 11, 15, tzinfo=UTC))
    assert (await read(shop, agreement))["ends_on"] == "2027-05-31"
    assert [(event.last_day, event.tacit) for event in await told(sla, AgreementRenewed)] == [
        (date(2026, 11, 30), True),
        (date(2027, 5, 31), True),
    ]
    answer = await sla.client.get(f"/agreements/{agreement['id']}/notices", headers=shop.customer)
    assert [(one["kind"], one["side"], one["number"]) for one in answer.json()["items"]] == [
        ("renewal", None, 1),
        ("renewal", None, 2),
    ]
    late = await shop.step(agreement, "terminations", WHY | {"last_day": "2027-05-31"}, shop.customer)
    assert late.status_code == 201
    await at(sla, clock, datetime(2027, 5, 31, 22, tzinfo=UTC))
    assert (await read(shop, agreement))["state"] == "ended"


async def test_a_service_that_slept_catches_up_with_renewals(shop: Any, sla: Trial, clock: Clock) -> None:
    agreement = await shop.signed(ends_on="2026-02-28", renewal={"months": 1})
    await at(sla, clock, datetime(2026, 5, 10, tzinfo=UTC))
    found = await read(shop, agreement)
    assert (found["state"], found["ends_on"]) == ("active", "2026-05-28")
    assert await told(sla, AgreementEnded) == []


async def test_a_negotiated_renewal_is_not_tacit(shop: Any, sla: Trial, clock: Clock) -> None:
    agreement = await shop.signed(ends_on="2026-02-28", renewal={"months": 12, "tacit": False})
    await at(sla, clock, datetime(2026, 3, 1, tzinfo=UTC))
    assert (await read(shop, agreement))["state"] == "ended"


async def test_what_is_renewed_after_its_last_period_was_stated_is_reviewed_again(
    shop: Any, sla: Trial, clock: Clock
) -> None:
    """A service that slept may state the last period before it renews."""
    agreement = await shop.signed(ends_on="2026-02-28", renewal={"months": 12})
    clock.instant = datetime(2026, 3, 2, tzinfo=UTC)
    async with sla.work() as work:
        (await work.get(Agreement, UUID(agreement["id"]))).review_due_at = None
    await at(sla, clock, datetime(2026, 3, 2, tzinfo=UTC))
    assert await due(sla, agreement) == datetime(2026, 3, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last_day", "slug"),
    [("2026-06-30", "renewal-not-later"), ("2026-01-31", "renewal-not-later")],
)
async def test_a_renewal_is_to_a_later_day(shop: Any, last_day: str, slug: str) -> None:
    agreement = await shop.signed(ends_on="2026-06-30")
    refused = await shop.step(agreement, "renewals", WHY | {"last_day": last_day})
    assert problem(refused) == (422, slug)
    assert refused.json()["errors"][0]["field"] == "last_day"


async def test_renewals_that_make_no_sense_are_refused(shop: Any, clock: Clock) -> None:
    endless = await shop.signed()
    later = WHY | {"last_day": "2027-06-30"}
    assert problem(await shop.step(endless, "renewals", later)) == (409, "nothing-to-renew")
    agreement = await shop.signed(ends_on="2026-06-30")
    asked = (await shop.step(agreement, "renewals", later)).json()
    assert problem(await shop.step(agreement, "renewals", later)) == (409, "renewal-under-way")
    clock.instant = datetime(2026, 7, 1, tzinfo=UTC)  # and the calendar was not followed yet
    consent = f"notices/{asked['id']}/consent"
    assert problem(await shop.step(agreement, consent, {}, shop.customer)) == (409, "agreement-not-in-force")


async def test_a_notice_that_waits_is_withdrawn_or_declined(shop: Any) -> None:
    agreement = await shop.signed(ends_on="2026-06-30")
    for who, state in ((shop.manager, "withdrawn"), (shop.customer, "declined")):
        asked = (await shop.step(agreement, "renewals", WHY | {"last_day": "2027-06-30"})).json()
        left = await shop.step(agreement, f"notices/{asked['id']}/withdrawal", {}, who)
        assert (left.status_code, left.json()["state"]) == (201, state)
        again = await shop.step(agreement, f"notices/{asked['id']}/withdrawal", {}, who)
        assert problem(again) == (409, "notice-already-answered")
    assert (await read(shop, agreement))["ends_on"] == "2026-06-30"


async def test_one_side_suspends_from_now_on_and_resumes(shop: Any, sla: Trial, clock: Clock) -> None:
    agreement = await shop.signed()
    suspended = await shop.step(agreement, "suspensions", WHY)
    assert (suspended.status_code, suspended.json()["state"]) == (201, "effective")
    assert suspended.json()["from"] == "2026-02-03T12:00:00Z"
    assert (await read(shop, agreement))["state"] == "suspended"
    clock.instant += timedelta(days=2)
    path = f"suspensions/{suspended.json()['id']}/resumption"
    resumed = await shop.step(agreement, path, WHY, shop.customer)
    assert (resumed.status_code, resumed.json()["state"]) == (201, "effective")
    assert (await read(shop, agreement))["state"] == "active"
    assert problem(await shop.step(agreement, path, WHY)) == (409, "not-suspended")
    async with sla.work() as work:
        (found,) = await store.suspensions(work, UUID(agreement["id"]))
    assert (found.from_, found.to) == (datetime(2026, 2, 3, 12, tzinfo=UTC), datetime(2026, 2, 5, 12, tzinfo=UTC))
    events = await told(sla, AgreementSuspended, AgreementResumed)
    assert [type(event) for event in events] == [AgreementSuspended, AgreementResumed]
    assert events[1].resumed_at == found.to
    assert await corrections(sla) == []


async def test_a_planned_suspension_begins_and_ends_by_itself(shop: Any, sla: Trial, clock: Clock) -> None:
    agreement = await shop.signed()
    planned = {"from": "2026-02-10T00:00:00Z", "to": "2026-02-12T00:00:00Z"}
    assert (await shop.step(agreement, "suspensions", WHY | planned)).status_code == 201
    states = []
    for day in (9, 10, 11, 12):
        await at(sla, clock, datetime(2026, 2, day, tzinfo=UTC))
        states.append((await read(shop, agreement))["state"])
    assert states == ["active", "suspended", "suspended", "active"]
    (event,) = await told(sla, AgreementResumed)
    assert event.resumed_at == datetime(2026, 2, 12, tzinfo=UTC)


async def test_a_suspension_can_be_called_off_before_it_begins(shop: Any, sla: Trial, clock: Clock) -> None:
    agreement = await shop.signed()
    planned = (await shop.step(agreement, "suspensions", WHY | {"from": "2026-02-10T00:00:00Z"})).json()
    await shop.step(agreement, f"suspensions/{planned['id']}/resumption", WHY)
    await at(sla, clock, datetime(2026, 2, 11, tzinfo=UTC))
    assert (await read(shop, agreement))["state"] == "active"
    async with sla.work() as work:
        assert await store.suspensions(work, UUID(agreement["id"])) == []
    assert len(await told(sla, AgreementResumed)) == 1


async def test_what_was_in_the_past_is_suspended_by_both_sides_only_and_stated_again(
    shop: Any, sla: Trial, clock: Clock
) -> None:
    agreement = await shop.signed()
    clock.instant = datetime(2026, 4, 1, tzinfo=UTC)
    past = {"from": "2026-02-10T00:00:00Z", "to": "2026-02-20T00:00:00Z"}
    asked = await shop.step(agreement, "suspensions", WHY | past)
    assert asked.json()["state"] == "pending"
    async with sla.work() as work:
        assert await store.suspensions(work, UUID(agreement["id"])) == []
    consent = f"notices/{asked.json()['id']}/consent"
    assert (await shop.step(agreement, consent, {}, shop.customer)).json()["state"] == "effective"
    assert (await read(shop, agreement))["state"] == "active"
    start, end = (datetime(2026, 2, day, tzinfo=UTC) for day in (10, 20))
    assert await corrections(sla) == [(start, end)]
    async with sla.work() as work:
        (found,) = await store.suspensions(work, UUID(agreement["id"]))
        assert await store.suspensions(work, UUID(agreement["id"]), known_at=work.now - timedelta(seconds=1)) == []
    assert (found.from_, found.to) == (start, end)
    middle = datetime(2026, 2, 15, tzinfo=UTC)
    path = f"suspensions/{asked.json()['id']}/resumption"
    shorter = (await shop.step(agreement, path, WHY | {"at": "2026-02-15T00:00:00Z"}, shop.customer)).json()
    assert shorter["state"] == "pending"
    assert (await shop.step(agreement, f"notices/{shorter['id']}/consent", {})).json()["state"] == "effective"
    assert await corrections(sla) == [(start, end), (middle, end)]
    (event,) = await told(sla, AgreementResumed)
    assert event.resumed_at == middle


@pytest.mark.parametrize(
    ("body", "status", "name", "field"),
    [
        ({"from": "2026-02-12T00:00:00Z"}, 422, "suspensions-overlap", "from"),
        ({"from": "2026-02-04T00:00:00Z", "to": "2026-02-10T00:00:01Z"}, 422, "suspensions-overlap", "from"),
        ({"from": "2026-07-01T12:00:00Z"}, 422, "suspension-outside", "from"),
        ({"from": "2026-01-14T12:00:00Z"}, 422, "suspension-outside", "from"),
        ({"to": "2026-02-03T12:00:00Z"}, 422, "suspension-outside", "to"),
        ({"from": "2026-02-04T00:00:00Z", "to": "2026-02-04T00:00:00Z"}, 422, "invalid", "body"),
        ({"from": "yesterday"}, 422, "invalid", "from"),
        ({"reason": ""}, 422, "invalid", "reason"),
    ],
)
async def test_suspensions_that_cannot_be_are_refused(
    shop: Any, body: dict[str, Any], status: int, name: str, field: str
) -> None:
    agreement = await shop.signed(ends_on="2026-06-30")
    taken = {"from": "2026-02-10T00:00:00Z", "to": "2026-02-20T00:00:00Z"}
    assert (await shop.step(agreement, "suspensions", WHY | taken)).status_code == 201
    refused = await shop.step(agreement, "suspensions", WHY | body)
    assert problem(refused) == (status, name)
    assert refused.json()["errors"][0]["field"] == field


async def test_suspensions_may_touch(shop: Any) -> None:
    agreement = await shop.signed()
    for first, last in ((10, 12), (12, 14), (8, 10)):
        span = {"from": f"2026-02-{first:02}T00:00:00Z", "to": f"2026-02-{last:02}T00:00:00Z"}
        assert (await shop.step(agreement, "suspensions", WHY | span)).status_code == 201


async def test_a_termination_ends_what_is_promised(shop: Any, sla: Trial, clock: Clock) -> None:
    agreement = await shop.signed(termination_notice_days=30)
    early = await shop.step(agreement, "terminations", WHY | {"last_day": "2026-03-04"}, shop.customer)
    assert problem(early) == (422, "notice-too-short")
    assert "2026-03-05" in early.json()["detail"]
    given = await shop.step(agreement, "terminations", WHY | {"last_day": "2026-03-05"}, shop.customer)
    assert (given.status_code, given.json()["state"], given.json()["side"]) == (201, "effective", "customer")
    assert (await read(shop, agreement))["ends_on"] == "2026-03-05"
    (event,) = await told(sla, AgreementTerminated)
    assert (event.terminated_by, event.last_day) == ("customer", date(2026, 3, 5))
    async with sla.work() as work:
        schedule = await store.schedule(work, UUID(agreement["id"]))
        keys = [period.key for _, period in schedule.periods_until(datetime(2027, 1, 1, tzinfo=UTC))]
    assert keys == ["2026-01", "2026-02", "2026-03"]
    assert await told(sla, AgreementEnded) == []
    await at(sla, clock, datetime(2026, 3, 5, 23, tzinfo=UTC))
    assert (await read(shop, agreement))["state"] == "ended"
    assert len(await told(sla, AgreementEnded)) == 1


async def test_after_a_notice_of_termination_nothing_else_moves_the_end(shop: Any, sla: Trial, clock: Clock) -> None:
    agreement = await shop.signed(ends_on="2026-06-30", renewal={"months": 12})
    amendment = {"terms": shop.terms(starts_on="2026-03-01")}
    await shop.step(agreement, "amendments", amendment)
    await shop.step(agreement, "terminations", WHY | {"last_day": "2026-06-30"})
    assert problem(await shop.step(agreement, "proposals", {})) == (409, "termination-given")
    await shop.step(agreement, "withdrawal", {"reason": "obsolete"})
    for path, body in (
        ("amendments", amendment),
        ("renewals", WHY | {"last_day": "2027-06-30"}),
        ("terminations", WHY | {"last_day": "2026-05-31"}),
    ):
        assert problem(await shop.step(agreement, path, body)) == (409, "termination-given")
    assert (await shop.step(agreement, "suspensions", WHY | {"to": "2026-03-01T00:00:00Z"})).status_code == 201
    await at(sla, clock, datetime(2026, 6, 30, 22, tzinfo=UTC))
    assert (await read(shop, agreement))["state"] == "ended"


async def test_a_termination_lies_on_a_day_of_the_agreement(shop: Any) -> None:
    agreement = await shop.signed(starts_on="2026-04-01", ends_on="2026-06-30")
    before = await shop.step(agreement, "terminations", WHY | {"last_day": "2026-03-31"})
    assert problem(before) == (422, "notice-too-short")
    after = await shop.step(agreement, "terminations", WHY | {"last_day": "2026-07-01"})
    assert problem(after) == (422, "termination-after-end")
    assert (await shop.step(agreement, "terminations", WHY | {"last_day": "2026-04-01"})).status_code == 201


async def test_notices_are_given_of_what_both_sides_signed(shop: Any, sla: Trial, clock: Clock) -> None:
    later = WHY | {"last_day": "2027-06-30"}
    drafted = (await shop.draft()).json()
    ended = await shop.signed(ends_on="2026-02-10")
    await at(sla, clock, datetime(2026, 2, 11, tzinfo=UTC))
    for agreement in (drafted, ended):
        for path, body in (("renewals", later), ("suspensions", WHY), ("terminations", later)):
            assert problem(await shop.step(agreement, path, body)) == (409, "agreement-not-in-force")


async def test_notices_are_given_by_the_two_sides_and_read_by_whom_they_concern(shop: Any, sla: Trial) -> None:
    agreement = await shop.signed(ends_on="2026-06-30")
    asked = (await shop.step(agreement, "renewals", WHY | {"last_day": "2027-06-30"})).json()
    stranger, viewer, owner = shop.headers("customer", new_id()), shop.headers("viewer"), shop.headers("owner")
    paths = ["renewals", "suspensions", "terminations", f"notices/{asked['id']}/consent"]
    bodies: list[dict[str, Any]] = [WHY | {"last_day": "2027-06-30"}, WHY, WHY | {"last_day": "2026-06-30"}, {}]
    for path, body in zip(paths, bodies, strict=True):
        assert (await shop.step(agreement, path, body, stranger)).status_code == 404
        assert (await shop.step(agreement, path, body, viewer)).status_code == 403
        assert (await shop.step(agreement, path, body, owner)).status_code == 403
    listing = f"/agreements/{agreement['id']}/notices"
    assert (await sla.client.get(listing, headers=stranger)).status_code == 404
    assert len((await sla.client.get(listing, headers=viewer)).json()["items"]) == 1
    assert (await shop.step(agreement, f"notices/{new_id()}/consent", {})).status_code == 404
    other = await shop.signed()
    assert (await shop.step(other, f"notices/{asked['id']}/consent", {}, shop.customer)).status_code == 404
    assert (await shop.step(other, f"suspensions/{asked['id']}/resumption", WHY)).status_code == 404


@pytest.mark.parametrize("change", [update(Notice).values(last_day=date(2030, 1, 1)), delete(Notice)])
async def test_the_database_itself_keeps_notices_that_took_effect(shop: Any, sla: Trial, change: Any) -> None:
    agreement = await shop.signed()
    await shop.step(agreement, "terminations", WHY | {"last_day": "2026-06-30"})
    with pytest.raises(IntegrityError):
        async with sla.work() as work:
            await work.session.execute(change)
