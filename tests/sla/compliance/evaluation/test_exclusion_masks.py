"""What is taken out leaves numerator and denominator, and is listed by cause; figures with it stand beside."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import evaluate_period
from sla.compliance.statements.document import build_result
from sla.exclusions.exclusion_rules import Exclusion, ExclusionCause
from sla.hours.spans import MINUTE, Span, to_microseconds
from sla.measurements.minutes import Minutes, MinuteState

START = datetime(2026, 6, 1, tzinfo=UTC)
OFFICE = {
    "timezone": "UTC",
    "hours": {"mon": [["00:00", "10:00"]]},
    "closures": [{"from": "2026-06-01T09:00", "to": "2026-06-01T10:00"}],
}
ONE, OTHER = UUID(int=1), UUID(int=2)
FIRST, SECOND = UUID(int=11), UUID(int=12)

MakeTerms = Callable[..., Terms]


def exclusion(
    cause: ExclusionCause, first: float, last: float, number: int = 1, objectives: Sequence[UUID] | None = None
) -> Exclusion:
    begin = to_microseconds(START)
    span = Span(begin + int(first * MINUTE), begin + int(last * MINUTE))
    return Exclusion(
        span, cause, UUID(int=number), f"{cause} {number}", None if objectives is None else frozenset(objectives)
    )


def result_of(terms: MakeTerms, exclusions: Sequence[Exclusion], *, bad: int = 60, **changes: Any) -> dict[str, Any]:
    """A Monday of nine hours of service, whose first minutes are bad."""
    common = {"kind": "availability", "indicator_id": str(ONE), "target": "90", "method": "time", "missing": "ignore"}
    objectives = [{"id": str(FIRST), "name": "A"} | common | changes, {"id": str(SECOND), "name": "B"} | common]
    agreed = terms(service_hours=OFFICE, objectives=objectives)
    state = np.where(np.arange(1440) < bad, MinuteState.BAD, MinuteState.GOOD).astype(np.uint8)
    measured = Minutes(START, (state == MinuteState.GOOD).astype(np.int8), np.ones(1440, np.int8), state)
    return build_result(
        evaluate_period(
            agreed, START, START + timedelta(days=1), PeriodEvidence({ONE: measured}, exclusions=exclusions)
        )
    )


def test_the_minutes_of_a_period_are_split(terms: MakeTerms) -> None:
    result = result_of(terms, [])
    assert result["minutes"] == {"in_period": 1440, "outside_hours": 840, "closed": 60, "in_service": 540}
    first = result["objectives"][0]
    assert (first["attained"], first["excluded"], first["excluded_minutes"]) == ("88.8888", 0, {})
    assert first["attained_without_waivers"] == first["attained_without_exclusions"] == "88.8888"


def test_excluded_minutes_leave_numerator_and_denominator(terms: MakeTerms) -> None:
    result = result_of(terms, [exclusion("maintenance", 0, 30), exclusion("maintenance", 500, 600, 2)])
    first = result["objectives"][0]
    assert (first["bad"], first["excluded"], first["in_scope"]) == (30, 70, 470)
    assert (first["attained"], first["attained_without_exclusions"]) == ("93.6170", "88.8888")
    assert [(excluded["id"], excluded["minutes"]) for excluded in result["exclusions"]] == [
        (str(UUID(int=1)), 30),
        (str(UUID(int=2)), 40),
    ]
    assert result["exclusions"][0] | {"id": ""} == {
        "id": "",
        "cause": "maintenance",
        "reason": "maintenance 1",
        "from": "2026-06-01T00:00:00Z",
        "to": "2026-06-01T00:30:00Z",
        "minutes": 30,
        "objective_ids": None,
    }


def test_with_and_without_waivers(terms: MakeTerms) -> None:
    first = result_of(terms, [exclusion("maintenance", 0, 20), exclusion("waiver", 10, 60, 2)])["objectives"][0]
    assert first["excluded_minutes"] == {"maintenance": 20, "waiver": 40}
    assert (first["attained"], first["verdict"]) == ("100.0000", "met")
    assert (first["attained_without_waivers"], first["attained_without_exclusions"]) == ("92.3076", "88.8888")


def test_a_minute_with_several_causes_counts_once(terms: MakeTerms) -> None:
    causes: list[ExclusionCause] = ["waiver", "maintenance", "suspension"]
    first = result_of(terms, [exclusion(cause, 0, 60, number) for number, cause in enumerate(causes)])["objectives"][0]
    assert (first["excluded_minutes"], first["excluded"]) == ({"suspension": 60}, 60)


def test_a_waiver_of_one_objective_leaves_the_others(terms: MakeTerms) -> None:
    result = result_of(terms, [exclusion("waiver", 0, 60, objectives=[SECOND])])
    assert [objective["attained"] for objective in result["objectives"]] == ["88.8888", "100.0000"]
    assert result["exclusions"][0]["objective_ids"] == [str(SECOND)]


def test_a_minute_is_excluded_if_all_of_it_is(terms: MakeTerms) -> None:
    first = result_of(terms, [exclusion("maintenance", 0.5, 2.5)])["objectives"][0]
    assert first["excluded"] == 1


def test_when_all_is_excluded_nothing_was_measured(terms: MakeTerms) -> None:
    result = result_of(terms, [exclusion("suspension", 0, 1440)])
    assert [objective["verdict"] for objective in result["objectives"]] == ["not_measured"] * 2
    assert (result["performance"], result["met"], result["credit"]) == (None, None, "0.00")


def test_volume_gives_up_the_excluded_part_of_its_limit(terms: MakeTerms) -> None:
    """50 in an hour of which a half is excluded are 25 in the other half."""
    volume = {"kind": "volume", "direction": "at_least", "limit": 50, "per": "hour", "method": None, "missing": None}
    volume = {name: value for name, value in volume.items() if value is not None}
    common = {"id": str(FIRST), "name": "A", "indicator_id": str(ONE), "target": "100"}
    promised = terms(service_hours={"timezone": "UTC", "hours": "24x7"}, objectives=[common | volume])
    for events, verdict in [(25, "met"), (24, "missed")]:
        total = (np.arange(60) < events).astype(np.int8)
        measured = Minutes(START, total, total, np.full(60, MinuteState.GOOD, np.uint8))
        evidence = PeriodEvidence({ONE: measured}, exclusions=[exclusion("maintenance", 30, 60)])
        result = build_result(evaluate_period(promised, START, START + timedelta(hours=1), evidence))
        assert result["objectives"][0]["verdict"] == verdict
        assert result["objectives"][0]["attained_without_exclusions"] == "0.0000"
