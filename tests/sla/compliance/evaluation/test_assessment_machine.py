"""Statements under random measurements, exclusions and late data, against a slow and obvious model."""

# The model knows nothing of windows, masks, packed hours or arrays: it walks through the minutes of a period with the
# clock of the zone, asks of each whether it is in service, excluded, known and good, and counts with fractions.

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from common.canonical_json import hash_canonical_json
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import evaluate_period
from sla.compliance.statements.document import build_result, compute_changes, compute_differences
from sla.exclusions.exclusion_rules import Exclusion
from sla.hours.spans import Span, to_microseconds
from sla.measurements.minutes import Minutes, MinuteState

ONE = UUID(int=1)
MINUTE = timedelta(minutes=1)
ZONES = {
    "Europe/Paris": date(2026, 3, 28),
    "America/New_York": date(2026, 10, 31),
    "Australia/Lord_Howe": date(2026, 4, 4),
}
DAYS = 2
WEEK = {
    "mon": [["09:00", "17:00"]],
    "fri": [["22:00", "06:00"]],
    "sat": [["01:30", "03:00"], ["12:00", "12:30"]],
    "sun": [["00:00", "24:00"]],
}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OBJECTIVES: list[dict[str, Any]] = [
    {"method": "time"},
    {"method": "time", "missing": "bad"},
    {"method": "timeslices", "slice_target": "60", "missing": "good"},
    {"method": "timeslices", "slice_target": "60", "slice_minutes": 7},
    {"method": "ratio_timeslices", "missing": "bad"},
    {"method": "occurrences", "coverage_floor": "50"},
]
CREDITS = {
    "ladder": [{"below": "90", "percent": "10"}, {"below": "50", "percent": "30"}],
    "cap": "70",
    "rounding": "up",
}


@dataclass
class MinuteRecord:
    """What is known of one minute."""

    good: int = 0
    total: int = 0
    known: bool = False

    @property
    def state(self) -> MinuteState:
        if not self.known:
            return MinuteState.UNKNOWN
        return MinuteState.BAD if self.good < self.total else MinuteState.GOOD


class Statements(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stated: dict[str, Any] | None = None
        self.exclusions: list[Exclusion] = []
        self.begin("Europe/Paris", closed=False)

    def begin(self, zone: str, *, closed: bool) -> None:
        self.zone, first = ZoneInfo(zone), ZONES[zone]
        closures = [{"from": f"{first}T12:00", "to": f"{first + timedelta(days=1)}T02:15"}] if closed else []
        common = {"kind": "availability", "indicator_id": str(ONE), "target": "90", "missing": "ignore"}
        objectives = [
            {"id": str(UUID(int=100 + place)), "name": f"O{place}", "weight": str(place + 1)} | common | objective
            for place, objective in enumerate(OBJECTIVES)
        ]
        self.terms = Terms.model_validate(
            {
                "name": "T",
                "service_hours": {"timezone": zone, "hours": WEEK, "closures": closures},
                "starts_on": str(first),
                "objectives": objectives,
                "credits": CREDITS,
                "monthly_charge": {"amount": "1000", "currency": "EUR"},
            }
        )
        after = first + timedelta(days=DAYS)
        self.start, self.end = (datetime.combine(day, time.min, self.zone).astimezone(UTC) for day in (first, after))
        self.closure = closures and tuple(datetime.fromisoformat(closures[0][edge]) for edge in ("from", "to"))
        self.minutes = [MinuteRecord() for _ in range((self.end - self.start) // MINUTE)]
        self.service = [self.in_service(self.start + place * MINUTE) for place in range(len(self.minutes))]

    @precondition(lambda self: self.stated is None and not self.exclusions)
    @rule(zone=st.sampled_from(sorted(ZONES)), closed=st.booleans())
    def agree(self, zone: str, closed: bool) -> None:
        self.begin(zone, closed=closed)

    @rule(at=st.floats(0, 1), length=st.integers(1, 900), good=st.integers(0, 5), bad=st.integers(0, 3))
    def measure(self, at: float, length: int, good: int, bad: int) -> None:
        """Once a statement was made, this is late data."""
        first = int(at * len(self.minutes))
        for minute in self.minutes[first : first + length]:
            minute.good, minute.total, minute.known = good, good + bad, True

    @rule(
        at=st.floats(0, 1),
        length=st.floats(0.5, 400),
        cause=st.sampled_from(["maintenance", "waiver", "suspension"]),
        objective=st.none() | st.integers(0, len(OBJECTIVES) - 1),
    )
    def exclude(self, at: float, length: float, cause: Any, objective: int | None) -> None:
        begin = to_microseconds(self.start) + int(at * (self.end - self.start).total_seconds()) * 1_000_000
        span = Span(begin, begin + int(length * 60) * 1_000_000)
        names = None if objective is None else frozenset([UUID(int=100 + objective)])
        self.exclusions.append(Exclusion(span, cause, UUID(int=len(self.exclusions)), "why", names))

    @rule()
    def restate(self) -> None:
        result = build_result(self.evaluated())
        if self.stated is not None:
            changes = compute_changes(self.stated, result)
            is_different = bool(list(compute_differences(self.stated, result)))
            assert is_different == (self.stated != result)
            assert is_different or not changes["objectives"]
        self.stated = result

    def evaluated(self) -> Any:
        columns = np.array([(minute.good, minute.total) for minute in self.minutes], np.int8).T
        state = [minute.state for minute in self.minutes]
        measured = Minutes(self.start, columns[0], columns[1], np.array(state, np.uint8))
        return evaluate_period(
            self.terms, self.start, self.end, PeriodEvidence({ONE: measured}, exclusions=self.exclusions)
        )

    @invariant()
    def it_is_as_the_words_say(self) -> None:
        evaluation = self.evaluated()
        result = build_result(evaluation)
        assert hash_canonical_json(result) == hash_canonical_json(build_result(self.evaluated()))
        owed = Fraction(0)
        for place, (objective, outcome) in enumerate(zip(OBJECTIVES, evaluation.outcomes, strict=True)):
            ratio, coverage = self.walked(objective, UUID(int=100 + place))
            assert (outcome.assessment.ratio and Fraction(*outcome.assessment.ratio)) == ratio, objective
            assert (outcome.assessment.measured_share and Fraction(*outcome.assessment.measured_share)) == coverage, (
                objective
            )
            missed = ratio is not None and ratio < Fraction(9, 10)
            floor = objective.get("coverage_floor", "0" if objective.get("missing") == "bad" else "90")
            judged = coverage is not None and coverage >= Fraction(floor) / 100
            assert (outcome.verdict == "missed") == (missed and judged), objective
            if missed and judged:
                owed += Fraction(30 if ratio < Fraction(1, 2) else 10, 100)
        self.pays(result, min(owed, Fraction(7, 10)))

    def pays(self, result: dict[str, Any], share: Fraction) -> None:
        days = [(self.start.astimezone(self.zone) + timedelta(days=day)).date() for day in range(DAYS)]
        months = sum(Fraction(1, (date(d.year, d.month % 12 + 1, 1) - timedelta(days=1)).day) for d in days)
        exact = share * 1000 * months * 100
        assert Fraction(result["credit"]) * 100 == -(-exact.numerator // exact.denominator)

    def walked(self, objective: dict[str, Any], name: UUID) -> tuple[Fraction | None, Fraction | None]:
        """What is attained, and the share of the minutes in scope that is known."""
        scope: list[tuple[int, MinuteRecord]] = []
        for place, minute in enumerate(self.minutes):
            if self.service[place] and not self.is_excluded(self.start + place * MINUTE, name):
                scope.append((place, minute))
        measured = [minute for _, minute in scope if minute.known]
        coverage = Fraction(len(measured), len(scope)) if scope else None
        if objective["method"] == "occurrences":
            events = sum(minute.total for minute in measured)
            return (Fraction(sum(minute.good for minute in measured), events) if events else None), coverage
        slices: dict[int, list[MinuteRecord]] = {}
        for place, minute in scope:
            slices.setdefault(place // objective.get("slice_minutes", 1), []).append(minute)
        scores = [
            self.score(objective, [minute for minute in in_slice if minute.known]) for in_slice in slices.values()
        ]
        counted_scores = [score for score in scores if score is not None]
        if objective.get("missing", "ignore") != "ignore":
            counted_scores += [Fraction(objective["missing"] == "good")] * (len(scores) - len(counted_scores))
        return (sum(counted_scores, Fraction(0)) / len(counted_scores) if counted_scores else None), coverage

    def score(self, objective: dict[str, Any], measured: list[MinuteRecord]) -> Fraction | None:
        events = sum(minute.total for minute in measured)
        if not measured or (not events and objective["method"] != "time"):
            return None
        ratio = Fraction(sum(minute.good for minute in measured), events) if events else Fraction(1)
        if objective["method"] == "ratio_timeslices":
            return ratio
        return Fraction(ratio >= (1 if objective["method"] == "time" else Fraction(3, 5)))

    def in_service(self, at: datetime) -> bool:
        wall = at.astimezone(self.zone).replace(tzinfo=None)
        if self.closure and self.closure[0] <= wall < self.closure[1]:
            return False
        wall_time = f"{wall:%H:%M}"
        today = WEEK.get(WEEKDAYS[wall.weekday()], [])
        before = WEEK.get(WEEKDAYS[(wall.weekday() - 1) % 7], [])
        return any(start <= wall_time < end if start < end else wall_time >= start for start, end in today) or any(
            end < start and wall_time < end for start, end in before
        )

    def is_excluded(self, at: datetime, name: UUID) -> bool:
        """A minute is, if what is excluded of it leaves nothing of it by any one cause."""
        begin = to_microseconds(at)
        touching = [
            exclusion for exclusion in self.exclusions
            if exclusion.span.start < begin + 60_000_000 and begin < exclusion.span.end
            and (exclusion.objective_ids is None or name in exclusion.objective_ids)
        ]  # fmt: skip
        for cause in {exclusion.cause for exclusion in touching}:
            spans = [exclusion.span for exclusion in touching if exclusion.cause == cause]
            seconds = range(begin, begin + 60_000_000, 1_000_000)
            if all(any(span.start <= second < span.end for span in spans) for second in seconds):
                return True
        return False


Statements.TestCase.settings = settings(max_examples=12, stateful_step_count=5, deadline=None)
TestStatements = Statements.TestCase
