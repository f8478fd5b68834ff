"""Make back-tests: evaluate past periods under other terms, as their statements would have been."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from common.canonical_json import hash_canonical_json
from common.unit_of_work import UnitOfWork
from sla.agreements import actions as agreements
from sla.agreements import store as agreement_store
from sla.agreements.model import Agreement
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.terms import Terms, compute_terms_sha256
from sla.backtests import store
from sla.backtests.budgeting_methods import evaluate_by_method
from sla.backtests.document import TriedPeriod, build_backtest_document
from sla.backtests.errors import BacktestNotInPast, BacktestTooLarge
from sla.backtests.model import Backtest
from sla.backtests.trial_terms import PastIncident, TrialTerms, tally_past_incidents
from sla.backtests.views import NewBacktest
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import evaluate_period
from sla.compliance.evaluation.store import load_measurements, load_with_exclusions
from sla.compliance.evaluation.windows import compute_evidence_start
from sla.compliance.statements.actions import wait_for_rollup
from sla.hours.spans import Span, to_microseconds
from sla.incidents.clocks import store as incident_clocks

MAX_LENGTH = timedelta(days=5 * 366)
MAX_RESULTS = 1500
"""Objectives times periods."""
MAX_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Records:
    """Incidents and suspensions of the agreement, if there is one."""

    agreement: Agreement | None
    incidents: Sequence[PastIncident] = ()
    suspensions: Sequence[Span] = ()


async def create_backtest(work: UnitOfWork, request: NewBacktest) -> Backtest:
    """Make a back-test on all measurements that were received before now."""
    await wait_for_rollup(work)
    agreement, terms = await _load_terms(work, request)
    trial = await _build_trial(work, request, terms)
    records = await _load_records(work, agreement, trial)
    periods = [period async for period in _try_periods(work, trial, records)]
    document = build_backtest_document(trial, periods, work.now, incidents=agreement is not None)
    backtest = Backtest(
        agreement_id=agreement.id if agreement else None,
        customer_id=agreement.customer_id if agreement else None,
        shared=request.shared,
        made_by=work.principal.subject,
        made_at=work.now,
        terms_document=terms.to_document(),
        terms_sha256=trial.terms_sha256,
        sentence=document["sentences"][0],
        document=document,
        sha256=hash_canonical_json(document),
    )
    work.add(backtest)
    await work.flush()
    return backtest


async def _load_terms(work: UnitOfWork, request: NewBacktest) -> tuple[Agreement | None, Terms]:
    if request.terms is not None:
        await agreements.check_references(work, request.terms)
    if request.agreement_id is None:
        if request.terms is None:
            raise AssertionError("the view rejects requests without agreement and terms")
        return None, request.terms
    agreement = await agreement_store.get_agreement(work, request.agreement_id)
    version = await agreement_store.get_version(work, agreement.id)
    return agreement, request.terms or version.terms


async def _build_trial(work: UnitOfWork, request: NewBacktest, terms: Terms) -> TrialTerms:
    if request.to < request.from_:
        raise BacktestNotInPast("The last day is before the first one.", field="to")
    if request.to - request.from_ > MAX_LENGTH:
        raise BacktestTooLarge("Ask for at most five years.", field="to")
    cut_terms = terms.model_copy(update={"starts_on": request.from_, "ends_on": request.to})
    with_closures = await agreement_store.load_terms_with_closures(work, cut_terms)
    trial = TrialTerms(with_closures, compute_terms_sha256(terms.to_document()))
    periods = trial.periods(work.now)
    if not periods:
        raise BacktestNotInPast("No review period of this time is over.", field="to")
    if len(periods) * len(terms.objectives) > MAX_RESULTS:
        raise BacktestTooLarge(f"There are more than {MAX_RESULTS} results; ask for less time.", field="to")
    return trial


async def _load_records(work: UnitOfWork, agreement: Agreement | None, trial: TrialTerms) -> _Records:
    if agreement is None or not trial.has_incident_objectives:
        return _Records(agreement)
    periods = trial.periods(work.now)
    past_incidents = await store.list_past_incidents(work, agreement, periods[0].start, periods[-1].end)
    return _Records(agreement, past_incidents, await incident_clocks.list_suspended_spans(work, agreement.id))


async def _try_periods(work: UnitOfWork, trial: TrialTerms, records: _Records) -> AsyncIterator[TriedPeriod]:
    """Evaluate period by period, so that only one is in memory, in a thread beside the loop that serves requests."""
    started_at = monotonic()
    for period in trial.periods(work.now):
        if monotonic() - started_at > MAX_SECONDS:
            raise BacktestTooLarge("This takes too long; ask for less time.", field="to")
        evidence = await _load_evidence(work, trial, period, records)
        yield await asyncio.to_thread(_try_period, trial, period, evidence, records, work.now)


async def _load_evidence(
    work: UnitOfWork, trial: TrialTerms, period: ReviewPeriod, records: _Records
) -> PeriodEvidence:
    start = compute_evidence_start(trial.terms, period.start, period.end, trial.days_in_force)
    evidence = await load_measurements(work, [trial.terms], start, period.end)
    if records.agreement is None:
        return evidence
    return await load_with_exclusions(work, records.agreement.id, trial.terms, evidence, start, period.end)


def _try_period(
    trial: TrialTerms, period: ReviewPeriod, evidence: PeriodEvidence, records: _Records, now: datetime
) -> TriedPeriod:
    counts = tally_past_incidents(trial, period, records.incidents, records.suspensions, to_microseconds(now))
    evidence = replace(evidence, incidents=counts)
    evaluation = evaluate_period(trial.terms, period.start, period.end, evidence, trial.days_in_force)
    return TriedPeriod(period, evaluation, evaluate_by_method(trial.terms, period, evidence, trial.days_in_force))
