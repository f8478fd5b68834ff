"""Terminations: what they end, and what stands in their way."""

from datetime import UTC, date, datetime
from uuid import UUID

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementEnded, AgreementTerminated
from sla.agreements import store
from tests.sla.conftest import SlaClient
from tests.sla.notices.steps import REASON, advance_to, list_emitted, read_agreement
from tests.sla.problems import problem


async def test_a_termination_ends_what_is_promised(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed(termination_notice_days=30)
    early = await sla_client.step(agreement, "terminations", REASON | {"last_day": "2026-03-04"}, sla_client.customer)
    assert problem(early) == (422, "notice-too-short")
    assert "2026-03-05" in early.json()["detail"]
    termination = await sla_client.step(
        agreement, "terminations", REASON | {"last_day": "2026-03-05"}, sla_client.customer
    )
    assert (termination.status_code, termination.json()["state"], termination.json()["side"]) == (
        201,
        "effective",
        "customer",
    )
    assert (await read_agreement(sla_client, agreement))["ends_on"] == "2026-03-05"
    (event,) = await list_emitted(sla, AgreementTerminated)
    assert (event.terminated_by, event.last_day) == ("customer", date(2026, 3, 5))
    async with sla.begin() as work:
        schedule = await store.load_schedule(work, UUID(agreement["id"]))
        keys = [period.key for _, period in schedule.periods_until(datetime(2027, 1, 1, tzinfo=UTC))]
    assert keys == ["2026-01", "2026-02", "2026-03"]
    assert await list_emitted(sla, AgreementEnded) == []
    await advance_to(sla, clock, datetime(2026, 3, 5, 23, tzinfo=UTC))
    assert (await read_agreement(sla_client, agreement))["state"] == "ended"
    assert len(await list_emitted(sla, AgreementEnded)) == 1


async def test_notice_is_given_in_months(sla_client: SlaClient) -> None:
    """Today is 3 February: three months are over with 3 May, and an agreement of half a year renews on 1 April."""
    months = {"termination_notice": {"months": 3}}
    agreement = await sla_client.signed(starts_on="2026-01-01", ends_on="2026-06-30", renewal={"months": 6}, **months)
    early = await sla_client.step(agreement, "terminations", REASON | {"last_day": "2026-05-02"})
    assert problem(early) == (422, "notice-too-short")
    assert "2026-05-03" in early.json()["detail"]
    async with sla_client.sla.begin() as work:
        renewal = (await store.load_lifecycle(work, UUID(agreement["id"]))).tacit_renewal
    assert renewal is not None
    assert (renewal.on, renewal.last_day) == (date(2026, 4, 1), date(2026, 12, 31))
    assert (await sla_client.step(agreement, "terminations", REASON | {"last_day": "2026-05-03"})).status_code == 201


async def test_notice_is_given_in_one_unit(sla_client: SlaClient) -> None:
    both = await sla_client.draft(termination_notice_days=30, termination_notice={"months": 3})
    assert (both.status_code, both.json()["errors"][0]["field"]) == (422, "terms.termination_notice")


async def test_after_a_notice_of_termination_nothing_else_moves_the_end(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed(ends_on="2026-06-30", renewal={"months": 12})
    amendment = {"terms": sla_client.terms(starts_on="2026-03-01")}
    await sla_client.step(agreement, "amendments", amendment)
    await sla_client.step(agreement, "terminations", REASON | {"last_day": "2026-06-30"})
    assert problem(await sla_client.step(agreement, "proposals", {})) == (409, "termination-given")
    await sla_client.step(agreement, "withdrawal", {"reason": "obsolete"})
    for path, body in (
        ("amendments", amendment),
        ("renewals", REASON | {"last_day": "2027-06-30"}),
        ("terminations", REASON | {"last_day": "2026-05-31"}),
    ):
        assert problem(await sla_client.step(agreement, path, body)) == (409, "termination-given")
    assert (await sla_client.step(agreement, "suspensions", REASON | {"to": "2026-03-01T00:00:00Z"})).status_code == 201
    await advance_to(sla, clock, datetime(2026, 6, 30, 22, tzinfo=UTC))
    assert (await read_agreement(sla_client, agreement))["state"] == "ended"


async def test_a_termination_lies_on_a_day_of_the_agreement(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed(starts_on="2026-04-01", ends_on="2026-06-30")
    before = await sla_client.step(agreement, "terminations", REASON | {"last_day": "2026-03-31"})
    assert problem(before) == (422, "notice-too-short")
    after = await sla_client.step(agreement, "terminations", REASON | {"last_day": "2026-07-01"})
    assert problem(after) == (422, "termination-after-end")
    assert (await sla_client.step(agreement, "terminations", REASON | {"last_day": "2026-04-01"})).status_code == 201
