"""Recurring obligations: when they are due, fulfilled day by day, and reminded of once for each."""

from datetime import date
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.sla import ContractObligationDue
from sla.contracts import calendar_job
from sla.contracts.obligations import LATEST_DAY, Obligation, RecurrenceInterval
from tests.sla.contracts.conftest import ContractClient
from tests.sla.problems import problem

OWED = {"side": "provider", "text": "Report on security", "owner": "Head of IT", "due_on": "2026-03-31"}


def obligation(first: date, every: RecurrenceInterval | None) -> Obligation:
    return Obligation(due_on=first, every_months=every and every.months, every_days=every and every.days)


@pytest.mark.parametrize(
    ("every", "days"),
    [
        (None, ["2026-01-31"]),
        (RecurrenceInterval(months=1), ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        (RecurrenceInterval(months=12), ["2026-01-31", "2027-01-31", "2028-01-31", "2029-01-31"]),
        (RecurrenceInterval(days=7), ["2026-01-31", "2026-02-07", "2026-02-14", "2026-02-21"]),
    ],
)
def test_due_days_keep_to_the_end_of_the_month(every: RecurrenceInterval | None, days: list[str]) -> None:
    assert [str(day) for day in islice(obligation(date(2026, 1, 31), every).due_days(None), 4)] == days


def test_the_leap_day_comes_back() -> None:
    birthdays = obligation(date(2024, 2, 29), RecurrenceInterval(months=12)).due_days(None)
    assert [day.day for day in islice(birthdays, 5)] == [29, 28, 28, 28, 29]


@given(
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.builds(RecurrenceInterval, months=st.integers(1, 120))
    | st.builds(RecurrenceInterval, days=st.integers(7, 3660)),
    st.dates(date(1990, 1, 1), date(2199, 12, 31)),
)
def test_due_days_ascend_up_to_the_last(first: date, every: RecurrenceInterval, last: date) -> None:
    days = list(obligation(first, every).due_days(last))
    assert days == sorted(set(days))
    assert all(first <= day <= last for day in days)
    following = every.date_after(first, len(days))
    assert following > last or following > LATEST_DAY


async def oblige(contracts: ContractClient, contract: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await contracts.send("POST", f"/{contract['id']}/obligations", OWED | changes)
    assert answer.status_code == 201, answer.text
    owed: dict[str, Any] = answer.json()["obligations"][-1]
    return owed


async def list_occurrences(contracts: ContractClient, contract: dict[str, Any], day: str) -> list[tuple[str, str]]:
    (owed,) = (await contracts.read(contract, day))["obligations"]
    return [
        (occurrence["due_on"], "overdue" if occurrence["overdue"] else "done" if occurrence["fulfilled_on"] else "open")
        for occurrence in owed["occurrences"]
    ]


async def fulfil(contracts: ContractClient, contract: dict[str, Any], owed: dict[str, Any], **body: str) -> Any:
    fulfilment = {"fulfilled_on": "2026-06-20", "evidence": "Report, version 2"} | body
    return await contracts.send("POST", f"/{contract['id']}/obligations/{owed['id']}/fulfilment", fulfilment)


async def test_each_due_day_is_fulfilled_separately(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    owed = await oblige(contracts, contract, every={"months": 3}, until="2026-12-31")
    assert (await fulfil(contracts, contract, owed, due_on="2026-06-30")).status_code == 201
    again = await fulfil(contracts, contract, owed, due_on="2026-06-30")
    assert problem(again) == (409, "obligation-already-fulfilled")
    stray = await fulfil(contracts, contract, owed, due_on="2026-07-31")
    assert (problem(stray), stray.json()["errors"][0]["field"]) == ((422, "obligation-not-due"), "due_on")
    assert problem(await fulfil(contracts, contract, owed, due_on="2027-03-31"))[1] == "obligation-not-due"
    assert await list_occurrences(contracts, contract, "2026-10-15") == [
        ("2026-03-31", "overdue"), ("2026-06-30", "done"), ("2026-09-30", "overdue"), ("2026-12-31", "open"),
    ]  # fmt: skip
    assert await list_occurrences(contracts, contract, "2026-03-31") == [
        ("2026-03-31", "open"), ("2026-06-30", "done"), ("2026-09-30", "open"),
    ]  # fmt: skip
    for _ in range(3):  # the earliest that is open
        assert (await fulfil(contracts, contract, owed)).status_code == 201
    assert {standing for _, standing in await list_occurrences(contracts, contract, "2027-01-31")} == {"done"}
    assert problem(await fulfil(contracts, contract, owed)) == (409, "obligation-already-fulfilled")


async def test_nothing_is_due_after_the_contract_has_ended(contracts: ContractClient) -> None:
    contract = await contracts.signed(renewal_months=None, notice=None)
    await oblige(contracts, contract, every={"months": 6})
    assert [day for day, _ in await list_occurrences(contracts, contract, "2040-01-01")] == ["2026-03-31", "2026-09-30"]
    dates = await contracts.dates("2026-01-01", "2028-01-01")
    assert [day for day, occasion in dates if occasion == "obligation_due"] == ["2026-03-31", "2026-09-30"]


async def test_at_most_a_hundred_open_occurrences_are_listed(contracts: ContractClient) -> None:
    contract = await contracts.signed()
    await oblige(contracts, contract, every={"days": 7})
    assert len(await list_occurrences(contracts, contract, "2199-12-31")) == 100


@pytest.mark.parametrize(
    "changes",
    [
        {"every": {"months": 1, "days": 7}}, {"every": {}}, {"every": {"days": 1}}, {"every": {"months": 0}},
        {"until": "2027-01-01"}, {"every": {"months": 1}, "until": "2026-03-30"}, {"remind_days": -1},
    ],
)  # fmt: skip
async def test_invalid_recurrence_is_refused(contracts: ContractClient, changes: dict[str, Any]) -> None:
    answer = await contracts.send("POST", f"/{new_id()}/obligations", OWED | changes)
    assert problem(answer) == (422, "invalid")


async def list_due_days(sla: ServiceUnderTest) -> list[str]:
    return [str(event.due_on) for event in await sla.list_emitted_events() if isinstance(event, ContractObligationDue)]


async def test_each_due_day_is_reminded_of_once(contracts: ContractClient, sla: ServiceUnderTest) -> None:
    contract = await contracts.signed()
    owed = await oblige(contracts, contract, every={"months": 1}, remind_days=10)
    for day, due in [
        (date(2026, 3, 20), []),
        (date(2026, 3, 21), ["2026-03-31"]),
        (date(2026, 3, 22), ["2026-03-31"]),
        (date(2026, 4, 20), ["2026-03-31", "2026-04-30"]),
        (date(2026, 6, 10), ["2026-03-31", "2026-04-30"]),
    ]:
        await contracts.run_calendar_job(day)
        assert await list_due_days(sla) == due
    assert (await fulfil(contracts, contract, owed, due_on="2026-06-30")).status_code == 201
    await contracts.run_calendar_job(date(2026, 6, 25))
    assert await list_due_days(sla) == ["2026-03-31", "2026-04-30"]
    await contracts.run_calendar_job(date(2026, 7, 21))
    await calendar_job.periodic_job().run(sla.runtime)
    assert await list_due_days(sla) == ["2026-03-31", "2026-04-30", "2026-07-31"]


async def test_days_begin_in_the_time_zone_of_the_contract(contracts: ContractClient, sla: ServiceUnderTest) -> None:
    """In Paris 21 March begins at 23:00 UTC, and the summer of 2026 on 29 March."""
    contract = await contracts.signed()
    await oblige(contracts, contract, remind_days=10)
    await contracts.run_calendar_job(date(2026, 3, 20), hour=22)
    assert await list_due_days(sla) == []
    await contracts.run_calendar_job(date(2026, 3, 20), hour=23)
    assert await list_due_days(sla) == ["2026-03-31"]
