"""Fees that rise, and the dates of a contract."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from sla.contracts.contract_dates import contract_dates
from sla.contracts.fees import fee_agreed_since, fee_on, fee_rise_days
from sla.contracts.term_schedule import TermSchedule, TermsVersion
from sla.contracts.terms import ContractTerms

Terms = Callable[..., ContractTerms]


def build_schedule(terms: ContractTerms, *later: TermsVersion, ends_on: date | None = None) -> TermSchedule:
    return TermSchedule((TermsVersion(1, terms.starts_on, terms), *later), ends_on)


def list_dates(schedule: TermSchedule, first: date, last: date) -> list[tuple[str, str]]:
    return [(entry.day.isoformat(), entry.occasion.value) for entry in contract_dates(schedule, first, last)]


@pytest.mark.parametrize(
    ("day", "amount"),
    [
        (date(2026, 3, 1), "333.33"),
        (date(2027, 2, 28), "333.33"),
        (date(2027, 3, 1), "341.66"),
        (date(2028, 3, 1), "350.20"),
        (date(2029, 3, 1), "358.96"),
    ],
)
def test_a_fee_rises_by_the_year_and_each_rise_is_rounded(contract_terms: Terms, day: date, amount: str) -> None:
    """333.33 times 1.025 = 341.66325; 341.66 times 1.025 = 350.2015; 350.20 times 1.025 = 358.955."""
    terms = contract_terms()
    assert fee_on(terms.fees[1], terms.starts_on, day).amount == Decimal(amount)
    assert fee_on(terms.fees[0], terms.starts_on, day).amount == Decimal("1000.00")


@pytest.mark.parametrize("starts_on", ["2026-01-31", "2028-02-29", "2026-08-30", "2026-11-01", "2025-12-31"])
@pytest.mark.parametrize("months", [1, 6, 12])
def test_a_fee_rises_on_the_days_on_which_terms_of_as_many_months_begin(
    contract_terms: Terms, starts_on: str, months: int
) -> None:
    fee = {"name": "A", "fee": {"amount": "1", "currency": "EUR"}, "per": "month"}
    indexation = {"percent": "1", "every_months": months}
    terms = contract_terms(
        starts_on=starts_on, initial_months=months, renewal_months=months, fees=[fee | {"indexation": indexation}]
    )
    last = terms.starts_on + timedelta(days=1500)
    begun = [term.first_day for term in build_schedule(terms).list_begun_by(last)]
    assert [terms.starts_on, *fee_rise_days(terms.fees[0], terms.starts_on, last)] == begun


def test_a_fee_that_rises_beyond_all_measure_is_still_a_number(contract_terms: Terms) -> None:
    fee = {"name": "A", "fee": {"amount": "999999999.99", "currency": "EUR"}, "per": "month"}
    doubled = contract_terms(fees=[fee | {"indexation": {"percent": "100", "every_months": 1}}]).fees[0]
    amount = fee_on(doubled, date(1990, 1, 1), date(2199, 12, 31)).amount
    assert Fraction(amount) == Fraction("999999999.99") * 2 ** (209 * 12 + 11)


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1026"), ("KWD", "1025.513"), ("EUR", "1025.51")])
def test_a_rise_is_rounded_to_what_the_currency_has(contract_terms: Terms, currency: str, amount: str) -> None:
    fee = {"name": "A", "fee": {"amount": "1000.5", "currency": currency}, "per": "month"}
    indexed = contract_terms(fees=[fee | {"indexation": {"percent": "2.5", "every_months": 1}}]).fees[0]
    assert str(fee_on(indexed, date(2026, 1, 1), date(2026, 2, 1)).amount) == amount


def test_the_dates_of_a_contract_in_the_order_of_days(contract_terms: Terms) -> None:
    assert list_dates(build_schedule(contract_terms()), date(2026, 1, 1), date(2027, 9, 1)) == [
        ("2026-03-01", "starts"),
        ("2026-11-30", "notice_by"),
        ("2027-03-01", "fee_rises"),
        ("2027-03-01", "renews"),
        ("2027-05-31", "notice_by"),
        ("2027-09-01", "renews"),
    ]


def test_nothing_happens_after_the_end(contract_terms: Terms) -> None:
    schedule = build_schedule(contract_terms(), ends_on=date(2027, 2, 28))
    assert list_dates(schedule, date(2027, 1, 1), date(2030, 1, 1)) == [("2027-02-28", "ends")]


def test_an_amendment_is_a_date_and_a_fee_it_changes_rises_from_then_on(contract_terms: Terms) -> None:
    before = contract_terms()
    fees = [fee.model_dump() for fee in before.fees]
    fees[1]["indexation"]["percent"] = 3
    after = contract_terms(fees=fees)
    amended = build_schedule(before, TermsVersion(2, date(2026, 9, 1), after))
    dates = list_dates(amended, date(2026, 9, 1), date(2027, 9, 1))
    assert [(day, occasion) for day, occasion in dates if occasion not in ("renews", "notice_by")] == [
        ("2026-09-01", "amended"),
        ("2027-09-01", "fee_rises"),
    ]


def test_a_fee_an_amendment_leaves_alone_keeps_its_rises(contract_terms: Terms) -> None:
    before, after = contract_terms(), contract_terms(title="Operation of the web shop and the till")
    amended = build_schedule(before, TermsVersion(2, date(2027, 9, 1), after))
    since = fee_agreed_since(amended.versions, amended.versions[1], after.fees[1])
    assert (since, fee_on(after.fees[1], since, date(2028, 3, 1)).amount) == (date(2026, 3, 1), Decimal("350.20"))
    dates = list_dates(amended, date(2026, 3, 1), date(2028, 3, 1))
    assert [day for day, occasion in dates if occasion == "fee_rises"] == ["2027-03-01", "2028-03-01"]


def test_a_version_replaced_before_it_took_effect_changes_no_fee(contract_terms: Terms) -> None:
    """Version 3 takes effect before version 2, and replaces it."""
    first = contract_terms()
    second = contract_terms(fees=[])
    versions = (
        TermsVersion(1, date(2026, 3, 1), first),
        TermsVersion(2, date(2027, 6, 1), second),
        TermsVersion(3, date(2027, 5, 1), first),
    )
    assert fee_agreed_since(versions, versions[2], first.fees[1]) == date(2026, 3, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"notice": None},
        {"renewal_months": None},
        {"notice": {"months": 1, "days": 30}},
        {"notice": {}},
        {"initial_months": 0},
        {"timezone": "Mars/Base"},
        {"fees": [{"name": "A", "fee": {"amount": "1", "currency": "EUR"}, "per": "month"}] * 2},
        {"fees": [{"name": "A", "fee": {"amount": "-1", "currency": "EUR"}, "per": "month"}]},
        {"remind_days": [-1]},
        {"channels": [{"channel": "telepathy", "reach": "mind"}]},
        {"starts_on": "2026-02-30"},
    ],
)
def test_contradictory_or_incomplete_terms_are_refused(contract_terms: Terms, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        contract_terms(**changes)


def test_reminder_days_are_sorted_and_without_duplicates(contract_terms: Terms) -> None:
    assert contract_terms(remind_days=[7, 30, 7]).remind_days == (30, 7)
    assert contract_terms().remind_days == (90, 30, 7)
