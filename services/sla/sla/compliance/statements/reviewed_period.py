"""A review period together with the agreement and the terms that were in force in it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements.objectives import Objective
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.store import AgreementInForce, load_schedules, select_agreements_with_services
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.compliance.evaluation.store import EvidenceRequest
from sla.compliance.evaluation.windows import EvaluationWindow, compute_evaluation_window
from sla.compliance.statements.errors import NoTermsInForce


@dataclass(frozen=True, slots=True)
class ReviewedPeriod:
    """One review period, and what was promised for it."""

    agreement: AgreementInForce
    """With the last day of the binding as that of its terms."""
    schedule: Schedule
    binding: Binding
    period: ReviewPeriod

    @property
    def terms(self) -> Terms:
        return self.agreement.terms

    def evaluation_window(self, objective: Objective) -> EvaluationWindow:
        return compute_evaluation_window(objective, self.terms, self.period.start, self.period.end)

    def evaluate(self, evidence: PeriodEvidence, version: RulesVersion = CURRENT_RULES) -> PeriodEvaluation:
        return evaluate_period(self.terms, self.period.start, self.period.end, evidence, version)

    @property
    def evidence_request(self) -> EvidenceRequest:
        """Ask for the evidence of the whole period, as it is known now."""
        _, start, end, _ = self.period
        return EvidenceRequest(self.agreement.agreement_id, self.terms, start, end, end)


async def load_reviewed_periods(
    work: UnitOfWork,
    agreement_ids: Collection[UUID],
    find_period: Callable[[UUID, Schedule], tuple[Binding, ReviewPeriod] | None],
    known_at: datetime | None = None,
) -> dict[UUID, ReviewedPeriod]:
    """Load the period that `find_period` finds in each schedule, as it was known at an instant (now).

    Agreements in whose schedule it finds none are left out.
    """
    schedules = await load_schedules(work, agreement_ids, known_at=known_at)
    reviewed_periods = {}
    for row in await work.session.execute(select_agreements_with_services(agreement_ids)):
        schedule = schedules[row[0]]
        if bound_period := find_period(row[0], schedule):
            binding, period = bound_period
            agreement = AgreementInForce(*row, binding.terms.model_copy(update={"ends_on": binding.last_day}))
            reviewed_periods[agreement.agreement_id] = ReviewedPeriod(agreement, schedule, binding, period)
    return reviewed_periods


async def get_reviewed_period(
    work: UnitOfWork, agreement_id: UUID, key: str | None, *, known_at: datetime | None = None
) -> ReviewedPeriod:
    """Return the period with this key, or the current one, or raise NoTermsInForce."""

    def find_period(_: UUID, schedule: Schedule) -> tuple[Binding, ReviewPeriod] | None:
        return schedule.period_by_key(key) if key else schedule.period_at(work.now)

    periods = await load_reviewed_periods(work, [agreement_id], find_period, known_at)
    if agreement_id not in periods:
        raise NoTermsInForce(f"No review period with signed terms is called {key or 'today'}.", field="period")
    return periods[agreement_id]
