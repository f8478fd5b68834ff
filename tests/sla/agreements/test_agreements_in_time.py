"""What the calendar does to agreements, and which version binds on a day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementActivated, AgreementEnded
from sla.agreements import store
from sla.agreements.model import Agreement, AgreementSignature, AgreementVersion
from sla.agreements.states import NegotiationStage
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements


async def state_of(sla: ServiceUnderTest, agreement: dict[str, Any]) -> str:
    async with sla.begin() as work:
        return (await work.get(Agreement, UUID(agreement["id"]))).state


async def follow_calendar(sla: ServiceUnderTest) -> None:
    async with sla.begin() as work:
        await advance_due_agreements(work)


async def test_an_agreement_becomes_active_on_its_first_local_day(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed(starts_on="2026-03-01")
    assert agreement["state"] == "signed"
    clock.now = datetime(2026, 2, 28, 22, 59, tzinfo=UTC)
    await follow_calendar(sla)
    assert await state_of(sla, agreement) == "signed"
    clock.now = datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
    await follow_calendar(sla)
    await follow_calendar(sla)
    assert await state_of(sla, agreement) == "active"
    assert [type(event) for event in await sla.list_emitted_events()].count(AgreementActivated) == 1


async def test_an_agreement_ends_after_its_last_local_day(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed(ends_on="2026-03-31")
    clock.now = datetime(2026, 3, 31, 21, 59, tzinfo=UTC)
    await follow_calendar(sla)
    assert await state_of(sla, agreement) == "active"
    clock.now = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    await follow_calendar(sla)
    await follow_calendar(sla)
    assert await state_of(sla, agreement) == "ended"
    assert [type(event) for event in await sla.list_emitted_events()].count(AgreementEnded) == 1


async def test_nothing_binds_before_the_first_day_after_the_last_or_before_it_was_signed(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed(ends_on="2026-03-31")
    async with sla.begin() as work:

        async def bound(day: date, known_at: datetime | None = None) -> bool:
            promised = await store.load_schedule(work, UUID(agreement["id"]), known_at=known_at)
            return promised.binding_on(day) is not None

        assert not await bound(date(2026, 1, 14))
        assert await bound(date(2026, 1, 15))
        assert await bound(date(2026, 3, 31))
        assert not await bound(date(2026, 4, 1))
        assert not await bound(date(2026, 2, 1), known_at=clock() - timedelta(seconds=1))


async def test_a_later_version_replaces_earlier_ones_from_its_day_on_and_not_before_it_was_known(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement_id = UUID((await sla_client.signed())["id"])
    amended_at = clock() + timedelta(days=10)
    async with sla.begin() as work:
        second = AgreementVersion(
            number=2, agreement=await work.get(Agreement, agreement_id), stage=NegotiationStage.DRAFT, signatures=[]
        )
        first = (await store.list_versions(work, agreement_id))[0]
        second.set_terms(first.terms.model_copy(update={"name": "Amended", "starts_on": date(2026, 2, 1)}))
        second.enter_stage(NegotiationStage.SIGNED, amended_at)
        work.add(second)
    clock.now = amended_at
    async with sla.begin() as work:

        async def name_on(day: date, known_at: datetime | None = None) -> str:
            binding = (await store.load_schedule(work, agreement_id, known_at=known_at)).binding_on(day)
            assert binding is not None
            return binding.terms.name

        assert await name_on(date(2026, 1, 31)) == "Web shop, gold"
        assert await name_on(date(2026, 2, 1)) == "Amended"
        assert await name_on(date(2026, 2, 1), known_at=amended_at - timedelta(seconds=1)) == "Web shop, gold"


async def test_review_periods_come_due_one_after_the_other(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement_id = UUID((await sla_client.signed(ends_on="2026-03-10"))["id"])
    clock.now = datetime(2026, 6, 1, tzinfo=UTC)
    reviewed = []
    async with sla.begin() as work:
        while agreement_id in await store.load_due_for_review(work, work.now):
            agreement = await store.get_agreement(work, agreement_id, lock=True)
            assert agreement.review_due_at is not None
            schedule = await store.load_schedule(work, agreement_id)
            due_period = schedule.period_ending_at(agreement.review_due_at)
            assert due_period is not None
            reviewed.append(due_period[1].key)
            agreement.mark_period_stated(schedule, due_period[1])
            await work.flush()
    assert reviewed == ["2026-01", "2026-02", "2026-03"]


async def test_a_period_is_not_due_before_it_is_over(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    await sla_client.signed(starts_on="2026-02-01")
    async with sla.begin() as work:
        assert await store.load_due_for_review(work, datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC)) == {}
        assert len(await store.load_due_for_review(work, datetime(2026, 2, 28, 23, tzinfo=UTC))) == 1


@pytest.mark.parametrize(
    "change",
    [
        update(AgreementVersion).values(terms_document={}),
        update(AgreementVersion).values(valid_from=date(2020, 1, 1)),
        update(AgreementSignature).values(subject="somebody else"),
        delete(AgreementSignature),
        delete(AgreementVersion),
    ],
)
async def test_the_database_itself_keeps_signed_terms_as_they_are(
    sla_client: SlaClient, sla: ServiceUnderTest, change: Any
) -> None:
    agreement = await sla_client.signed()
    with pytest.raises(IntegrityError):
        async with sla.begin() as work:
            await work.session.execute(change)
    async with sla.begin() as work:
        query = select(AgreementVersion.terms_sha256).where(AgreementVersion.agreement_id == UUID(agreement["id"]))
        assert await work.session.scalar(query) == agreement["version"]["terms_sha256"]
