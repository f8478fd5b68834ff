"""Which targets would have been kept, and a back-test in words."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective
from sla.agreements.terms import Terms
from sla.backtests.budgeting_methods import with_budgeting_method
from sla.backtests.kept_targets import KeptTargets, compute_kept_targets
from sla.backtests.summary import build_sentences
from sla.compliance.evaluation.ratios import Ratio

STEP = Fraction(1, 10**6)
ratios = st.integers(1, 10**7).flatmap(lambda whole: st.integers(0, whole).map(lambda part: Ratio(part, whole)))


def count_kept(attained: list[Ratio], target: int) -> int:
    return sum(ratio.reaches(target * STEP) for ratio in attained)


@given(st.lists(ratios, min_size=1, max_size=60))
def test_a_step_higher_and_it_would_have_been_missed(attained: list[Ratio]) -> None:
    targets = compute_kept_targets(attained)
    assert targets.in_all is not None
    assert targets.in_95_percent is not None
    assert count_kept(attained, targets.in_all) == len(attained)
    assert count_kept(attained, targets.in_all + 1) < len(attained)
    assert count_kept(attained, targets.in_95_percent) * 100 >= 95 * len(attained)
    assert count_kept(attained, targets.in_95_percent + 1) * 100 < 95 * len(attained)


def test_one_of_twenty_may_be_missed_in_95_percent_of_them() -> None:
    attained = [Ratio(99, 100)] * 19 + [Ratio(1, 2)]
    assert compute_kept_targets(attained) == KeptTargets(in_all=500_000, in_95_percent=990_000)
    assert compute_kept_targets(attained[1:]) == KeptTargets(in_all=500_000, in_95_percent=500_000)


def test_nothing_was_kept_where_nothing_was_judged() -> None:
    assert compute_kept_targets([]) == KeptTargets(None, None)


@pytest.mark.parametrize(
    "method", [BudgetingMethod.OCCURRENCES, BudgetingMethod.TIMESLICES, BudgetingMethod.RATIO_TIMESLICES]
)
def test_every_variant_is_one_that_could_be_signed(terms: Callable[..., Terms], method: BudgetingMethod) -> None:
    variant = with_budgeting_method(terms(), method)
    assert Terms.model_validate(variant.to_document()) == variant
    measured = [objective for objective in variant.objectives if isinstance(objective, MeasuredObjective)]
    assert {objective.method for objective in measured} == {method}
    assert [objective.slice_target for objective in measured] == (
        [Decimal("99.5"), Decimal(99)] if method is BudgetingMethod.TIMESLICES else [None, None]
    )


def document(**changes: Any) -> dict[str, Any]:
    objective = {
        "name": "Availability",
        "target": "99.5",
        "judged": 12,
        "missed": ["2026-01", "2026-02", "2026-03"],
        "kept_in_all": "98.1",
        "kept_in_95_percent": "98.1",
        "not_measured": [],
    }
    usual = {
        "review_period": "calendar_month",
        "periods": [{"period": f"2026-{month:02}"} for month in range(1, 13)],
        "periods_missed": ["2026-01", "2026-02", "2026-03"],
        "periods_undecided": [],
        "credit": "4200.00",
        "currency": "EUR",
        "objectives": [objective | changes.pop("objective", {})],
    }
    return usual | changes


def test_the_first_sentence_is_what_a_negotiator_wants_to_hear() -> None:
    first, second = build_sentences(document())
    assert first == "The terms would have been missed in 3 of 12 months, from 2026-01 to 2026-12; credits 4200.00 EUR."
    assert second == (
        "Availability: 99.5 % would have been missed in 3 of 12 (2026-01, 2026-02, 2026-03); the highest target kept in"
        " all of them is 98.1 %, in 95 % of them 98.1 %."
    )


def test_one_quarter_is_one_quarter() -> None:
    sentences = build_sentences(
        document(review_period="calendar_quarter", periods=[{"period": "2026-Q1"}], periods_missed=[])
    )
    assert sentences[0].startswith("The terms would have been missed in 0 of 1 quarter, 2026-Q1")


def test_terms_without_credits_owe_none() -> None:
    assert build_sentences(document(credit=None))[0].endswith("from 2026-01 to 2026-12.")


def test_many_periods_are_not_all_listed() -> None:
    missed = [f"2026-{month:02}" for month in range(1, 10)]
    (_, sentence) = build_sentences(document(objective={"missed": missed}))
    assert "(2026-01, 2026-02, 2026-03, 2026-04, 2026-05, 2026-06 and 3 more)" in sentence


def test_what_was_kept_and_what_was_not_measured() -> None:
    changes = {"missed": [], "judged": 11, "not_measured": ["2026-07"]}
    sentences = build_sentences(document(objective=changes, periods_missed=[], periods_undecided=["2026-07"]))
    assert sentences[0].endswith("In 1 of them too little is known to say so.")
    assert "99.5 % would have been kept in all 11;" in sentences[1]
    assert sentences[2] == "Availability: too little was measured in 2026-07."


def test_an_objective_of_which_nothing_happened() -> None:
    (_, sentence) = build_sentences(document(objective={"judged": 0, "missed": []}))
    assert sentence == "Availability: nothing happened that it could be judged by."
