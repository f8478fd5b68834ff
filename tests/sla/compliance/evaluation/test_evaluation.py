"""Evaluations on numbers alone: verdicts, performance, credits, and what an open period can still come to."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from common.canonical_json import hash_canonical_json
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import ObjectiveVerdict, PeriodEvaluation, evaluate_period
from sla.compliance.forecast.period_forecast import compute_period_forecast
from sla.compliance.statements.document import build_result, compute_differences, format_decimal
from sla.measurements.minutes import Minutes, MinuteState

START = datetime(2026, 6, 1, tzinfo=UTC)
ALWAYS = {"timezone": "UTC", "hours": "24x7"}
ONE, OTHER = UUID(int=1), UUID(int=2)

MakeTerms = Callable[..., Terms]


def objective(name: str, indicator: UUID, **changes: Any) -> dict[str, Any]:
    plain_one = {"name": name, "kind": "ratio", "indicator_id": indicator, "target": "90", "method": "occurrences"}
    return plain_one | {"missing": "ignore"} | changes


def minutes(good: Sequence[int], total: Sequence[int]) -> Minutes:
    """A minute without events was not measured."""
    good_, total_ = np.array(good, dtype=np.int64), np.array(total, dtype=np.int64)
    state = np.where(
        total_ == 0, MinuteState.UNKNOWN, np.where(good_ < total_, MinuteState.BAD, MinuteState.GOOD)
    ).astype(np.uint8)
    return Minutes(START, good_, total_, state)


def evaluated(terms: Terms, **measured: Minutes) -> PeriodEvaluation:
    by_indicator = {ONE: measured["one"], OTHER: measured.get("other", measured["one"])}
    return evaluate_period(terms, START, START + timedelta(minutes=len(measured["one"])), PeriodEvidence(by_indicator))


def test_performance_is_weighted_over_measured_objectives(terms: MakeTerms) -> None:
    objectives = [objective("A", ONE, weight="3"), objective("B", OTHER, weight="1")]
    agreed = terms(service_hours=ALWAYS, objectives=objectives)
    both_measured = evaluated(agreed, one=minutes([8, 8], [10, 10]), other=minutes([10, 10], [10, 10]))
    half = evaluated(agreed, one=minutes([8, 8], [10, 10]), other=minutes([0, 0], [0, 0]))
    none = evaluated(agreed, one=minutes([0, 0], [0, 0]))
    performances = [build_result(evaluation)["performance"] for evaluation in (both_measured, half, none)]
    assert performances == ["85.0000", "80.0000", None]


@pytest.mark.parametrize(
    ("good", "other", "met"),
    [(10, 10, True), (10, 0, False), (0, None, False), (10, None, None), (None, None, None)],
)
def test_met_as_a_whole(terms: MakeTerms, good: int | None, other: int | None, met: bool | None) -> None:
    def of(value: int | None) -> Minutes:
        return minutes([value or 0], [0 if value is None else 10])

    agreed = terms(service_hours=ALWAYS, objectives=[objective("A", ONE), objective("B", OTHER)])
    assert evaluated(agreed, one=of(good), other=of(other)).met is met


def test_a_met_objective_owes_no_credit_whatever_the_ladder_says(terms: MakeTerms) -> None:
    agreed = terms(service_hours=ALWAYS, objectives=[objective("A", ONE, target="95")])
    met, missed = (evaluated(agreed, one=minutes([part], [1000])) for part in (960, 940))
    assert [evaluation.outcomes[0].verdict for evaluation in (met, missed)] == [
        ObjectiveVerdict.MET,
        ObjectiveVerdict.MISSED,
    ]
    assert [str(evaluation.credit) for evaluation in (met, missed)] == ["0.00", "40.00"]  # of one day of thirty


def test_without_a_ladder_there_are_no_credits(terms: MakeTerms) -> None:
    agreed = terms(service_hours=ALWAYS, objectives=[objective("A", ONE)], credits=None)
    result = build_result(evaluated(agreed, one=minutes([0], [10])))
    assert (result["credit"], result["currency"]) == (None, None)


def test_counts_that_json_cannot_carry_are_written_out(terms: MakeTerms) -> None:
    agreed = terms(service_hours=ALWAYS, objectives=[objective("A", ONE)])
    result = build_result(evaluated(agreed, one=minutes([2**61] * 3, [2**61] * 3)))
    assert result["objectives"][0]["in_scope"] == str(3 * 2**61)
    assert len(hash_canonical_json(result)) == 64


def test_the_same_minutes_give_the_same_bytes_and_others_do_not(terms: MakeTerms) -> None:
    agreed = terms(service_hours=ALWAYS, objectives=[objective("A", ONE)])
    first, again, reordered = (
        hash_canonical_json(build_result(evaluated(agreed, one=minutes(good, [10, 10]))))
        for good in ([9, 8], [9, 8], [8, 9])
    )
    assert first == again
    assert first != reordered  # the same sums, from other evidence


@pytest.mark.parametrize(
    ("method", "perfect"),
    [("occurrences", "80.0000"), ("timeslices", "75.0000"), ("ratio_timeslices", "80.0000"), ("time", "50.0000")],
)
def test_if_all_goes_well_from_here(terms: MakeTerms, method: str, perfect: str) -> None:
    """Two minutes measured, with 8 and 4 good of 10; two are to come."""
    slices = {"slice_target": "80"} if method == "timeslices" else {}
    agreed = terms(service_hours=ALWAYS, objectives=[objective("A", ONE, method=method, **slices)])
    measured = {ONE: minutes([8, 4], [10, 10])}
    forecast = compute_period_forecast(
        agreed, START, START + timedelta(minutes=2), START + timedelta(minutes=4), PeriodEvidence(measured)
    )
    ratio = forecast.objectives[0].if_perfect
    assert ratio is not None
    assert str(ratio.to_percent(4)) == perfect


@pytest.mark.parametrize(("missing", "affordable"), [("ignore", -1), ("good", 0), ("bad", -10)])
def test_unknown_minutes_reduce_the_affordable_ones_as_agreed(terms: MakeTerms, missing: str, affordable: int) -> None:
    """20 minutes, of which 10 are unknown and 2 bad, under a target of 90 %."""
    agreed = terms(service_hours=ALWAYS, objectives=[objective("A", ONE, method="time", missing=missing)])
    measured = {ONE: minutes([0, 0] + [1] * 8 + [0] * 10, [1] * 10 + [0] * 10)}
    forecast = compute_period_forecast(
        agreed, START, START + timedelta(minutes=20), START + timedelta(minutes=20), PeriodEvidence(measured)
    )
    open_window = forecast.objectives[0].open_window
    assert open_window is not None
    assert open_window.affordable_minutes == affordable


def test_differences_name_their_places() -> None:
    stated = {"a": 1, "b": [{"c": 1}, {"c": 2}], "d": [1]}
    recomputed = {"a": 1, "b": [{"c": 1}, {"c": 3}], "d": [1, 2], "e": None}
    assert list(compute_differences(stated, recomputed)) == [
        {"field": "b.1.c", "stated": 2, "found": 3},
        {"field": "d", "stated": [1], "found": [1, 2]},
    ]


@pytest.mark.parametrize(("written", "expected"), [("99.90", "99.9"), ("1E+2", "100"), ("100.000", "100"), ("0", "0")])
def test_numbers_are_written_one_way(written: str, expected: str) -> None:
    assert format_decimal(Decimal(written)) == expected


@pytest.mark.parametrize(
    ("short", "verdict", "figures"),
    [(0, "met", ("90.0000", "100.000", "0.000000")), (1, "missed", ("89.9999", "100.001", "-0.000001"))],
)
def test_an_event_of_ten_billion_decides_and_shows(
    terms: MakeTerms, short: int, verdict: str, figures: tuple[str, str, str]
) -> None:
    agreed = terms(service_hours=ALWAYS, objectives=[objective("A", ONE)])
    stated = build_result(evaluated(agreed, one=minutes([9 * 10**12 - short], [10**13])))["objectives"][0]
    assert (stated["attained"], stated["error_budget"]["consumed"], stated["margin"]) == figures
    assert stated["verdict"] == verdict
