"""Every kind of objective, counted as its words say, against the slow and obvious way."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence, series_between
from sla.compliance.evaluation.objective_kinds.measured_objectives import assess_measured
from sla.compliance.evaluation.objective_kinds.volume_objectives import assess_volume
from sla.compliance.evaluation.period_evaluation import ObjectiveVerdict, PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.rules_version import RulesVersion
from sla.compliance.evaluation.windows import ServiceWindow
from sla.compliance.statements.document import build_result
from sla.incidents.clocks.period_counts import CountedClock, IncidentCounts
from sla.incidents.clocks.verdict import ClockVerdict
from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, BucketLayout
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes, MinuteState

START = datetime(2026, 6, 1, tzinfo=UTC)
ALWAYS = {"timezone": "UTC", "hours": "24x7"}
ONE = UUID(int=1)
OBJECTIVE = UUID(int=7)

MakeTerms = Callable[..., Terms]


def minutes(counts: Sequence[tuple[int, int]], start: datetime = START) -> Minutes:
    """Good of total; a total of less than 0 was not measured."""
    good, total = np.array(counts, dtype=np.int16).reshape(-1, 2).T
    state = np.where(total < 0, MinuteState.UNKNOWN, np.where(good < total, MinuteState.BAD, MinuteState.GOOD)).astype(
        np.uint8
    )
    return Minutes(start, np.maximum(good, 0), np.maximum(total, 0), state)


def evaluated(terms: Terms, evidence: PeriodEvidence, length: timedelta) -> PeriodEvaluation:
    return evaluate_period(terms, START, START + length, evidence)


def of(terms: MakeTerms, **objective: Any) -> Terms:
    base = {"id": str(OBJECTIVE), "name": "It", "target": "90"}
    return terms(service_hours=ALWAYS, objectives=[base | objective])


SLICED = {"kind": "ratio", "indicator_id": str(ONE), "method": "timeslices", "slice_target": "80", "missing": "ignore"}
counts = st.tuples(st.integers(-1, 4), st.integers(0, 4)).map(
    lambda pair: (min(pair[1], max(pair[0], 0)), -1 if pair[0] < 0 else pair[1])
)


@given(
    window=st.lists(st.tuples(counts, st.booleans(), st.integers(0, 3).map(bool)), min_size=1, max_size=40),
    length=st.integers(2, 9),
    method=st.sampled_from(["timeslices", "ratio_timeslices"]),
    missing=st.sampled_from(["ignore", "good", "bad"]),
)
def test_slices_of_several_minutes(
    window: list[tuple[tuple[int, int], bool, bool]], length: int, method: str, missing: str
) -> None:
    objective = Terms.model_validate(
        {
            "name": "T",
            "service_hours": ALWAYS,
            "starts_on": "2026-01-01",
            "objectives": [
                SLICED
                | {"name": "It", "target": "90", "method": method, "missing": missing, "slice_minutes": length}
                | {"slice_target": "80" if method == "timeslices" else None}
            ],
        }
    ).objectives[0]
    measured_ = minutes([count for count, _, _ in window])
    in_service, excluded = (np.array([row[place] for row in window]) for place in (1, 2))
    assessment = assess_measured(objective, measured_, in_service, ~excluded)  # type: ignore[arg-type] # it is a measured one
    scores: list[Fraction] = []
    for first in range(0, len(window), length):
        rows = [row for row in window[first : first + length] if row[1] and row[2]]
        measured_counts = [row[0] for row in rows if row[0][1] >= 0]
        good, total = (sum(measured_count[place] for measured_count in measured_counts) for place in (0, 1))
        if total:
            ratio = Fraction(good, total)
            scores.append(Fraction(ratio >= Fraction(4, 5)) if method == "timeslices" else ratio)
        elif rows and missing != "ignore":
            scores.append(Fraction(missing == "good"))
    expected = sum(scores, Fraction(0)) / len(scores) if scores else None
    assert (assessment.ratio and Fraction(*assessment.ratio)) == expected


def volume_objective(**changes: Any) -> dict[str, Any]:
    return {"kind": "volume", "indicator_id": str(ONE), "direction": "at_least", "limit": 10, "per": "hour"} | changes


@given(
    start=st.sampled_from(["2026-03-28", "2026-10-24", "2026-06-01"]),
    zone=st.sampled_from(["Europe/Paris", "America/Havana", "Australia/Lord_Howe", "UTC"]),
    per=st.sampled_from(["hour", "day", "period"]),
    direction=st.sampled_from(["at_least", "at_most"]),
    version=st.sampled_from([RulesVersion.V2, RulesVersion.V3]),
    known_share=st.sampled_from([0.97, 0.9]),
    seed=st.integers(0, 2**32),
)
def test_volume_by_local_hours_and_days(
    start: str, zone: str, per: str, direction: str, version: RulesVersion, known_share: float, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    begin = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    length = 3 * 1440
    total = chance.integers(0, 3, length)
    is_known, in_service, excluded = (chance.random(length) < share for share in (known_share, 0.7, 0.05))
    in_service[chance.integers(0, length) :][:200] = False
    excluded[chance.integers(0, length) :][:120] = True
    state = np.where(is_known, MinuteState.GOOD, MinuteState.UNKNOWN).astype(np.uint8)
    terms = Terms.model_validate(
        {
            "name": "T",
            "service_hours": ALWAYS,
            "starts_on": "2026-01-01",
            "objectives": [{"name": "It", "target": "90"} | volume_objective(direction=direction, limit=40, per=per)],
        }
    )
    window, minutes_ = ServiceWindow(begin, zone, in_service, in_service), Minutes(begin, total, total, state)
    assessment = assess_volume(terms.objectives[0], minutes_, window, excluded, version)  # type: ignore[arg-type] # it is of volume
    units: dict[Any, list[int]] = {}
    for minute in range(length):
        instant = (begin + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
        names = {"hour": (instant.date(), instant.hour, instant.utcoffset()), "day": instant.date(), "period": 0}
        units.setdefault(names[per], []).append(minute)
    kept_units = judged = 0
    for unit in units.values():
        service = [minute for minute in unit if in_service[minute]]
        included = [minute for minute in service if not excluded[minute]]
        measured_minutes = [minute for minute in included if is_known[minute]]
        if measured_minutes:
            limit = Fraction(40 * len(included), len(service))
            events = int(sum(total[minute] for minute in measured_minutes))
            is_kept = events >= limit if direction == "at_least" else events <= limit
            is_seen = version is RulesVersion.V2 or 10 * len(measured_minutes) >= 9 * len(included)
            if is_seen or is_kept == (direction == "at_least"):
                judged += 1
                kept_units += is_kept
    assert (assessment.ratio and tuple(assessment.ratio)) == ((kept_units, judged) if judged else None)


def test_the_statement_of_a_volume_objective(terms: MakeTerms) -> None:
    evaluation = evaluated(
        of(terms, **volume_objective(limit=50)),
        PeriodEvidence({ONE: minutes([(1, 1)] * 60 + [(0, 0)] * 60 + [(0, -1)] * 60)}),
        timedelta(hours=3),
    )
    result = build_result(evaluation)["objectives"][0]
    assert (result["attained"], result["counted_in"], result["in_scope"], result["bad"]) == ("50.0000", "hours", 3, 1)
    assert (result["unknown"], result["coverage"], result["details"]) == (1, "66.6666", {"events": 60})
    assert result["promised"]["per"] == "hour"


@pytest.mark.parametrize(
    ("direction", "measured", "events", "before", "now"),
    [
        ("at_most", 1, 1, "100.0000", None),
        ("at_most", 53, 1, "100.0000", None),
        ("at_most", 54, 1, "100.0000", "100.0000"),
        ("at_most", 1, 11, "0.0000", "0.0000"),
        ("at_least", 1, 1, "0.0000", None),
        ("at_least", 1, 10, "100.0000", "100.0000"),
    ],
)
def test_an_hour_hardly_measured_is_unknown_unless_its_count_decides(
    terms: MakeTerms, direction: str, measured: int, events: int, before: str, now: str | None
) -> None:
    promised = of(terms, **volume_objective(direction=direction, coverage_floor="90"))
    counts = [(events, events)] + [(0, 0)] * (measured - 1) + [(0, -1)] * (60 - measured)
    evidence, end = PeriodEvidence({ONE: minutes(counts)}), START + timedelta(hours=1)
    evaluations = [
        evaluate_period(promised, START, end, evidence, version) for version in (RulesVersion.V2, RulesVersion.V3)
    ]
    attained = [build_result(evaluation)["objectives"][0]["attained"] for evaluation in evaluations]
    assert attained == [before, now]


def observations(entries: Sequence[tuple[int, int, int]], length: int) -> Observations:
    """Minute, key of the bucket with the edges 100 and 200, amount."""
    layout = BucketLayout(EXPLICIT_SCHEMA, bounds=(100.0, 200.0))
    minute, key, amount = (np.array(column, np.int64) for column in zip(*entries, strict=True))
    return Observations.from_columns(
        START, np.ones(length, bool), (layout,), (minute, np.zeros_like(minute), key, amount)
    )


@pytest.mark.parametrize(
    ("slow", "verdict", "value"), [(5, ObjectiveVerdict.MET, "100"), (6, ObjectiveVerdict.MISSED, "200")]
)
def test_a_percentile_is_met_if_its_share_is(
    terms: MakeTerms, slow: int, verdict: ObjectiveVerdict, value: str
) -> None:
    """95 % of the observations are at most 100 exactly if the 95th percentile is."""
    evaluation = evaluated(
        of(terms, kind="latency_percentile", indicator_id=str(ONE), limit="100", target="95"),
        PeriodEvidence(observations={ONE: observations([(0, 0, 100 - slow), (1, 1, slow)], 2)}),
        timedelta(minutes=2),
    )
    result = build_result(evaluation)["objectives"][0]
    assert (result["verdict"], result["details"]["value"]) == (verdict, value)
    assert (result["in_scope"], result["bad"], result["counted_in"]) == (100, slow, "observations")


def test_a_limit_between_two_edges_is_compared_at_the_lower_one_and_both_are_named(terms: MakeTerms) -> None:
    evaluation = evaluated(
        of(terms, kind="latency_percentile", indicator_id=str(ONE), limit="150"),
        PeriodEvidence(observations={ONE: observations([(0, 0, 9), (0, 1, 1)], 1)}),
        timedelta(minutes=1),
    )
    assert build_result(evaluation)["objectives"][0]["details"] == {"value": "100", "edges_compared": ["100"]}


def test_nothing_observed_is_no_case_and_nobody_looking_is_not_measured(terms: MakeTerms) -> None:
    promised = of(terms, kind="latency_percentile", indicator_id=str(ONE), limit="100")
    none = observations([(0, 0, 0)], 1)
    blind = replace(none, is_known=np.zeros(1, bool))
    verdicts = [
        evaluated(promised, PeriodEvidence(observations={ONE: observed}), timedelta(minutes=1)).outcomes[0].verdict
        for observed in (none, blind)
    ]
    assert verdicts == [ObjectiveVerdict.NO_CASES, ObjectiveVerdict.NOT_MEASURED]


def tally(**standings: int) -> IncidentCounts:
    names = [standing for standing, count in standings.items() for _ in range(count)]
    return IncidentCounts.from_rows(
        CountedClock(0, UUID(int=number), ClockVerdict(name), None if name == "running" else 1)
        for number, name in enumerate(names)
    )


@pytest.mark.parametrize(
    ("standings", "attained", "verdict"),
    [
        ({"in_time": 9, "late": 1}, "90.0000", ObjectiveVerdict.MET),
        ({"in_time": 9, "late": 1, "running": 5}, "90.0000", ObjectiveVerdict.MET),
        ({"in_time": 8, "late": 1}, "88.8888", ObjectiveVerdict.MISSED),
        ({"late": 1}, "0.0000", ObjectiveVerdict.MISSED),
        ({"running": 3}, None, ObjectiveVerdict.NO_CASES),
        ({}, None, ObjectiveVerdict.NO_CASES),
    ],
)
def test_incidents_in_time_of_those_decided(
    terms: MakeTerms, standings: dict[str, int], attained: str | None, verdict: ObjectiveVerdict
) -> None:
    promised = of(terms, kind="response_time", priorities=[1], within="PT1H")
    evaluation = evaluated(promised, PeriodEvidence(incidents={OBJECTIVE: tally(**standings)}), timedelta(days=1))
    result = build_result(evaluation)["objectives"][0]
    assert (result["attained"], result["verdict"], result["indicator_id"]) == (attained, verdict, None)
    assert result["details"] == {"in_time": 0, "late": 0, "running": 0} | standings
    assert (
        evaluation.met
        is {ObjectiveVerdict.MET: True, ObjectiveVerdict.MISSED: False, ObjectiveVerdict.NO_CASES: True}[verdict]
    )


def test_a_part_of_the_evidence_is_as_if_nothing_else_were_known() -> None:
    all_observations = observations([(0, 0, 1), (1, 1, 2), (2, 0, 3)], 3)
    inside = series_between(all_observations, START + timedelta(minutes=1), START + timedelta(minutes=2))
    distribution = inside.distribution(np.ones(1, bool))
    assert (distribution.count_up_to(Decimal(200)), distribution.count, len(inside)) == (2, 2, 1)
    assert series_between(all_observations, START, START + timedelta(minutes=3)) is all_observations
    measured = minutes([(1, 1)] * 3)
    assert series_between(measured, START, START + timedelta(minutes=3)) is measured
    for shift in (-1, 3):
        with pytest.raises(ValueError, match="do not hold"):
            series_between(measured, START + timedelta(minutes=shift), START + timedelta(minutes=shift + 2))
