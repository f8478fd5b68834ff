"""One review period of one agreement, evaluated minute by minute under the terms in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from sla.agreements.objectives import DEFAULT_COVERAGE_FLOOR, IncidentObjective, Objective
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Assessment
from sla.compliance.evaluation.credits import (
    PeriodCharge,
    compute_charge,
    compute_credit_owed,
    compute_credit_percent,
)
from sla.compliance.evaluation.evaluation_context import EvaluationContext
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.exclusion_masks import exclusions_in_window
from sla.compliance.evaluation.objective_kinds.incident_objectives import assess_incidents
from sla.compliance.evaluation.ratios import Ratio, percent_to_fraction, sum_ratios
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.compliance.evaluation.windows import EvaluationWindow, ServiceWindow, compute_evaluation_window
from sla.exclusions.exclusion_rules import Exclusion


class ObjectiveVerdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    PENDING = "pending"
    """Its window ends later: there is a figure to date, but neither verdict nor credit."""
    NO_CASES = "no_cases"
    """Nothing happened that it could be counted on: neither met nor missed, and nothing waits for it."""
    NOT_MEASURED = "not_measured"
    TOO_LITTLE_MEASURED = "too_little_measured"
    """Less than the objective's coverage floor: there is a figure, but no verdict."""


class ObjectiveWarning(StrEnum):
    """A warning to whoever reads a verdict about the evidence that it rests on."""

    LITTLE_EVIDENCE = "little_evidence"
    """The verdict rests on less than 90 % of the minutes in scope, as the terms allow."""
    GOOD_ABOVE_TOTAL = "good_above_total"
    """In some minutes more events were good than there were; they count as all good."""


@dataclass(frozen=True, slots=True)
class ObjectiveOutcome:
    """The result of one objective: what was attained, under which window and exclusions."""

    objective: Objective
    window: EvaluationWindow
    assessment: Assessment
    without_waivers: Ratio | None
    """What would be attained without waivers."""
    without_exclusions: Ratio | None
    """What would be attained without any exclusions, waivers included."""
    excluded_minutes: Mapping[str, int]
    """Minutes in service, by cause of their exclusion."""
    evidence_sha256: str
    """Hash of the evidence it was computed from."""

    @property
    def verdict(self) -> ObjectiveVerdict:
        if self.window.is_pending:
            return ObjectiveVerdict.PENDING
        if not self._is_measured:
            return ObjectiveVerdict.NOT_MEASURED
        if not self._is_covered:
            return ObjectiveVerdict.TOO_LITTLE_MEASURED
        if self.assessment.met is None:
            return ObjectiveVerdict.NO_CASES
        return ObjectiveVerdict.MET if self.assessment.met else ObjectiveVerdict.MISSED

    @property
    def warnings(self) -> list[ObjectiveWarning]:
        share, has_verdict = self.assessment.measured_share, self.verdict in ("met", "missed")
        is_thin = has_verdict and share is not None and not share.reaches(percent_to_fraction(DEFAULT_COVERAGE_FLOOR))
        conditions = {
            ObjectiveWarning.LITTLE_EVIDENCE: is_thin,
            ObjectiveWarning.GOOD_ABOVE_TOTAL: self.assessment.good_above_total > 0,
        }
        return [warning for warning, holds in conditions.items() if holds]

    @property
    def _is_measured(self) -> bool:
        """Incidents are reported, not measured; and what is missing may count, if the objective says so."""
        share = self.assessment.measured_share
        return isinstance(self.objective, IncidentObjective) or (
            share is not None and (self.assessment.met is not None or share.numerator > 0)
        )

    @property
    def _is_covered(self) -> bool:
        share = self.assessment.measured_share
        if isinstance(self.objective, IncidentObjective) or share is None:
            return True
        return share.reaches(percent_to_fraction(self.objective.coverage_floor))

    def credit_percent(self, terms: Terms) -> Decimal:
        """Return the credit in percent of the charge; only what was missed owes any."""
        if self.assessment.ratio is None or self.verdict is not ObjectiveVerdict.MISSED:
            return Decimal(0)
        return compute_credit_percent(self.assessment.ratio, terms.ladder_of(self.objective))


@dataclass(frozen=True, slots=True)
class PeriodEvaluation:
    """The results of all objectives of a period, and what follows from them as a whole."""

    terms: Terms
    window: ServiceWindow
    outcomes: Sequence[ObjectiveOutcome]
    exclusions: Sequence[tuple[Exclusion, int]]
    """Those that touch the period, each with its minutes in service."""
    charged_until: datetime
    """The end of the period that is charged for, which an open one has not reached."""
    version: RulesVersion
    """The version of the rules it was evaluated by, and is written by."""

    @property
    def performance(self) -> Ratio | None:
        """The mean of what was attained, by weight, over the objectives that are due and have a figure."""
        weighted, weights = [], Fraction(0)
        for outcome in self.outcomes:
            if outcome.assessment.ratio and not outcome.window.is_pending:
                weight = Fraction(outcome.objective.weight)
                weighted.append(outcome.assessment.ratio.divided_by(1 / weight))
                weights += weight
        return sum_ratios(weighted).divided_by(weights) if weighted else None

    @property
    def met(self) -> bool | None:
        """None when nothing was missed, but not every objective that is due has a verdict."""
        verdicts = {outcome.verdict for outcome in self.outcomes} - {ObjectiveVerdict.PENDING}
        if ObjectiveVerdict.MISSED in verdicts:
            return False
        return True if verdicts and verdicts <= {ObjectiveVerdict.MET, ObjectiveVerdict.NO_CASES} else None

    @property
    def charge(self) -> PeriodCharge | None:
        """The monthly charge for the days of the period, which credits are a share of."""
        monthly = self.terms.monthly_charge
        zone = self.terms.service_hours.timezone
        return None if monthly is None else compute_charge(monthly, self.window.start, self.charged_until, zone)

    @property
    def credit(self) -> Decimal | None:
        """The amount owed, in the currency of the charge; None where the terms have no credits."""
        return self._compute_credit(self.outcomes, self.terms.credits.cap) if self.terms.credits else None

    def credit_for(self, outcome: ObjectiveOutcome) -> Decimal:
        """Return what one objective owes by itself, whatever the cap."""
        return self._compute_credit([outcome], Decimal(100)) or Decimal(0)

    def _compute_credit(self, outcomes: Sequence[ObjectiveOutcome], cap: Decimal) -> Decimal | None:
        credits_, charge = self.terms.credits, self.charge
        if credits_ is None or charge is None:
            return None
        percents = [outcome.credit_percent(self.terms) for outcome in outcomes]
        return compute_credit_owed(percents, cap, charge, credits_.rounding)


def evaluate_period(
    terms: Terms,
    start: datetime,
    end: datetime,
    evidence: PeriodEvidence,
    version: RulesVersion = CURRENT_RULES,
) -> PeriodEvaluation:
    """Evaluate the review period from `start` to `end`."""
    context = EvaluationContext(terms, evidence, version)
    outcomes = [
        _evaluate_objective(objective, compute_evaluation_window(objective, terms, start, end), context)
        for objective in terms.objectives
    ]
    window = context.window(start, end)
    exclusions = exclusions_in_window(evidence.exclusions, window)
    return PeriodEvaluation(terms, window, outcomes, exclusions, end, version)


def _evaluate_objective(objective: Objective, window: EvaluationWindow, context: EvaluationContext) -> ObjectiveOutcome:
    if isinstance(objective, IncidentObjective):
        counts = context.evidence.incidents[objective.id]
        mask = context.mask(objective, context.window(window.start, window.end))
        evidence_sha256 = counts.digest()
        assessment = assess_incidents(objective, counts)
        without_waivers = assess_incidents(objective, counts.without_waivers)
        without_exclusions = assess_incidents(objective, counts.without_exclusions)
    else:
        measured = context.measured_window(objective, window.start, window.end)
        mask, evidence_sha256 = measured.mask, context.digest(measured.series)
        assessment = measured.assess()
        without_waivers = measured.assess(mask.without_waivers) if "waiver" in mask.minutes_by_cause else assessment
        without_exclusions = measured.assess(mask.nothing) if mask.minutes_by_cause else assessment
    return ObjectiveOutcome(
        objective,
        window,
        assessment,
        without_waivers.ratio,
        without_exclusions.ratio,
        mask.minutes_by_cause,
        evidence_sha256,
    )


def indicator_id_of(objective: Objective) -> UUID | None:
    return None if isinstance(objective, IncidentObjective) else objective.indicator_id
