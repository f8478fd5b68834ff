"""What a miss owes, by a ladder or by steps below the target, shared or of single objectives."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sla.agreements.objectives import CreditScale
from sla.agreements.terms import Terms
from sla.compliance.evaluation.credits import compute_credit_percent
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.ratios import Ratio
from sla.compliance.statements.document import build_result
from sla.incidents.clocks.period_counts import CountedClock, IncidentCounts
from sla.incidents.clocks.verdict import ClockVerdict
from sla.measurements.minutes import Minutes, MinuteState

GUIDE = Path(__file__).parents[4] / "docs" / "guides" / "service-manager.md"
START = datetime(2026, 6, 1, tzinfo=UTC)
ONE = UUID(int=1)
RATIO = {"kind": "ratio", "indicator_id": str(ONE), "method": "occurrences", "missing": "ignore"}
STEPS = [{"points_below": "0", "percent": "5"}, {"points_below": "0.5", "percent": "10"}]

Document = dict[str, Any]


def terms(*objectives: Document, credits_: Document | None) -> Terms:
    named = [
        {"id": str(UUID(int=9 + place)), "name": f"O{place}"} | objective for place, objective in enumerate(objectives)
    ]
    return Terms.model_validate(
        {
            "name": "T",
            "service_hours": {"timezone": "UTC", "hours": "24x7"},
            "starts_on": "2026-01-01",
            "objectives": named,
            "credits": credits_,
            "monthly_charge": {"amount": "3000", "currency": "EUR"},
        }
    )


def evaluated(agreed: Terms, good: int, total: int, **evidence: Any) -> PeriodEvaluation:
    """Evaluate June with all events in one minute; each minute is measured."""
    length = 30 * 1440
    columns = np.zeros((2, length), np.int64)
    columns[:, 0] = good, total
    minutes = Minutes(START, columns[0], columns[1], np.full(length, MinuteState.GOOD, np.uint8))
    return evaluate_period(agreed, START, START + timedelta(days=30), PeriodEvidence({ONE: minutes}, **evidence))


def steps_in_guide() -> Iterator[tuple[Document, str, str, str]]:
    rows = re.findall(r"^\| (.*?\S: \d.*?) \| (\S+) \| (\S+) \| (\S+) \|$", GUIDE.read_text(), re.MULTILINE)
    for scale, target, attained, owed in rows:
        ladder = [{"below": b, "percent": p} for b, p in re.findall(r"below (\S+): (\d+)", scale)]
        steps = [{"points_below": b, "percent": p} for b, p in re.findall(r"(\S+) points: (\d+)", scale)]
        yield ({"ladder": ladder} if ladder else {"steps": steps}), target, attained, owed


@pytest.mark.parametrize(("scale", "target", "attained", "owed"), list(steps_in_guide()))
def test_the_examples_in_the_guide(scale: Document, target: str, attained: str, owed: str) -> None:
    exact = Ratio(*(Fraction(attained) / 100).as_integer_ratio())
    ladder = CreditScale.model_validate(scale).ladder_for(Decimal(target))
    percent = compute_credit_percent(exact, ladder) if Fraction(attained) < Fraction(target) else 0
    assert percent == Decimal(owed)


def test_the_guide_has_examples() -> None:
    assert len(list(steps_in_guide())) > 10


decimals = st.decimals(Decimal("0.01"), 100, places=2)


@st.composite
def scales(draw: st.DrawFn, target: Decimal) -> Document:
    """A ladder, or steps that stay above 0 %."""
    size = draw(st.integers(1, 5))
    percents = sorted(draw(st.sets(decimals, min_size=size, max_size=size)))
    if draw(st.booleans()):
        marks = sorted(draw(st.sets(decimals, min_size=size, max_size=size)), reverse=True)
        return {"ladder": [{"below": str(mark), "percent": str(p)} for mark, p in zip(marks, percents, strict=True)]}
    below_target = st.decimals(0, target - Decimal("0.01"), places=2)
    points = sorted(draw(st.sets(below_target, min_size=1, max_size=size)))
    return {
        "steps": [{"points_below": str(mark), "percent": str(p)} for mark, p in zip(points, percents, strict=False)]
    }


def walked(scale: Document, target: Decimal, good: int, total: int) -> Fraction:
    """Compute again, by the words of the guide, in percent: from the last step to the first, which one was missed."""
    attained = Fraction(100 * good, total)
    if attained >= Fraction(target):
        return Fraction(0)
    for step in reversed(scale.get("ladder") or scale["steps"]):
        if "below" in step and attained < Fraction(step["below"]):
            return Fraction(step["percent"])
        if "points_below" in step and Fraction(target) - attained > Fraction(step["points_below"]):
            return Fraction(step["percent"])
    return Fraction(0)


@given(st.data())
def test_credits_are_those_of_a_second_computation(data: st.DataObject) -> None:
    targets = data.draw(st.lists(decimals, min_size=1, max_size=4))
    total = data.draw(st.integers(1, 10_000))
    good = data.draw(st.integers(0, total))
    cap, own = data.draw(decimals), [data.draw(scales(target)) for target in targets]
    promises = [RATIO | {"target": str(t), "credits": scale} for t, scale in zip(targets, own, strict=True)]
    result = build_result(evaluated(terms(*promises, credits_={"cap": str(cap), "rounding": "down"}), good, total))
    percents = [walked(scale, target, good, total) for scale, target in zip(own, targets, strict=True)]
    owed = min(sum(percents, Fraction(0)), Fraction(cap)) * 3000  # in cents
    assert [Fraction(row["credit_percent"]) for row in result["objectives"]] == percents
    assert Fraction(result["credit"]) * 100 == owed // 1


@given(st.data())
def test_a_worse_month_never_owes_less_and_none_owes_more_than_the_cap(data: st.DataObject) -> None:
    target, total = data.draw(decimals), data.draw(st.integers(1, 1000))
    scale, cap = data.draw(scales(target)), data.draw(decimals)
    worse, better = sorted((data.draw(st.integers(0, total)), data.draw(st.integers(0, total))))
    promises = [RATIO | {"target": str(target), "credits": scale}] * 2
    agreed = terms(*promises, credits_={"cap": str(cap)})
    owed_worse, owed_better = (evaluated(agreed, good, total).credit or Decimal(0) for good in (worse, better))
    assert owed_better <= owed_worse <= cap * 30 + Decimal("0.01")


@given(st.data())
def test_credits_of_single_objectives_owe_what_the_same_shared_ones_do(data: st.DataObject) -> None:
    target, total = data.draw(decimals), data.draw(st.integers(1, 1000))
    scale, good = data.draw(scales(target)), data.draw(st.integers(0, total))
    promise = RATIO | {"target": str(target)}
    shared = evaluated(terms(promise, promise, credits_=scale | {"cap": "60"}), good, total)
    single = evaluated(terms(*[promise | {"credits": scale}] * 2, credits_={"cap": "60"}), good, total)
    assert shared.credit == single.credit
    percents = [
        [outcome.credit_percent(evaluation.terms) for outcome in evaluation.outcomes] for evaluation in (shared, single)
    ]
    assert percents[0] == percents[1]


def incident_counts(in_time: int, late: int) -> IncidentCounts:
    verdicts = [ClockVerdict.IN_TIME] * in_time + [ClockVerdict.LATE] * late
    return IncidentCounts.from_rows(
        CountedClock(0, UUID(int=place), verdict, 1) for place, verdict in enumerate(verdicts)
    )


@pytest.mark.parametrize(
    ("promise", "attained", "owed"),
    [
        (RATIO | {"target": "90.5"}, "90.0000", "5"),
        (RATIO | {"target": "90.6"}, "90.0000", "10"),
        ({"kind": "volume", "indicator_id": str(ONE), "direction": "at_most", "limit": 9, "per": "day", "target": "97"},
         "96.6666", "5"),
        ({"kind": "volume", "indicator_id": str(ONE), "direction": "at_least", "limit": 1, "per": "day", "target": "9"},
         "3.3333", "10"),
        ({"kind": "resolution_time", "priorities": [1], "within": "PT4H", "target": "80.3"}, "80.0000", "5"),
        ({"kind": "response_time", "priorities": [1], "within": "PT4H", "target": "95"}, "80.0000", "10"),
    ],
)  # fmt: skip
def test_steps_below_the_target_of_every_kind(promise: Document, attained: str, owed: str) -> None:
    agreed = terms(promise, credits_={"steps": STEPS})
    counts = {agreed.objectives[0].id: incident_counts(in_time=4, late=1)}
    (row,) = build_result(evaluated(agreed, 9, 10, incidents=counts))["objectives"]
    assert (row["attained"], row["credit_percent"]) == (attained, owed)


def test_a_statement_writes_out_steps_that_the_terms_do_not_share_as_a_ladder() -> None:
    own = RATIO | {"target": "99.9", "credits": {"steps": STEPS}}
    with_own = build_result(evaluated(terms(own, RATIO | {"target": "99"}, credits_={}), 9, 10))["objectives"]
    ladder = {"ladder": [{"below": "99", "percent": "5"}]}
    before = build_result(evaluated(terms(RATIO | {"target": "99"}, credits_=ladder), 9, 10))["objectives"]
    assert with_own[0]["credit_steps"] == [{"below": "99.9", "percent": "5"}, {"below": "99.4", "percent": "10"}]
    assert (with_own[1]["credit_steps"], with_own[1]["credit_percent"]) == ([], "0")
    assert "credit_steps" not in before[0]
    assert not any("credits" in row["promised"] for row in with_own + before)


def test_terms_without_the_new_credits_are_written_as_ever() -> None:
    document = terms(RATIO | {"target": "99"}, credits_={"ladder": [{"below": "99", "percent": "5"}]}).to_document()
    assert document["credits"].keys() == {"ladder", "cap", "rounding", "claim_within_days"}
    assert "credits" not in document["objectives"][0]


LADDER = [{"below": "99.5", "percent": "5"}]


@pytest.mark.parametrize(
    ("own", "credits_", "place"),
    [
        ({}, {}, "credits.ladder"),
        ({}, {"ladder": LADDER, "steps": STEPS}, "credits.steps"),
        ({}, {"steps": list(reversed(STEPS))}, "credits.steps"),
        ({}, {"steps": []}, "credits.steps"),
        ({}, {"steps": [{"points_below": "99", "percent": "5"}]}, "credits.steps"),
        ({"credits": {"ladder": LADDER}}, None, "objectives.0.credits"),
        ({"credits": {}}, {"steps": STEPS}, "objectives.0.ratio.credits.ladder"),
        ({"credits": {"steps": [{"points_below": "99.5", "percent": "5"}]}}, {}, "objectives.0.credits.steps"),
    ],
)
def test_credits_that_cannot_be_owed_are_refused(own: Document, credits_: Document | None, place: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        terms(RATIO | {"target": "99"} | own, credits_=credits_)
    error = refusal.value.errors()[0]
    path = (*error["loc"], *filter(None, [error.get("ctx", {}).get("field")]))
    assert ".".join(map(str, path)) == place
