"""Windows of objectives beside the review period: what they reach, and when they are judged."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pydantic import ValidationError

from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import ObjectiveVerdict, evaluate_period
from sla.compliance.evaluation.windows import compute_evaluation_window, compute_evidence_start
from sla.compliance.statements.document import build_result
from sla.measurements.minutes import Minutes, MinuteState

ONE = UUID(int=1)
PARIS = {"timezone": "Europe/Paris", "hours": "24x7"}
QUARTER, YEAR = {"calendar": "calendar_quarter"}, {"calendar": "calendar_year"}

MakeTerms = Callable[..., Terms]


def of(terms: MakeTerms, window: dict[str, Any] | None, **changes: Any) -> Terms:
    objective = {"name": "It", "kind": "availability", "indicator_id": str(ONE), "target": "99", "method": "time"}
    windowed = objective | {"missing": "ignore", "window": window}
    return terms(service_hours=PARIS, objectives=[windowed], **{"starts_on": "2026-01-15"} | changes)


def midnight(day: str) -> datetime:
    """In Paris, where it is 22:00 or 23:00 in UTC."""
    utc_midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return utc_midnight - timedelta(hours=2 if "2026-03-29" < day <= "2026-10-25" else 1)


@pytest.mark.parametrize(
    ("window", "month", "first", "pending"),
    [
        (None, ("2026-05-01", "2026-06-01"), "2026-05-01", False),
        (QUARTER, ("2026-04-01", "2026-05-01"), "2026-04-01", True),
        (QUARTER, ("2026-06-01", "2026-07-01"), "2026-04-01", False),
        (QUARTER, ("2026-02-01", "2026-03-01"), "2026-01-15", True),
        (QUARTER, ("2026-03-01", "2026-04-01"), "2026-01-15", False),
        (YEAR, ("2026-11-01", "2026-12-01"), "2026-01-15", True),
        (YEAR, ("2026-12-01", "2027-01-01"), "2026-01-15", False),
        ({"rolling_days": 28}, ("2026-04-01", "2026-05-01"), "2026-04-03", False),
        ({"rolling_days": 90}, ("2026-06-01", "2026-07-01"), "2026-04-02", False),
        ({"rolling_days": 90}, ("2026-02-01", "2026-03-01"), "2026-01-15", False),
    ],
)
def test_a_window_reaches_as_far_as_it_says(
    terms: MakeTerms, window: dict[str, Any] | None, month: tuple[str, str], first: str, pending: bool
) -> None:
    agreed, (start, end) = of(terms, window), map(midnight, month)
    window_of = compute_evaluation_window(agreed.objectives[0], agreed, start, end)
    assert (window_of.start, window_of.end, window_of.is_pending) == (midnight(first), end, pending)
    assert compute_evidence_start(agreed, start, end) == min(start, midnight(first))


def test_a_window_is_cut_where_a_version_begins_and_ends(terms: MakeTerms) -> None:
    agreed = of(terms, YEAR, starts_on="2026-03-16", ends_on="2026-08-15")
    start, end = midnight("2026-08-01"), midnight("2026-08-16")
    assert compute_evaluation_window(agreed.objectives[0], agreed, start, end) == (
        midnight("2026-03-16"),
        end,
        end,
    )


def minutes(start: datetime, end: datetime, bad: int) -> Minutes:
    """The first are bad."""
    length = (end - start) // timedelta(minutes=1)
    state = np.where(np.arange(length) < bad, MinuteState.BAD, MinuteState.GOOD).astype(np.uint8)
    return Minutes(start, (state == MinuteState.GOOD).astype(np.int8), np.ones(length, np.int8), state)


def test_a_pending_objective_has_a_figure_but_neither_verdict_nor_credit(terms: MakeTerms) -> None:
    agreed = of(terms, QUARTER)
    begin, start, end = midnight("2026-01-15"), midnight("2026-02-01"), midnight("2026-03-01")
    evidence = PeriodEvidence({ONE: minutes(begin, end, 10_000)})
    to_date = evaluate_period(agreed, start, end, evidence)
    result = build_result(to_date)
    assert result["objectives"][0]["verdict"] == "pending"
    assert result["objectives"][0]["attained"] == "84.5679"  # of 45 days
    assert (result["performance"], result["met"], result["credit"]) == (None, None, "0.00")
    assert result["objectives"][0]["window"] == {"from": "2026-01-14T23:00:00Z", "to": "2026-02-28T23:00:00Z"}


def test_the_whole_window_is_evaluated_when_it_ends_for_the_charge_of_the_period(terms: MakeTerms) -> None:
    agreed = of(terms, QUARTER)
    begin, start, end = midnight("2026-01-15"), midnight("2026-03-01"), midnight("2026-04-01")
    evaluation = evaluate_period(agreed, start, end, PeriodEvidence({ONE: minutes(begin, end, 2000)}))
    assert evaluation.outcomes[0].verdict is ObjectiveVerdict.MISSED
    assert evaluation.outcomes[0].assessment.attained is not None
    assert str(evaluation.outcomes[0].assessment.attained) == "98.1715"  # one of the 76 days has 23 hours
    assert str(evaluation.credit) == "1200.00"


def test_evidence_that_falls_short_is_refused(terms: MakeTerms) -> None:
    agreed = of(terms, QUARTER)
    start, end = midnight("2026-03-01"), midnight("2026-04-01")
    with pytest.raises(ValueError, match="do not hold"):
        evaluate_period(agreed, start, end, PeriodEvidence({ONE: minutes(start, end, 0)}))


def test_a_window_shorter_than_the_review_period_is_no_term(terms: MakeTerms) -> None:
    with pytest.raises(ValidationError, match="shorter than the review period"):
        of(terms, QUARTER, review_period="calendar_year")
    assert of(terms, QUARTER, review_period="calendar_quarter").objectives
