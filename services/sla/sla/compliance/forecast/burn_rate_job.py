"""Reports when an error budget begins to be spent too fast and when it no longer is, once for each rule."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from common.jobs.due_rows import batch_job
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from published.sla import ErrorBudgetBurning, ErrorBudgetRecovered
from sla.agreements.model import Agreement
from sla.agreements.objectives import Objective
from sla.compliance.evaluation.evaluation_context import EvaluationContext
from sla.compliance.evaluation.store import load_measurements
from sla.compliance.forecast import gauges, store
from sla.compliance.forecast.burn_rates import LONGEST_WINDOW, BurnRate, compute_burn_rates
from sla.compliance.forecast.model import AlertKey, BurnRateAlert
from sla.compliance.statements.reviewed_period import ReviewedPeriod, load_reviewed_periods
from sla.compliance.statements.settings import StatementSettings
from sla.exclusions import store as exclusions
from sla.exclusions.exclusion_rules import AgreementSpan
from sla.hours.spans import Span
from sla.issues import store as issues
from sla.issues.opening.concerns import end_concern, open_issue_for_concern
from sla.issues.origins import Concern, ConcernKind
from sla.issues.settings import IssueSettings

JOB_NAME = "watch-error-budgets"
FAST_BURN_URGENCY, SLOW_BURN_URGENCY = 3, 2
"""Urgency of an issue on a budget that burns within the hour, and of one that burns slower."""
FAST_BURN_WINDOW = timedelta(hours=1)


class FiringRule(NamedTuple):
    reviewed: ReviewedPeriod
    objective: Objective
    burn_rate: BurnRate

    @property
    def key(self) -> AlertKey:
        return AlertKey(self.reviewed.agreement.agreement_id, self.objective.id, self.burn_rate.rule.name)


def periodic_job(settings: StatementSettings) -> PeriodicJob:
    list_due, batch_size = store.list_agreement_ids_to_check, settings.batch_size
    job = batch_job(JOB_NAME, settings.interval, list_due, update_burn_rate_alerts, batch_size)
    return replace(job, forget=gauges.forget_all)


async def update_burn_rate_alerts(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> None:
    """Begin an alert for each rule that fires and has none, and end the alerts of rules that no longer do."""
    active_ids = await store.list_active_agreement_ids(work, agreement_ids)
    gauges.forget_agreements(agreement_ids)
    for agreement_id, result in (await store.list_newest_results(work, active_ids)).items():
        gauges.set_attained(agreement_id, result["objectives"])
    periods = await load_reviewed_periods(work, active_ids, lambda _, schedule: schedule.period_at(work.now))
    firing = {rule.key: rule async for rule in _list_firing_rules(work, periods)}
    alerts = {alert.key: alert for alert in await store.list_alerts(work, agreement_ids)}
    for key, rule in firing.items():
        if key not in alerts:
            await _begin_alert(work, rule)
    burning = {(key.agreement_id, key.objective_id) for key in firing}
    for key, alert in alerts.items():
        if key not in firing:
            await _end_alert(work, alert, still_burning=(alert.agreement_id, alert.objective_id) in burning)


async def _list_firing_rules(work: UnitOfWork, periods: Mapping[UUID, ReviewedPeriod]) -> AsyncIterator[FiringRule]:
    until = work.now.replace(second=0, microsecond=0)
    since = until - LONGEST_WINDOW
    measured = await load_measurements(work, [reviewed.terms for reviewed in periods.values()], since, until)
    excluded_ids = await exclusions.list_possibly_excluded_agreement_ids(work, periods.keys(), since, until)
    span = Span.between(since, until)
    spans = [AgreementSpan(key, periods[key].terms, span) for key in sorted(excluded_ids)]
    excluded = dict(zip(sorted(excluded_ids), await exclusions.list_exclusions_of_spans(work, spans), strict=True))
    for agreement_id, reviewed in periods.items():
        terms, evidence = reviewed.terms, replace(measured, exclusions=excluded.get(agreement_id, ()))
        context = EvaluationContext(terms, evidence)
        for objective in terms.objectives:
            length = reviewed.evaluation_window(objective).full_length
            for burn_rate in compute_burn_rates(context, objective, until, length):
                gauges.set_burn_rate(agreement_id, objective.name, burn_rate)
                if burn_rate.is_firing:
                    yield FiringRule(reviewed, objective, burn_rate)


async def _begin_alert(work: UnitOfWork, rule: FiringRule) -> None:
    reviewed, burn_rate = rule.reviewed, rule.burn_rate
    alert = BurnRateAlert(**rule.key._asdict(), since=work.now)
    work.add(alert)
    work.emit(
        ErrorBudgetBurning.from_entity(
            alert,
            customer_id=reviewed.agreement.customer_id,
            objective_name=rule.objective.name,
            burn_rate=burn_rate.shown_rate,
            threshold=burn_rate.shown_threshold,
            period_from=reviewed.period.start,
            period_to=reviewed.period.end,
        )
    )
    if work.service_settings.of(IssueSettings).from_burn_rate:
        await open_issue_for_concern(work, _build_concern(rule))


async def _end_alert(work: UnitOfWork, alert: BurnRateAlert, *, still_burning: bool) -> None:
    """End the alert, and the concern about the objective unless it is still burning by another rule."""
    await work.session.delete(alert)
    agreement = await work.get(Agreement, alert.agreement_id)
    work.emit(ErrorBudgetRecovered.from_entity(alert, agreement, recovered_at=work.now))
    if still_burning:
        return
    values = {"agreement_id": alert.agreement_id, "about": alert.objective_id}
    for concern in await issues.list_open_concerns(work, ConcernKind.BURN_RATE, **values):
        await end_concern(work, concern)


def _build_concern(rule: FiringRule) -> Concern:
    reviewed, burn_rate = rule.reviewed, rule.burn_rate
    return Concern.from_entity(
        reviewed.agreement,
        kind=ConcernKind.BURN_RATE,
        about=rule.objective.id,
        name=rule.objective.name,
        weight_share=reviewed.terms.compute_weight_share(rule.objective.id),
        urgency=FAST_BURN_URGENCY if burn_rate.rule.long_window <= FAST_BURN_WINDOW else SLOW_BURN_URGENCY,
        because=f"the error budget is spent {burn_rate.shown_rate} times too fast over {burn_rate.rule.name}",
    )
