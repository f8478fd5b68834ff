"""One review period of one agreement, evaluated minute by minute under the terms in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

import numpy as np

from sla.agreements.objectives import Objective
from sla.agreements.terms import Credits, Terms
from sla.compliance.assessment import Assessment, Mask, Promise, assess_minutes
from sla.compliance.credits import Step, credit_owed, credit_percent
from sla.compliance.ratios import Ratio, share, sum_of
from sla.hours.service_hours import minutes_inside
from sla.hours.spans import Span, microseconds
from sla.measurements.minutes import Minutes, State


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not_measured"
    TOO_LITTLE_MEASURED = "too_little_measured"
    """Less than the objective's coverage floor: there is a figure, but no verdict."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The minutes of a period: which are in service, and how many are not, and why."""

    start: datetime
    end: datetime
    in_service: Mask
    outside_hours: int
    closed: int

    def __len__(self) -> int:
        return len(self.in_service)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one objective."""

    objective: Objective
    found: Assessment
    evidence: str
    """SHA-256 of the minutes it was computed from."""

    @property
    def verdict(self) -> Verdict:
        if self.found.met is None or self.found.coverage is None:
            return Verdict.NOT_MEASURED
        if not self.found.coverage.reaches(share(self.objective.coverage_floor)):
            return Verdict.TOO_LITTLE_MEASURED
        return Verdict.MET if self.found.met else Verdict.MISSED

    def credit(self, credits_: Credits | None) -> Decimal:
        """Percent of the charge; only what was missed owes any."""
        if credits_ is None or self.found.ratio is None or self.verdict is not Verdict.MISSED:
            return Decimal(0)
        return credit_percent(self.found.ratio, [Step(step.below, step.percent) for step in credits_.ladder])


@dataclass(frozen=True, slots=True)
class Evaluation:
    terms: Terms
    window: Window
    outcomes: Sequence[Outcome]

    @property
    def performance(self) -> Ratio | None:
        """The mean of what was attained, by weight, over the objectives of which something was measured."""
        measured = [
            (outcome.found.ratio, Fraction(outcome.objective.weight))
            for outcome in self.outcomes
            if outcome.found.ratio
        ]
        if not measured:
            return None
        weighed = [Ratio(one.part * weight.numerator, one.whole * weight.denominator) for one, weight in measured]
        return sum_of(weighed).over(sum((weight for _, weight in measured), Fraction(0)))

    @property
    def met(self) -> bool | None:
        """None when nothing was missed, but not every objective has a verdict."""
        verdicts = {outcome.verdict for outcome in self.outcomes}
        if Verdict.MISSED in verdicts:
            return False
        return True if verdicts == {Verdict.MET} else None

    @property
    def credit(self) -> Decimal | None:
        """Owed, in the currency of the charge; None where the terms know no credits."""
        credits_, charge = self.terms.credits, self.terms.monthly_charge
        if credits_ is None or charge is None:
            return None
        return credit_owed((outcome.credit(credits_) for outcome in self.outcomes), credits_.cap, charge.amount)


def evaluate(terms: Terms, start: datetime, end: datetime, minutes: Mapping[UUID, Minutes]) -> Evaluation:
    """`minutes`: by indicator, exactly those of the window."""
    window = window_of(terms, start, end)
    outcomes = []
    for objective in terms.objectives:
        evidence = minutes[objective.indicator_id]
        outcomes.append(Outcome(objective, assess(objective, evidence, window), evidence.digest()))
    return Evaluation(terms, window, outcomes)


def window_of(terms: Terms, start: datetime, end: datetime) -> Window:
    hours, span = terms.service_hours.service_hours(), Span(microseconds(start), microseconds(end))
    scheduled = minutes_inside(hours.scheduled(span), span)
    in_service = scheduled & ~minutes_inside(hours.closed(span), span)
    in_hours = int(np.count_nonzero(scheduled))
    return Window(start, end, in_service, len(scheduled) - in_hours, in_hours - int(np.count_nonzero(in_service)))


def assess(objective: Objective, minutes: Minutes, window: Window) -> Assessment:
    nothing = np.zeros(len(window), dtype=np.bool_)
    known = minutes.state != State.UNKNOWN
    return assess_minutes(promise_of(objective), minutes.good, minutes.total, known, window.in_service, nothing)


def promise_of(objective: Objective) -> Promise:
    slice_target = None if objective.slice_target is None else share(objective.slice_target)
    return Promise(share(objective.target), objective.method, objective.missing, slice_target)
