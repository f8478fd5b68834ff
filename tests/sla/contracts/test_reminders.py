"""What contracts tell by themselves: once, in time, and also after a time in which nobody looked."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from common.testing.plugin import ServiceUnderTest
from sla.contracts import store
from sla.contracts.model import Contract


async def test_reminders_come_so_many_days_before_the_notice_date_and_once(office: Any) -> None:
    """Notice is due by 30 November 2026; 90 days before are 1 September."""
    await office.signed()
    assert await office.follow(date(2026, 8, 31)) == [("Signed",)]
    first = [("Signed",), ("NoticeDue", "2026-11-30", "90")]
    assert await office.follow(date(2026, 9, 1)) == first
    assert await office.follow(date(2026, 9, 1), hour=23) == first
    assert (await office.follow(date(2026, 10, 31)))[2:] == [("NoticeDue", "2026-11-30", "30")]
    assert (await office.follow(date(2026, 11, 30)))[3:] == [("NoticeDue", "2026-11-30", "7")]


async def test_who_slept_through_some_hears_what_is_still_of_use(office: Any) -> None:
    await office.signed()
    assert (await office.follow(date(2026, 11, 28)))[1:] == [
        ("NoticeDue", "2026-11-30", "90"),
        ("NoticeDue", "2026-11-30", "30"),
        ("NoticeDue", "2026-11-30", "7"),
    ]


async def test_who_slept_through_years_hears_of_every_renewal(office: Any) -> None:
    """A notice date that has passed is not told of any more; the one to come is."""
    await office.signed()
    assert (await office.follow(date(2028, 3, 15)))[1:] == [
        ("Renewed", "1", "18", "2027-08-31"),
        ("Renewed", "2", "24", "2028-02-29"),
        ("Renewed", "3", "30", "2028-08-31"),
        ("NoticeDue", "2028-05-31", "90"),
    ]


async def test_a_renewal_is_told_on_its_local_day(office: Any) -> None:
    await office.signed(remind_days=[])
    assert (await office.follow(date(2027, 2, 28), hour=22))[1:] == []
    assert (await office.follow(date(2027, 2, 28), hour=23))[1:] == [("Renewed", "1", "18", "2027-08-31")]
    assert len(await office.follow(date(2027, 3, 1))) == 2


async def test_after_notice_nobody_is_reminded_and_the_end_is_told_once(office: Any, sla: ServiceUnderTest) -> None:
    found = await office.signed()
    await office.notice(found, "2026-02-03")
    assert (await office.follow(date(2027, 2, 28)))[1:] == [("NoticeGiven",)]
    over = [("NoticeGiven",), ("Ended", "2027-02-28")]
    assert (await office.follow(date(2027, 3, 1)))[1:] == over
    assert (await office.follow(date(2030, 3, 1)))[1:] == over
    async with sla.begin() as work:
        assert [one.recheck_at for one in await work.session.scalars(select(Contract))] == [None]


async def test_a_contract_that_ends_by_itself_ends_without_reminders(office: Any) -> None:
    await office.signed(renewal_months=None, notice=None)
    assert (await office.follow(date(2027, 3, 1)))[1:] == [("Ended", "2027-02-28")]


async def test_an_amendment_that_moves_the_notice_date_moves_the_reminders(office: Any) -> None:
    found = await office.signed(remind_days=[30])
    assert (await office.follow(date(2026, 11, 1)))[1:] == [("NoticeDue", "2026-11-30", "30")]
    await office.amended(found, "2026-11-02", remind_days=[30], notice={"months": 1})
    assert (await office.follow(date(2027, 1, 1)))[-1] == ("NoticeDue", "2027-01-31", "30")


async def test_renewals_before_a_contract_was_put_on_record_are_no_news(office: Any) -> None:
    """Begun in March 2024 and signed in February 2026: the second renewal, of September 2025, is over."""
    await office.signed(starts_on="2024-03-01", remind_days=[])
    assert (await office.follow(date(2026, 2, 28)))[1:] == []
    assert (await office.follow(date(2026, 3, 1)))[1:] == [("Renewed", "3", "30", "2026-08-31")]


async def test_drafts_tell_nothing(office: Any) -> None:
    await office.draft()
    assert await office.follow(date(2030, 1, 1)) == []


async def test_the_next_look_is_when_there_is_something_to_tell(office: Any, sla: ServiceUnderTest) -> None:
    await office.signed()
    for today, following in (
        (date(2026, 2, 4), date(2026, 3, 1)),
        (date(2026, 3, 1), date(2026, 9, 1)),
        (date(2026, 9, 1), date(2026, 10, 31)),
        (date(2026, 11, 30), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2027, 3, 1)),
    ):
        await office.follow(today)
        async with sla.begin() as work:
            found = (await work.session.scalars(select(Contract))).one()
            assert found.recheck_at is not None
            assert (found.recheck_at + timedelta(hours=2)).date() == following


async def test_two_at_once_remind_only_once(office: Any, sla: ServiceUnderTest) -> None:
    """Whoever comes second finds the reminder written."""
    found = await office.signed()
    async with sla.begin() as work:
        contract = await store.get_contract(work, found["id"])
        said = [await store.add_notice_reminder(work, contract, date(2026, 11, 30), 30) for _ in range(2)]
    assert said == [True, False]
