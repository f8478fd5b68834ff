"""A review period together with the agreement and the terms that were in force in it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, OfferingReplica
from sla.agreements.objectives import Objective
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.store import load_schedules
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.store import EvidenceRequest
from sla.compliance.evaluation.windows import DaysInForce, EvaluationWindow, compute_evaluation_window
from sla.compliance.statements.errors import NoTermsInForce


class ReviewedAgreement(NamedTuple):
    """The agreement under review: its customer and its service."""

    agreement_id: UUID
    customer_id: UUID
    service_id: UUID
    service_name: str


@dataclass(frozen=True, slots=True)
class ReviewedPeriod:
    """One review period, and what was promised for it."""

    agreement: ReviewedAgreement
    schedule: Schedule
    binding: Binding
    period: ReviewPeriod

    @property
    def days_in_force(self) -> DaysInForce:
        return DaysInForce(self.binding.first_day, self.binding.last_day)

    def evaluation_window(self, objective: Objective) -> EvaluationWindow:
        terms, period = self.binding.terms, self.period
        return compute_evaluation_window(objective, terms, period.start, period.end, self.days_in_force)

    def evaluate(self, evidence: PeriodEvidence) -> PeriodEvaluation:
        terms, period = self.binding.terms, self.period
        return evaluate_period(terms, period.start, period.end, evidence, self.days_in_force)

    @property
    def evidence_request(self) -> EvidenceRequest:
        """Ask for the evidence of the whole period, as it is known now."""
        (_, start, end, _), terms = self.period, self.binding.terms
        return EvidenceRequest(self.agreement.agreement_id, terms, start, end, end, self.days_in_force)


async def load_reviewed_periods(
    work: UnitOfWork,
    agreement_ids: Collection[UUID],
    find_period: Callable[[UUID, Schedule], tuple[Binding, ReviewPeriod] | None],
    known_at: datetime | None = None,
) -> dict[UUID, ReviewedPeriod]:
    """Load the period that `find_period` finds in each schedule, as it was known at an instant (now).

    Agreements in whose schedule it finds none are left out.
    """
    query = (
        select(Agreement.id, Agreement.customer_id, OfferingReplica.service_id, OfferingReplica.service_name)
        .join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
        .where(Agreement.id.in_(agreement_ids))
        .order_by(Agreement.id)
    )
    schedules = await load_schedules(work, agreement_ids, known_at=known_at)
    reviewed_periods = {}
    for row in await work.session.execute(query):
        agreement = ReviewedAgreement(*row)
        schedule = schedules[agreement.agreement_id]
        period = find_period(agreement.agreement_id, schedule)
        if period is not None:
            reviewed_periods[agreement.agreement_id] = ReviewedPeriod(agreement, schedule, *period)
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
