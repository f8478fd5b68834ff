"""A trial: terms in force from one past day to another, as if both sides had signed them then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.terms import Terms
from sla.backtests.budgeting_methods import COMPARED_METHODS, with_budgeting_method
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.windows import compute_evaluation_window
from sla.hours.spans import Span, to_microseconds
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.period_counts import IncidentCounts, count_clock
from sla.incidents.clocks.terms import build_clock_terms
from sla.incidents.history import IncidentHistory


@dataclass(frozen=True, slots=True)
class TriedPeriod:
    """One past period under the terms on trial, and under each budgeting method if an objective is measured."""

    period: ReviewPeriod
    evaluation: PeriodEvaluation
    by_method: Mapping[BudgetingMethod, PeriodEvaluation]


@dataclass(frozen=True, slots=True)
class Trial:
    terms: Terms
    """Terms to evaluate with: their first and last day are those of the trial."""
    terms_sha256: str
    """Hash of the terms as they are meant to be signed."""
    tried_at: datetime
    agreement_id: UUID | None = None
    """The agreement whose incidents and exclusions count; null: none do."""
    histories: Mapping[UUID, IncidentHistory] = field(default_factory=dict)
    """Histories of its past incidents, by incident."""
    suspensions: Sequence[Span] = ()

    def evaluate(self, period: ReviewPeriod, evidence: PeriodEvidence) -> TriedPeriod:
        """Evaluate a period as its statement would have been."""
        complete = replace(evidence, incidents=self._count_incidents(period))
        evaluate = partial(evaluate_period, start=period.start, end=period.end, evidence=complete)
        is_measured = any(isinstance(objective, MeasuredObjective) for objective in self.terms.objectives)
        methods = COMPARED_METHODS if is_measured else ()
        by_method = {method: evaluate(with_budgeting_method(self.terms, method)) for method in methods}
        return TriedPeriod(period, evaluate(self.terms), by_method)

    def _count_incidents(self, period: ReviewPeriod) -> Mapping[UUID, IncidentCounts]:
        """Count incidents by objective, each evaluated under the terms on trial from its opening on."""
        counts: dict[UUID, IncidentCounts] = {}
        now = to_microseconds(self.tried_at)
        for terms in build_clock_terms(self.terms):
            evaluated = compute_evaluation_window(terms.objective, self.terms, period.start, period.end)
            window = Span.between(evaluated.start, evaluated.end)
            clocks = (
                count_clock(incident_id, ClockContext(history, terms, self.suspensions), window, now)
                for incident_id, history in self.histories.items()
            )
            counts[terms.objective.id] = IncidentCounts.from_rows(clock for clock in clocks if clock is not None)
        return counts
