"""The calendar job emits everything once, in time, and also after a pause."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from common.testing.plugin import ServiceUnderTest
from sla.contracts import store
from sla.contracts.model import Contract, NoticeReminder
from tests.sla.contracts.conftest import ContractClient


async def test_reminders_come_so_many_days_before_the_notice_date_and_once(contracts: ContractClient) -> None:
    """Notice is due by 30 November 2026; 90 days before are 1 September."""
    await contracts.signed()
    assert await contracts.run_calendar_job(date(2026, 8, 31)) == [("Signed",)]
    first = [("Signed",), ("NoticeDue", "2026-11-30", "90")]
    assert await contracts.run_calendar_job(date(2026, 9, 1)) == first
    assert await contracts.run_calendar_job(date(2026, 9, 1), hour=23) == first
    assert (await contracts.run_calendar_job(date(2026, 10, 31)))[2:] == [("NoticeDue", "2026-11-30", "30")]
    assert (await contracts.run_calendar_job(date(2026, 11, 30)))[3:] == [("NoticeDue", "2026-11-30", "7")]


async def test_after_a_pause_only_reminders_still_of_use_are_emitted(contracts: ContractClient) -> None:
    await contracts.signed()
    assert (await contracts.run_calendar_job(date(2026, 11, 28)))[1:] == [
        ("NoticeDue", "2026-11-30", "90"),
        ("NoticeDue", "2026-11-30", "30"),
        ("NoticeDue", "2026-11-30", "7"),
    ]


async def test_after_years_of_pause_every_renewal_is_emitted(contracts: ContractClient) -> None:
    """A notice date that has passed is not reminded of any more; the one to come is."""
    await contracts.signed()
    assert (await contracts.run_calendar_job(date(2028, 3, 15)))[1:] == [
        ("Renewed", "1", "18", "2027-08-31"),
        ("Renewed", "2", "24", "2028-02-29"),
        ("Renewed", "3", "30", "2028-08-31"),
        ("NoticeDue", "2028-05-31", "90"),
    ]


async def test_a_renewal_is_emitted_on_its_local_day(contracts: ContractClient) -> None:
    await contracts.signed(remind_days=[])
    assert (await contracts.run_calendar_job(date(2027, 2, 28), hour=22))[1:] == []
    assert (await contracts.run_calendar_job(date(2027, 2, 28), hour=23))[1:] == [("Renewed", "1", "18", "2027-08-31")]
    assert len(await contracts.run_calendar_job(date(2027, 3, 1))) == 2


async def test_after_notice_no_reminder_follows_and_the_end_is_emitted_once(
    contracts: ContractClient, sla: ServiceUnderTest
) -> None:
    contract = await contracts.signed()
    await contracts.give_notice(contract, "2026-02-03")
    assert (await contracts.run_calendar_job(date(2027, 2, 28)))[1:] == [("NoticeGiven",)]
    over = [("NoticeGiven",), ("Ended", "2027-02-28")]
    assert (await contracts.run_calendar_job(date(2027, 3, 1)))[1:] == over
    assert (await contracts.run_calendar_job(date(2030, 3, 1)))[1:] == over
    async with sla.begin() as work:
        assert [contract.recheck_at for contract in await work.session.scalars(select(Contract))] == [None]


async def test_a_contract_that_does_not_renew_ends_without_reminders(contracts: ContractClient) -> None:
    await contracts.signed(renewal_months=None, notice=None)
    assert (await contracts.run_calendar_job(date(2027, 3, 1)))[1:] == [("Ended", "2027-02-28")]


async def test_an_amendment_that_moves_the_notice_date_moves_the_reminders(contracts: ContractClient) -> None:
    contract = await contracts.signed(remind_days=[30])
    assert (await contracts.run_calendar_job(date(2026, 11, 1)))[1:] == [("NoticeDue", "2026-11-30", "30")]
    await contracts.amended(contract, "2026-11-02", remind_days=[30], notice={"months": 1})
    assert (await contracts.run_calendar_job(date(2027, 1, 1)))[-1] == ("NoticeDue", "2027-01-31", "30")


async def test_renewals_before_the_signature_are_not_emitted(contracts: ContractClient) -> None:
    """Begun in March 2024 and signed in February 2026: the second renewal, of September 2025, is over."""
    await contracts.signed(starts_on="2024-03-01", remind_days=[])
    assert (await contracts.run_calendar_job(date(2026, 2, 28)))[1:] == []
    assert (await contracts.run_calendar_job(date(2026, 3, 1)))[1:] == [("Renewed", "3", "30", "2026-08-31")]


async def test_drafts_emit_nothing(contracts: ContractClient) -> None:
    await contracts.draft()
    assert await contracts.run_calendar_job(date(2030, 1, 1)) == []


async def test_the_next_recheck_is_when_an_event_may_be_due(contracts: ContractClient, sla: ServiceUnderTest) -> None:
    await contracts.signed()
    for today, following in (
        (date(2026, 2, 4), date(2026, 3, 1)),
        (date(2026, 3, 1), date(2026, 9, 1)),
        (date(2026, 9, 1), date(2026, 10, 31)),
        (date(2026, 11, 30), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2027, 3, 1)),
    ):
        await contracts.run_calendar_job(today)
        async with sla.begin() as work:
            contract = (await work.session.scalars(select(Contract))).one()
            assert contract.recheck_at is not None
            assert (contract.recheck_at + timedelta(hours=2)).date() == following


async def test_two_at_once_remind_only_once(contracts: ContractClient, sla: ServiceUnderTest) -> None:
    """Whoever comes second finds the reminder written."""
    contract = await contracts.signed()
    async with sla.begin() as work:
        contract = await store.get_contract(work, contract["id"])
        key: dict[str, Any] = {"contract_id": contract.id, "notice_by": date(2026, 11, 30), "lead_days": 30}
        is_new = [await store.add_reminder(work, NoticeReminder, **key) for _ in range(2)]
    assert is_new == [True, False]
