"""Notice of contracts over HTTP: when it ends them, and what is refused."""

from datetime import UTC, date, datetime

from common.testing.plugin import ServiceUnderTest
from published.sla import ContractNoticeGiven
from tests.sla.contracts.conftest import ContractClient
from tests.sla.problems import problem


async def test_notice_in_time_ends_it_with_the_term_and_later_with_the_next(
    contracts: ContractClient, sla: ServiceUnderTest
) -> None:
    contract, other_contract = await contracts.signed(), await contracts.signed()
    contracts.clock.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    after_notice = (await contracts.give_notice(contract, "2026-11-30", contracts.sla_client.customer)).json()
    assert (after_notice["state"], after_notice["binding"], after_notice["ends_on"]) == (
        "notice_given",
        True,
        "2027-02-28",
    )
    assert after_notice["notice"]["side"] == "customer"
    event = (await sla.list_emitted_events())[-1]
    assert isinstance(event, ContractNoticeGiven)
    assert event.ends_on == date(2027, 2, 28)
    late = (await contracts.give_notice(other_contract, "2026-12-01")).json()
    assert late["ends_on"] == "2027-08-31"
    assert problem(await contracts.give_notice(contract, "2026-12-01")) == (409, "notice-already-given")
    assert (await contracts.read(contract, "2027-02-28"))["state"] == "notice_given"
    over = await contracts.read(contract, "2027-03-01")
    assert (over["state"], over["binding"], over["term"]) == ("ended", False, None)
    assert (await contracts.read(contract, "2026-11-29"))["state"] == "active"
    for state, day in (("notice_given", "2026-12-01"), ("ended", "2027-03-01")):
        listed = (await contracts.send("GET", f"?on={day}&state={state}")).json()["items"]
        assert contract["id"] in [item["id"] for item in listed]


async def test_a_customers_notice_counts_from_today(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    contracts.clock.now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    answer = await contracts.give_notice(contract, "2026-11-30", contracts.sla_client.customer)
    assert problem(answer) == (422, "notice-backdated")
    assert answer.json()["errors"][0]["field"] == "given_on"
    by_letter = await contracts.give_notice(contract, "2026-11-30")
    assert by_letter.json()["ends_on"] == "2027-02-28"


async def test_notice_that_cannot_end_the_contract_is_refused(contracts: ContractClient) -> None:
    draft = await contracts.draft()
    assert problem(await contracts.give_notice(draft, "2026-02-03")) == (409, "contract-not-signed")
    fixed = await contracts.signed(renewal_months=None, notice=None)
    assert (fixed["ends_on"], fixed["state"]) == ("2027-02-28", "signed")
    assert problem(await contracts.give_notice(fixed, "2026-02-03")) == (409, "contract-does-not-renew")
    assert problem(await contracts.give_notice(fixed, "2027-03-01")) == (409, "contract-over")
    contract = await contracts.signed()
    assert problem(await contracts.give_notice(contract, "2026-02-02")) == (422, "notice-before-signature")
