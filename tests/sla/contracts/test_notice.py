"""Notice of contracts over HTTP: when it ends them, and what is refused."""

from datetime import UTC, date, datetime
from typing import Any

from common.testing.plugin import ServiceUnderTest
from published.sla import ContractNoticeGiven
from tests.sla.contracts.conftest import Problem


async def test_notice_in_time_ends_it_with_the_term_and_later_with_the_next(
    office: Any, sla: ServiceUnderTest, problem: Problem
) -> None:
    found, other = await office.signed(), await office.signed()
    office.clock.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    given = (await office.notice(found, "2026-11-30", office.shop.customer)).json()
    assert (given["state"], given["binding"], given["ends_on"]) == ("notice_given", True, "2027-02-28")
    assert given["notice"]["side"] == "customer"
    told = (await sla.list_emitted_events())[-1]
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
    office.clock.now = datetime(2026, 12, 1, 12, tzinfo=UTC)
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
    assert problem(await office.notice(fixed, "2026-02-03")) == (409, "contract-does-not-renew")
    assert problem(await office.notice(fixed, "2027-03-01")) == (409, "contract-over")
    found = await office.signed()
    assert problem(await office.notice(found, "2026-02-02")) == (422, "notice-before-signature")
