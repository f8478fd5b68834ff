"""Priorities: impact times urgency, each explained."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import new_id
from sla.issues.triage import Weighed, impact, priority, urgency

AGREEMENT = new_id()


def missed(**changes: Any) -> Weighed:
    usual: dict[str, Any] = {
        "agreement_id": AGREEMENT,
        "objective_name": "Availability",
        "target": Decimal("99.5"),
        "attained": Decimal(99),
        "weight_share": Decimal(50),
    }
    return Weighed(**usual | changes)


@pytest.mark.parametrize(("share", "value"), [("19.99", 1), ("20", 2), ("49.999", 2), ("50", 3), ("100", 3)])
def test_impact_grows_with_the_weight_of_what_was_missed(share: str, value: int) -> None:
    assert impact([missed(weight_share=Decimal(share))]).value == value


def test_objectives_of_one_agreement_weigh_together_and_those_of_several_do_not() -> None:
    first, second = missed(weight_share=Decimal(25)), missed(weight_share=Decimal(25), objective_name="Fast answers")
    together = impact([first, second])
    assert (together.value, together.because) == (3, "the objectives missed carry 50 % of the agreement's weight")
    assert impact([first, second._replace(agreement_id=new_id())]).value == 2


def test_the_same_objective_missed_in_two_periods_weighs_once() -> None:
    assert impact([missed(weight_share=Decimal(25))] * 2).value == 2


@pytest.mark.parametrize(
    ("attained", "value"), [("99.49", 1), ("99.0001", 1), ("99", 2), ("97.6", 2), ("97.5", 3), ("0", 3)]
)
def test_urgency_grows_with_the_budget_overspent(attained: str, value: int) -> None:
    assert urgency([missed(attained=Decimal(attained))]).value == value


def test_urgency_is_that_of_the_objective_missed_worst() -> None:
    term = urgency([missed(), missed(objective_name="Fast answers", target=Decimal(95), attained=Decimal(60))])
    assert term.because == "Fast answers spent its error budget 8.0 times"


def test_a_promise_without_error_budget_is_urgent_when_it_is_missed() -> None:
    term = urgency([missed(attained=Decimal(10)), missed(target=Decimal(100), attained=Decimal("99.9999"))])
    assert (term.value, term.because) == (3, "Availability allows no error at all")


def test_the_priority_is_the_product_of_its_terms() -> None:
    found = priority([missed(weight_share=Decimal(100), attained=Decimal(90))])
    assert found.value == 1
    assert [(term.name, term.value) for term in found.terms] == [("impact", 3), ("urgency", 3)]
    assert priority([missed(weight_share=Decimal(1), attained=Decimal("99.4"))]).value == 5


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
    assert priority([*breaches, more]).value <= priority(breaches).value


def test_the_order_of_breaches_does_not_matter() -> None:
    breaches = [missed(objective_name=name, weight_share=Decimal(10)) for name in "ABCDE"]
    assert priority(breaches[::-1]).value == priority(breaches).value
