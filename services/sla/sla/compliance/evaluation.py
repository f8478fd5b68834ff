"""One review period of one agreement, evaluated minute by minute under the terms in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from sla.agreements.objectives import IncidentObjective, Objective
from sla.agreements.terms import Credits, Terms
from sla.compliance.assessment import Assessment
from sla.compliance.counting import Counted, incidents
from sla.compliance.credits import Charge, Step, charge_of, credit_owed, credit_percent
from sla.compliance.evidence import Evidence
from sla.compliance.judging import Case, Judging
from sla.compliance.ratios import Ratio, share, sum_of
from sla.compliance.taken_out import TakenOut
from sla.compliance.windows import InForce, Window, in_force


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    PENDING = "pending"
    """Its window ends later: there is a figure to date, but neither verdict nor credit."""
    NO_CASES = "no_cases"
    """Nothing happened that it could be counted on: neither met nor missed, and nothing is held up by it."""
    NOT_MEASURED = "not_measured"
    TOO_LITTLE_MEASURED = "too_little_measured"
    """Less than the objective's coverage floor: there is a figure, but no verdict."""


@dataclass(frozen=True, slots=True)
class Without:
    """What would have been attained had time not been taken out."""

    waivers: Ratio | None
    exclusions: Ratio | None
    """None of them, waivers included."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one objective."""

    objective: Objective
    window: Window
    pending: bool
    counted: Counted
    excluded: Mapping[str, int]
    """Minutes in service that were taken out, by cause."""
    without: Without
    evidence: str
    """SHA-256 of the evidence it was computed from."""

    @property
    def found(self) -> Assessment:
        return self.counted.found

    @property
    def verdict(self) -> Verdict:
        if self.pending:
            return Verdict.PENDING
        if not self._measured:
            return Verdict.NOT_MEASURED
        if not self._covered:
            return Verdict.TOO_LITTLE_MEASURED
        if self.found.met is None:
            return Verdict.NO_CASES
        return Verdict.MET if self.found.met else Verdict.MISSED

    @property
    def _measured(self) -> bool:
        """Incidents are told, not measured; and what is missing may count, if the objective says so."""
        coverage = self.found.coverage
        return isinstance(self.objective, IncidentObjective) or (
            coverage is not None and (self.found.met is not None or coverage.part > 0)
        )

    @property
    def _covered(self) -> bool:
        if isinstance(self.objective, IncidentObjective) or self.found.coverage is None:
            return True
        return self.found.coverage.reaches(share(self.objective.coverage_floor))

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
    taken_out: Sequence[TakenOut]
    charged_until: datetime
    """The end of the period that is charged for, which an open one has not reached."""

    @property
    def performance(self) -> Ratio | None:
        """The mean of what was attained, by weight, over the objectives judged of which something was measured."""
        measured = [
            (outcome.found.ratio, Fraction(outcome.objective.weight))
            for outcome in self.outcomes
            if outcome.found.ratio and not outcome.pending
        ]
        if not measured:
            return None
        weighed = [Ratio(one.part * weight.numerator, one.whole * weight.denominator) for one, weight in measured]
        return sum_of(weighed).over(sum((weight for _, weight in measured), Fraction(0)))

    @property
    def met(self) -> bool | None:
        """None when nothing was missed, but not everything that is judged has a verdict."""
        verdicts = {outcome.verdict for outcome in self.outcomes} - {Verdict.PENDING}
        if Verdict.MISSED in verdicts:
            return False
        return True if verdicts and verdicts <= {Verdict.MET, Verdict.NO_CASES} else None

    @property
    def charge(self) -> Charge | None:
        """What credits are a share of: the monthly charge for the days of the period."""
        monthly = self.terms.monthly_charge
        zone = self.terms.service_hours.timezone
        return None if monthly is None else charge_of(monthly, self.window.start, self.charged_until, zone)

    @property
    def credit(self) -> Decimal | None:
        """Owed, in the currency of the charge; None where the terms know no credits."""
        credits_, charge = self.terms.credits, self.charge
        if credits_ is None or charge is None:
            return None
        percents = [outcome.credit(credits_) for outcome in self.outcomes]
        return credit_owed(percents, credits_.cap, charge, credits_.rounding)

    def credit_of(self, outcome: Outcome) -> Decimal:
        """What one objective owes by itself, whatever the cap."""
        credits_, charge = self.terms.credits, self.charge
        if credits_ is None or charge is None:
            return Decimal(0)
        return credit_owed([outcome.credit(credits_)], Decimal(100), charge, credits_.rounding)


def evaluate(
    terms: Terms, start: datetime, end: datetime, evidence: Evidence, days: InForce | None = None
) -> Evaluation:
    """The review period from `start` to `end`; `days`: those the terms bind, if it is not as they say themselves."""
    judging = Judging(terms, start, end, evidence, days or in_force(terms))
    outcomes = [_outcome(objective, judging) for objective in terms.objectives]
    return Evaluation(terms, judging.window(start), outcomes, judging.taken_out(), end)


def _outcome(objective: Objective, judging: Judging) -> Outcome:
    case = judging.case(objective)
    counted = case.count(case.mask.all)
    without = _without(objective, judging, case, counted.found.ratio)
    return Outcome(objective, case.window, case.pending, counted, case.mask.minutes, without, case.digest)


def _without(objective: Objective, judging: Judging, case: Case, attained: Ratio | None) -> Without:
    if isinstance(objective, IncidentObjective):
        tally = judging.evidence.incidents[objective.id]
        return Without(*(incidents(objective, one).found.ratio for one in (tally.unwaived, tally.unexcluded)))
    if not case.mask.minutes:
        return Without(attained, attained)
    waived = case.count(case.mask.agreed).found.ratio if "waiver" in case.mask.minutes else attained
    return Without(waived, case.count(case.mask.none).found.ratio)


def indicator_of(objective: Objective) -> UUID | None:
    return None if isinstance(objective, IncidentObjective) else objective.indicator_id
