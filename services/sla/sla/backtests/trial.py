"""A trial: terms in force from one past day to another, as if both sides had signed them then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sla.agreements.objectives import BudgetingMethod, IncidentObjective, MeasuredObjective
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.schedule import Binding
from sla.agreements.terms import Terms
from sla.backtests.budgeting_methods import COMPARED_METHODS, with_budgeting_method
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.windows import compute_evaluation_window
from sla.hours.spans import Span, to_microseconds
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.period_counts import CountedClock, IncidentCounts, count_clock
from sla.incidents.clocks.terms import PromisedClockTerms
from sla.incidents.history import IncidentHistory


@dataclass(frozen=True, slots=True)
class TriedPeriod:
    """One past period under the terms on trial, and under each budgeting method if an objective is measured."""

    period: ReviewPeriod
    evaluation: PeriodEvaluation
    by_method: Mapping[BudgetingMethod, PeriodEvaluation]


@dataclass(frozen=True, slots=True)
class Trial:
    binding: Binding
    """With the terms to evaluate by: their first and last day are those of the trial."""
    terms_sha256: str
    """Hash of the terms as they are meant to be signed."""
    tried_at: datetime
    agreement_id: UUID | None = None
    """The agreement whose incidents and exclusions count; null: none do."""
    histories: Mapping[UUID, IncidentHistory] = field(default_factory=dict)
    """Histories of its past incidents, by incident."""
    suspensions: Sequence[Span] = ()

    @property
    def terms(self) -> Terms:
        return self.binding.terms

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
        objectives = [objective for objective in self.terms.objectives if isinstance(objective, IncidentObjective)]
        windows = {
            objective.id: compute_evaluation_window(objective, self.terms, period.start, period.end)
            for objective in objectives
        }
        rows: dict[UUID, list[CountedClock]] = {objective_id: [] for objective_id in windows}
        now = to_microseconds(self.tried_at)
        for incident_id, context in self._build_clock_contexts():
            objective_id = context.terms.objective.id
            window = Span.between(windows[objective_id].start, windows[objective_id].end)
            row = count_clock(incident_id, context, window, now)
            rows[objective_id] += [] if row is None else [row]
        return {objective_id: IncidentCounts.from_rows(clocks) for objective_id, clocks in rows.items()}

    def _build_clock_contexts(self) -> Iterator[tuple[UUID, ClockContext]]:
        """Build what each clock of each incident runs under, with the closures approved when it began to run."""
        promised_terms = PromisedClockTerms(self.binding)
        for incident_id, history in self.histories.items():
            for terms, turn in promised_terms.list_clocks(history.opened_at or 0, history.turns.values()):
                event_id = turn.event_id if turn else ""
                yield incident_id, ClockContext(history, terms, self.suspensions, turn_event_id=event_id)
