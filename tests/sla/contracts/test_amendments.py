"""Amendments of contracts over HTTP: dated, signed by both, and never of what was."""

from typing import Any

import pytest

from common.testing.plugin import ServiceUnderTest
from published.sla import ContractAmended
from tests.sla.contracts.conftest import ContractClient
from tests.sla.problems import problem


async def test_an_amendment_is_numbered_dated_and_signed_by_both(
    contracts: ContractClient, sla: ServiceUnderTest
) -> None:
    contract = await contracts.signed()
    fees = [{"name": "Operation", "fee": {"amount": "1500.00", "currency": "EUR"}, "per": "month"}]
    after = await contracts.amended(contract, "2026-06-01", fees=fees)
    assert after["version"]["number"] == 1
    assert isinstance((await sla.list_emitted_events())[-1], ContractAmended)
    assert [fee["fee"]["amount"] for fee in (await contracts.read(contract, "2026-05-31"))["fees"]] == [
        "1000.00",
        "333.33",
    ]
    in_june = await contracts.read(contract, "2026-06-01")
    assert (in_june["version"]["number"], [fee["fee"]["amount"] for fee in in_june["fees"]]) == (2, ["1500.00"])
    listed = (await contracts.send("GET", f"/{contract['id']}/amendments")).json()
    assert [(amendment["number"], amendment["effective_on"], amendment["reason"]) for amendment in listed] == [
        (2, "2026-06-01", "A second site")
    ]
    assert [change["field"] for change in listed[0]["changes"]] == ["fees"]


async def test_a_longer_term_agreed_in_time_moves_the_end(contracts: ContractClient) -> None:
    fixed = {"renewal_months": None, "notice": None}
    contract = await contracts.signed(**fixed)
    assert (await contracts.amended(contract, "2026-03-01", **fixed, initial_months=24))["ends_on"] == "2028-02-29"
    late = await contracts.amend(contract, "2028-03-01", **fixed, initial_months=36)
    assert problem(late) == (422, "initial-term-fixed")
    tacit = await contracts.amended(contract, "2027-01-01", initial_months=24)
    assert tacit["ends_on"] is None


@pytest.mark.parametrize(
    ("effective_on", "changes", "status", "rule"),
    [
        ("2026-02-02", {"title": "New"}, 422, "amendment-in-the-past"),
        ("2026-02-28", {"title": "New"}, 422, "amendment-in-the-past"),
        ("2026-06-01", {}, 422, "amendment-changes-nothing"),
        ("2026-06-01", {"starts_on": "2026-04-01"}, 422, "contract-start-fixed"),
        ("2026-06-01", {"timezone": "Europe/Berlin"}, 422, "contract-start-fixed"),
        ("2026-06-01", {"initial_months": 2}, 422, "initial-term-fixed"),
    ],
)
async def test_an_amendment_does_not_change_the_past(
    contracts: ContractClient, effective_on: str, changes: dict[str, Any], status: int, rule: str
) -> None:
    assert problem(await contracts.amend(await contracts.signed(), effective_on, **changes)) == (status, rule)


async def test_only_one_amendment_is_drafted_at_a_time_and_can_be_withdrawn(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    path = f"/{contract['id']}"
    assert problem(await contracts.send("POST", f"{path}/withdrawal")) == (409, "no-open-draft")
    await contracts.amend(contract, "2026-06-01", title="Two sites")
    again = await contracts.amend(contract, "2026-06-01", title="Three sites")
    assert problem(again) == (409, "contract-amendment-under-way")
    customer_view = (await contracts.send("GET", path, headers=contracts.sla_client.customer)).json()
    assert customer_view["draft"] is None
    assert (await contracts.send("GET", f"{path}/amendments", headers=contracts.sla_client.customer)).json() == []
    early = await contracts.send("POST", f"{path}/withdrawal", headers=contracts.sla_client.customer)
    assert problem(early) == (409, "no-open-draft")
    await contracts.sign(contract)
    etag = (await contracts.send("GET", path)).headers["etag"]
    edited = await contracts.send("PUT", f"{path}/terms", contracts.document(title="Four"), **{"If-Match": etag})
    assert problem(edited) == (409, "draft-already-offered")
    refused = await contracts.send("POST", f"{path}/withdrawal", headers=contracts.sla_client.customer)
    assert (refused.json()["draft"], refused.json()["state"]) == (None, "signed")
    listed = (await contracts.send("GET", f"{path}/amendments")).json()
    assert [amendment["withdrawn_at"] is None for amendment in listed] == [False]
    assert (await contracts.amended(contract, "2026-06-01", title="Two sites"))["title"] == "Two sites"


async def test_after_notice_the_term_stays_and_the_rest_may_change(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    await contracts.give_notice(contract, "2026-02-03")
    longer = await contracts.amend(contract, "2026-06-01", renewal_months=12)
    assert problem(longer) == (409, "notice-already-given")
    assert (await contracts.amended(contract, "2026-06-01", title="To the end"))["ends_on"] == "2027-02-28"
