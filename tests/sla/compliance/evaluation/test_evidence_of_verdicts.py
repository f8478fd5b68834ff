"""A verdict rests on evidence: how much is asked for, how much there was, and what was wrong with it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import evaluate_period
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.compliance.statements.document import build_result, compute_changes
from sla.measurements.minutes import Minutes

START = datetime(2026, 6, 1, tzinfo=UTC)
ONE = UUID(int=1)
DAY = 1440


def terms_with(**objective: Any) -> Terms:
    plain = {"id": str(UUID(int=7)), "name": "It", "kind": "ratio", "indicator_id": str(ONE), "target": "99"}
    return Terms.model_validate(
        {
            "name": "T",
            "service_hours": {"timezone": "UTC", "hours": "24x7"},
            "starts_on": "2026-01-01",
            "objectives": [plain | {"method": "timeslices", "slice_target": "95", "missing": "ignore"} | objective],
        }
    )


def stated(
    terms: Terms, measured: int, good: int = 10, total: int = 10, version: RulesVersion = CURRENT_RULES
) -> dict[str, Any]:
    """The result of a day of which so many minutes were measured, each with so many good events of all."""
    is_known = np.arange(DAY) < measured
    minutes = Minutes.from_counts(START, good * is_known.astype(np.int64), total * is_known.astype(np.int64), is_known)
    evidence = PeriodEvidence({ONE: minutes})
    return build_result(evaluate_period(terms, START, START + timedelta(days=1), evidence, version))


@pytest.mark.parametrize(
    ("given", "floor"),
    [
        ({"missing": "ignore"}, 90),
        ({"missing": "good"}, 90),
        ({"missing": "bad"}, 0),  # the contract has settled what an unmeasured minute means
        ({"missing": "bad", "coverage_floor": "50"}, 50),
        ({"missing": "ignore", "coverage_floor": "0"}, 0),
    ],
)
def test_terms_ask_for_nine_tenths_unless_they_say_otherwise(given: dict[str, Any], floor: int) -> None:
    (objective,) = terms_with(**given).objectives
    assert objective.to_document()["coverage_floor"] == str(floor)


@pytest.mark.parametrize(
    "objective",
    [
        {"kind": "latency_percentile", "limit": "300"},
        {"kind": "volume", "direction": "at_least", "limit": 5, "per": "hour"},
    ],
)
def test_every_measured_kind_does(objective: dict[str, Any]) -> None:
    unset = {"method", "slice_target", "missing"}
    document = terms_with().model_dump(mode="json")
    base = {name: document["objectives"][0][name] for name in ("id", "name", "indicator_id", "target")}
    document["objectives"] = [base | objective]
    (parsed,) = Terms.model_validate(document).objectives
    assert getattr(parsed, "coverage_floor", None) == Decimal(90)
    assert not unset & parsed.to_document().keys()


def test_four_minutes_of_a_day_are_no_verdict() -> None:
    (objective,) = stated(terms_with(), measured=4)["objectives"]
    assert (objective["verdict"], objective["attained"], objective["coverage"]) == (
        "too_little_measured",
        "100.0000",
        "0.2777",
    )
    assert objective["warnings"] == []


def test_a_verdict_on_little_evidence_says_so() -> None:
    """As in agreements that were signed with a floor of 0."""
    (objective,) = stated(terms_with(coverage_floor="0"), measured=4)["objectives"]
    assert (objective["verdict"], objective["warnings"]) == ("met", ["little_evidence"])
    (covered,) = stated(terms_with(coverage_floor="0"), measured=DAY * 9 // 10)["objectives"]
    assert (covered["verdict"], covered["warnings"]) == ("met", [])


def test_all_amounts_of_an_objective_have_one_unit() -> None:
    (objective,) = stated(terms_with(method="occurrences", slice_target=None), measured=1400)["objectives"]
    assert (objective["counted_in"], objective["in_scope"], objective["unknown"]) == ("events", 14_000, None)
    assert objective["unmeasured_minutes"] == 40
    (sliced,) = stated(terms_with(), measured=1400)["objectives"]
    assert (sliced["counted_in"], sliced["unknown"], sliced["unmeasured_minutes"]) == ("minutes", 40, 40)


def test_more_good_than_there_was_is_a_warning() -> None:
    (objective,) = stated(terms_with(), measured=DAY, good=11, total=10)["objectives"]
    assert (objective["verdict"], objective["warnings"]) == ("met", ["good_above_total"])
    assert objective["minutes_good_above_total"] == DAY


def test_documents_of_version_1_stay_as_they_were() -> None:
    terms = terms_with(method="occurrences", slice_target=None, coverage_floor="0")
    (objective,) = stated(terms, measured=4, version=RulesVersion.V1)["objectives"]
    assert not {"warnings", "unmeasured_minutes", "minutes_good_above_total"} & objective.keys()
    assert (objective["unknown"], objective["coverage"]) == (DAY - 4, "0.2778")


def test_a_restatement_compares_the_amounts_that_both_versions_have() -> None:
    terms = terms_with(method="occurrences", slice_target=None)
    before, after = stated(terms, measured=DAY, version=RulesVersion.V1), stated(terms, measured=DAY - 5)
    (change,) = compute_changes(before, after)["objectives"]
    assert (change["in_scope"], "unknown" in change) == (-50, False)
