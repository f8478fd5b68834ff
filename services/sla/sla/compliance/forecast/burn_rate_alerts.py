"""Tells when an error budget begins to be spent too fast, and when it no longer is: once each, for every rule."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from published.sla import ErrorBudgetBurning, ErrorBudgetRecovered
from sla.agreements.model import Agreement
from sla.agreements.objectives import Objective
from sla.agreements.states import AgreementState
from sla.agreements.store import load_schedules
from sla.compliance.forecast.burn_rates import LONGEST_WINDOW, BurnRate, compute_burn_rates
from sla.compliance.forecast.period_forecast import OpenPeriod, compute_forecast_window
from sla.compliance.settings import StatementSettings
from sla.compliance.statements import store
from sla.compliance.statements.builder import ReviewedPeriod
from sla.compliance.statements.model import BudgetAlert
from sla.exclusions import store as exclusions
from sla.issues import store as issues
from sla.issues.concerns import actions
from sla.issues.settings import IssueSettings
from sla.issues.triage import Concern, ConcernKind

JOB_NAME = "watch-error-budgets"
FAST_BURN_URGENCY, SLOW_BURN_URGENCY = 3, 2
"""Of what burns within the hour, and of what burns slower."""
FAST_BURN_WINDOW = timedelta(hours=1)


class AlertKey(NamedTuple):
    objective_id: UUID
    rule: str


class FiringRule(NamedTuple):
    objective: Objective
    burn_rate: BurnRate


def periodic_job(settings: StatementSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            watched = await _watched(work)
        await JobBatch(runtime, JOB_NAME, update_burn_rate_alerts, batch_size=settings.at_once).run(watched)

    return PeriodicJob(JOB_NAME, settings.every, run)


async def update_burn_rate_alerts(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> None:
    reviewed = await _reviewed(work, agreement_ids)
    fires = {agreement_id: fire async for agreement_id, fire in _fires(work, reviewed)}
    for agreement_id, alerts in (await _alerts(work, agreement_ids)).items():
        burning = fires.get(agreement_id, {})
        for place, fire in burning.items():
            if place not in alerts:
                await _begin(work, reviewed[agreement_id], fire)
        for place, alert in alerts.items():
            if place not in burning:
                await _recover(work, alert, {objective_id for objective_id, _ in burning})


async def _reviewed(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> dict[UUID, ReviewedPeriod]:
    """What is promised today; nothing by agreements that are not active."""
    query = select(Agreement.id).where(Agreement.id.in_(agreement_ids), Agreement.state == AgreementState.ACTIVE)
    active = (await work.session.scalars(query.order_by(Agreement.id))).all()
    parties, promised = await store.list_reviewed_agreements(work, active), await load_schedules(work, active)
    found: dict[UUID, ReviewedPeriod] = {}
    for agreement_id in active:
        course = promised[agreement_id]
        period = course.period_on(course.local_day(work.now)) if course.bindings else None
        if period is not None:
            found[agreement_id] = ReviewedPeriod(parties[agreement_id], *period)
    return found


async def _fires(
    work: UnitOfWork, reviewed: Mapping[UUID, ReviewedPeriod]
) -> AsyncIterator[tuple[UUID, dict[AlertKey, FiringRule]]]:
    """Of each agreement the rules that fire, by objective."""
    until = work.now.replace(second=0, microsecond=0)
    since = until - LONGEST_WINDOW
    known = await store.load_measurements(work, [one.binding.terms for one in reviewed.values()], since, until)
    excluded = await exclusions.list_possibly_excluded_agreement_ids(work, reviewed.keys(), since, until)
    for agreement_id, one in reviewed.items():
        terms, evidence = one.binding.terms, known
        if agreement_id in excluded:
            evidence = await store.load_with_exclusions(work, agreement_id, terms, known, since, until)
        period = OpenPeriod(terms, one.period.start, until, one.period.end, one.days_in_force)
        yield (
            agreement_id,
            {
                AlertKey(objective.id, burn.rule.name): FiringRule(objective, burn)
                for objective in terms.objectives
                for burn in compute_burn_rates(
                    objective, terms, until, compute_forecast_window(objective, period).length, evidence
                )
                if burn.is_firing
            },
        )


async def _begin(work: UnitOfWork, reviewed: ReviewedPeriod, fire: FiringRule) -> None:
    parties, objective, burn = reviewed.agreement, fire.objective, fire.burn_rate
    work.add(
        BudgetAlert(agreement_id=parties.agreement_id, objective_id=objective.id, rule=burn.rule.name, since=work.now)
    )
    work.emit(
        ErrorBudgetBurning(
            agreement_id=parties.agreement_id,
            customer_id=parties.customer_id,
            objective_id=objective.id,
            objective_name=objective.name,
            rule=burn.rule.name,
            burn_rate=burn.rounded_rate,
            threshold=burn.rounded_threshold,
            period_from=reviewed.period.start,
            period_to=reviewed.period.end,
            since=work.now,
        )
    )
    if IssueSettings().from_burning:
        await actions.open_issue_for_concern(work, _concern(reviewed, fire))


async def _recover(work: UnitOfWork, alert: BudgetAlert, still_burning: set[UUID]) -> None:
    await work.session.delete(alert)
    work.emit(
        ErrorBudgetRecovered(
            agreement_id=alert.agreement_id,
            customer_id=await _customer_of(work, alert.agreement_id),
            objective_id=alert.objective_id,
            rule=alert.rule,
            since=alert.since,
            recovered_at=work.now,
        )
    )
    if alert.objective_id in still_burning:
        return
    for concern in await issues.list_open_concerns(work, ConcernKind.BURN_RATE):
        if (concern.agreement_id, concern.about) == (alert.agreement_id, alert.objective_id):
            await actions.end_concern(work, concern)


def _concern(reviewed: ReviewedPeriod, fire: FiringRule) -> Concern:
    parties, burn = reviewed.agreement, fire.burn_rate
    weights = sum((one.weight for one in reviewed.binding.terms.objectives), Decimal(0))
    return Concern(
        kind=ConcernKind.BURN_RATE,
        agreement_id=parties.agreement_id,
        customer_id=parties.customer_id,
        service_id=parties.service_id,
        service_name=parties.service_name,
        about=fire.objective.id,
        name=fire.objective.name,
        weight_share=round(100 * fire.objective.weight / weights, 2),
        urgency=FAST_BURN_URGENCY if burn.rule.long_window <= FAST_BURN_WINDOW else SLOW_BURN_URGENCY,
        because=f"the error budget is spent {burn.rounded_rate} times too fast over {burn.rule.name}",
    )


async def _alerts(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> dict[UUID, dict[AlertKey, BudgetAlert]]:
    """What was told, of every agreement."""
    found: dict[UUID, dict[AlertKey, BudgetAlert]] = {agreement_id: {} for agreement_id in agreement_ids}
    query = select(BudgetAlert).where(BudgetAlert.agreement_id.in_(agreement_ids))
    for one in await work.session.scalars(query):
        found[one.agreement_id][AlertKey(one.objective_id, one.rule)] = one
    return found


async def _watched(work: UnitOfWork) -> Sequence[UUID]:
    """Agreements in force, and those of which something was told to burn."""
    alerted = select(BudgetAlert.agreement_id)
    query = select(Agreement.id).where(or_(Agreement.state == AgreementState.ACTIVE, Agreement.id.in_(alerted)))
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def _customer_of(work: UnitOfWork, agreement_id: UUID) -> UUID:
    query = select(Agreement.customer_id).where(Agreement.id == agreement_id)
    return (await work.session.scalars(query)).one()
