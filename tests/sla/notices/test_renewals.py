"""Renewals: by consent, by themselves, and refused."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementEnded, AgreementRenewed
from sla.agreements.model import Agreement
from tests.sla.conftest import SlaClient
from tests.sla.notices.steps import REASON, advance_to, get_review_due_at, list_emitted, read_agreement
from tests.sla.problems import problem


async def test_a_renewal_takes_effect_with_the_consent_of_the_other_side(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    agreement = await sla_client.signed(ends_on="2026-02-28")
    renewal = await sla_client.step(agreement, "renewals", REASON | {"last_day": "2027-02-28"})
    assert (renewal.status_code, renewal.json()["state"], renewal.json()["side"]) == (201, "pending", "provider")
    assert (await read_agreement(sla_client, agreement))["ends_on"] == "2026-02-28"
    consent = f"notices/{renewal.json()['id']}/consent"
    assert problem(await sla_client.step(agreement, consent, {})) == (409, "own-notice-answered")
    both_hats = sla_client.headers("customer", sla_client.customer_id, "manager")
    assert problem(await sla_client.step(agreement, consent, {}, both_hats)) == (409, "own-notice-answered")
    agreed = await sla_client.step(agreement, consent, {}, sla_client.customer)
    assert (agreed.status_code, agreed.json()["state"]) == (201, "effective")
    assert (await read_agreement(sla_client, agreement))["ends_on"] == "2027-02-28"
    (event,) = await list_emitted(sla, AgreementRenewed)
    assert (event.last_day, event.tacit) == (date(2027, 2, 28), False)
    assert problem(await sla_client.step(agreement, consent, {}, sla_client.customer)) == (
        409,
        "notice-already-answered",
    )


async def test_an_agreement_is_renewed_by_itself_when_its_terms_say_so(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    renewing = {"renewal": {"months": 6}, "termination_notice_days": 30}
    agreement = await sla_client.signed(ends_on="2026-05-31", **renewing)
    await advance_to(sla, clock, datetime(2026, 5, 1, 21, 59, tzinfo=UTC))
    assert (await read_agreement(sla_client, agreement))["ends_on"] == "2026-05-31"
    await advance_to(sla, clock, datetime(2026, 5, 1, 22, tzinfo=UTC))
    assert (await read_agreement(sla_client, agreement))["ends_on"] == "2026-11-30"
    await advance_to(sla, clock, datetime(2026, 11, 15, tzinfo=UTC))
    assert (await read_agreement(sla_client, agreement))["ends_on"] == "2027-05-31"
    assert [(event.last_day, event.tacit) for event in await list_emitted(sla, AgreementRenewed)] == [
        (date(2026, 11, 30), True),
        (date(2027, 5, 31), True),
    ]
    answer = await sla.client.get(f"/agreements/{agreement['id']}/notices", headers=sla_client.customer)
    assert [(item["kind"], item["side"], item["number"]) for item in answer.json()["items"]] == [
        ("renewal", None, 1),
        ("renewal", None, 2),
    ]
    late = await sla_client.step(agreement, "terminations", REASON | {"last_day": "2027-05-31"}, sla_client.customer)
    assert late.status_code == 201
    await advance_to(sla, clock, datetime(2027, 5, 31, 22, tzinfo=UTC))
    assert (await read_agreement(sla_client, agreement))["state"] == "ended"


async def test_a_service_that_slept_catches_up_with_renewals(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed(ends_on="2026-02-28", renewal={"months": 1})
    await advance_to(sla, clock, datetime(2026, 5, 10, tzinfo=UTC))
    renewed = await read_agreement(sla_client, agreement)
    assert (renewed["state"], renewed["ends_on"]) == ("active", "2026-05-31")
    assert await list_emitted(sla, AgreementEnded) == []


async def test_a_negotiated_renewal_is_not_tacit(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed(ends_on="2026-02-28", renewal={"months": 12, "tacit": False})
    await advance_to(sla, clock, datetime(2026, 3, 1, tzinfo=UTC))
    assert (await read_agreement(sla_client, agreement))["state"] == "ended"


async def test_what_is_renewed_after_its_last_period_was_stated_is_reviewed_again(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    """A service that slept may state the last period before it renews."""
    agreement = await sla_client.signed(ends_on="2026-02-28", renewal={"months": 12})
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    async with sla.begin() as work:
        (await work.get(Agreement, UUID(agreement["id"]))).review_due_at = None
    await advance_to(sla, clock, datetime(2026, 3, 2, tzinfo=UTC))
    assert await get_review_due_at(sla, agreement) == datetime(2026, 3, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last_day", "slug"),
    [("2026-06-30", "renewal-not-later"), ("2026-01-31", "renewal-not-later")],
)
async def test_a_renewal_is_to_a_later_day(sla_client: SlaClient, last_day: str, slug: str) -> None:
    agreement = await sla_client.signed(ends_on="2026-06-30")
    refused = await sla_client.step(agreement, "renewals", REASON | {"last_day": last_day})
    assert problem(refused) == (422, slug)
    assert refused.json()["errors"][0]["field"] == "last_day"


async def test_renewals_that_make_no_sense_are_refused(sla_client: SlaClient, clock: FakeClock) -> None:
    endless = await sla_client.signed()
    later = REASON | {"last_day": "2027-06-30"}
    assert problem(await sla_client.step(endless, "renewals", later)) == (409, "nothing-to-renew")
    agreement = await sla_client.signed(ends_on="2026-06-30")
    renewal = (await sla_client.step(agreement, "renewals", later)).json()
    assert problem(await sla_client.step(agreement, "renewals", later)) == (409, "renewal-under-way")
    clock.now = datetime(2026, 7, 1, tzinfo=UTC)  # and the calendar was not followed yet
    consent = f"notices/{renewal['id']}/consent"
    assert problem(await sla_client.step(agreement, consent, {}, sla_client.customer)) == (
        409,
        "agreement-not-in-force",
    )
