"""Priorities: the product of impact, urgency, customer and credit at risk, each explained."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import new_id
from sla.issues.origins import BreachSeverity, ConcernSeverity
from sla.issues.triage import compute_score, credit_term, impact_term, urgency_term

AGREEMENT = new_id()


def missed(**changes: Any) -> BreachSeverity:
    usual: dict[str, Any] = {
        "agreement_id": AGREEMENT,
        "objective_name": "Availability",
        "target": Decimal("99.5"),
        "attained": Decimal(99),
        "weight_share": Decimal(50),
    }
    return BreachSeverity(**usual | changes)


def concerned(*, urgency: int, because: str) -> ConcernSeverity:
    return ConcernSeverity(
        agreement_id=AGREEMENT, name="Shop answers", weight_share=Decimal(60), urgency=urgency, because=because
    )


@pytest.mark.parametrize(("share", "value"), [("19.99", 1), ("20", 2), ("49.999", 2), ("50", 3), ("100", 3)])
def test_impact_grows_with_the_weight_of_what_was_missed(share: str, value: int) -> None:
    assert impact_term([missed(weight_share=Decimal(share))]).value == value


def test_objectives_of_one_agreement_weigh_together_and_those_of_several_do_not() -> None:
    first, second = missed(weight_share=Decimal(25)), missed(weight_share=Decimal(25), objective_name="Fast answers")
    together = impact_term([first, second])
    assert (together.value, together.because) == (3, "the objectives missed carry 50 % of the agreement's weight")
    assert impact_term([first, replace(second, agreement_id=new_id())]).value == 2


def test_the_same_objective_missed_in_two_periods_weighs_once() -> None:
    assert impact_term([missed(weight_share=Decimal(25))] * 2).value == 2


@pytest.mark.parametrize(
    ("attained", "value"), [("99.49", 1), ("99.0001", 1), ("99", 2), ("97.6", 2), ("97.5", 3), ("0", 3)]
)
def test_urgency_grows_with_the_budget_overspent(attained: str, value: int) -> None:
    assert urgency_term([missed(attained=Decimal(attained))]).value == value


def test_urgency_is_that_of_the_objective_missed_worst() -> None:
    term = urgency_term([missed(), missed(objective_name="Fast answers", target=Decimal(95), attained=Decimal(60))])
    assert term.because == "Fast answers spent its error budget 8.0 times"


def test_a_promise_without_error_budget_is_urgent_when_it_is_missed() -> None:
    term = urgency_term([missed(attained=Decimal(10)), missed(target=Decimal(100), attained=Decimal("99.9999"))])
    assert (term.value, term.because) == (3, "Availability allows no error at all")


def test_the_score_is_the_product_of_what_each_term_is_worth() -> None:
    owed = missed(
        weight_share=Decimal(100),
        attained=Decimal(90),
        credit_percent=Decimal(5),
        credit_amount=Decimal(600),
        currency="EUR",
    )
    score = compute_score([owed], importance=3)
    assert [(term.name, term.value, term.weight, term.points) for term in score.terms] == [
        ("impact", 3, 2, 9),
        ("urgency", 3, 2, 9),
        ("customer", 3, 1, 3),
        ("credit", 2, 1, 2),
    ]
    assert (score.score, score.priority) == (9 * 9 * 3 * 2, 1)


@pytest.mark.parametrize(
    ("share", "attained", "value"),
    [("50", "97.5", 1), ("50", "99", 2), ("20", "99", 3), ("50", "99.4", 3), ("1", "99.4", 5)],
)
def test_of_an_ordinary_customer_without_credits_impact_times_urgency_decides(
    share: str, attained: str, value: int
) -> None:
    assert compute_score([missed(weight_share=Decimal(share), attained=Decimal(attained))]).priority == value


def test_how_badly_a_promise_is_broken_counts_before_whom_it_was_made_to() -> None:
    bad_for_a_small_one = compute_score([missed(weight_share=Decimal(50), attained=Decimal(90))], importance=1)
    slight_for_a_key_one = compute_score([missed(weight_share=Decimal(20), attained=Decimal("99.4"))], importance=3)
    assert bad_for_a_small_one.score > slight_for_a_key_one.score


def owing(percent: str, amount: str, currency: str, agreement: Any = AGREEMENT) -> BreachSeverity:
    return missed(
        agreement_id=agreement,
        credit_percent=Decimal(percent),
        credit_amount=Decimal(amount),
        currency=currency,
        objective_name=f"{percent} of {amount} {currency}",
    )


@pytest.mark.parametrize(("percent", "value"), [("0", 1), ("0.01", 2), ("9.99", 2), ("10", 3)])
def test_credit_at_risk_grows_with_the_share_of_the_charge(percent: str, value: int) -> None:
    assert credit_term([owing(percent, "1", "EUR")]).value == value


def test_credits_of_several_agreements_are_added_by_currency_and_the_worst_counts() -> None:
    term = credit_term([owing("5", "600", "EUR"), owing("4", "400", "EUR"), owing("2", "99.5", "USD", new_id())])
    assert (term.value, term.measured) == (2, "9 %")
    assert term.because == "up to 9 % of a charge, 1000.00 EUR and 99.50 USD, are owed in credits"


def test_where_the_terms_know_no_credits_none_is_at_risk() -> None:
    assert credit_term([missed()]).because == "no credits are owed for it"


def test_a_worry_is_weighed_before_anything_is_missed() -> None:
    concern = concerned(urgency=3, because="Shop answers is silent, so nothing is known")
    score = compute_score([], [concern])
    assert [term.because for term in score.terms[:2]] == [
        "the objectives concerned carry 60 % of the agreement's weight",
        "Shop answers is silent, so nothing is known",
    ]
    assert score.priority == 1


def test_the_shares_of_worries_and_breaches_are_no_more_than_the_whole() -> None:
    concern = concerned(urgency=1, because="it is silent")
    assert impact_term([missed(weight_share=Decimal(60))], [concern]).measured == "100 %"


percentages = st.decimals(0, 99, places=3)


@given(st.lists(st.tuples(percentages, percentages, st.sampled_from("ABC")), min_size=1), st.data())
def test_one_more_breach_never_makes_an_issue_less_pressing(
    drawn: list[tuple[Decimal, Decimal, str]], data: Any
) -> None:
    breaches = [
        missed(weight_share=share, attained=attained, objective_name=name, target=Decimal(99))
        for share, attained, name in drawn
    ]
    more = missed(attained=data.draw(percentages), objective_name="one more")
    assert compute_score([*breaches, more]).score >= compute_score(breaches).score


def test_the_order_of_breaches_does_not_matter() -> None:
    breaches = [missed(objective_name=name, weight_share=Decimal(10)) for name in "ABCDE"]
    assert compute_score(breaches[::-1]).score == compute_score(breaches).score
