"""Make back-tests: evaluate past periods under other terms, as their statements would have been."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from common.canonical_json import hash_canonical_json
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreement_store
from sla.agreements.model import Agreement
from sla.agreements.objectives import IncidentObjective
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.terms import Terms
from sla.backtests import store
from sla.backtests.document import build_backtest_document
from sla.backtests.errors import BacktestNotInPast, BacktestTooLarge
from sla.backtests.model import Backtest
from sla.backtests.trial import Trial, TriedPeriod
from sla.backtests.views import NewBacktest
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.store import load_measurements
from sla.compliance.evaluation.windows import compute_evidence_start
from sla.drafts.credit_rules import check_credits
from sla.drafts.reference_checks import check_references
from sla.exclusions import store as exclusions
from sla.hours.spans import Span
from sla.incidents.clocks import store as incident_clocks
from sla.measurements.backlog import wait_for_rollup
from sla.measurements.minutes import EPOCH

MAX_LENGTH = timedelta(days=5 * 366)
MAX_SECONDS = 30.0


async def create_backtest(work: UnitOfWork, request: NewBacktest) -> Backtest:
    """Make a back-test on all measurements that were received before now."""
    agreement = await agreement_store.get_agreement(work, request.agreement_id) if request.agreement_id else None
    terms = await _load_terms(work, request, agreement)
    binding, periods = await _cut_terms(work, request, terms)
    await wait_for_rollup(work, binding.terms.indicator_ids, EPOCH, periods[-1].end)
    trial = Trial(binding, hash_canonical_json(terms.to_document()), work.now, request.agreement_id)
    if agreement is not None and any(isinstance(objective, IncidentObjective) for objective in terms.objectives):
        histories = await store.load_past_histories(work, agreement, periods[0].start, periods[-1].end)
        suspensions = (await incident_clocks.load_suspended_spans(work, [agreement.id]))[agreement.id]
        trial = replace(trial, histories=histories, suspensions=suspensions)
    document = build_backtest_document(trial, [tried async for tried in _try_periods(work, trial, periods)])
    backtest = Backtest(
        agreement_id=request.agreement_id,
        customer_id=agreement.customer_id if agreement else None,
        shared=request.shared,
        made_by=work.principal.subject,
        made_at=work.now,
        terms=terms.to_document(),
        terms_sha256=trial.terms_sha256,
        sentence=document["sentences"][0],
        document=document,
        sha256=hash_canonical_json(document),
    )
    work.add(backtest)
    await work.flush()
    return backtest


async def _load_terms(work: UnitOfWork, request: NewBacktest, agreement: Agreement | None) -> Terms:
    if request.terms is not None:
        check_credits(request.terms)
        await check_references(work, request.terms)
        return request.terms
    if agreement is None:
        raise AssertionError("the view rejects requests without agreement and terms")
    return (await agreement_store.get_version(work, agreement.id)).terms


async def _cut_terms(work: UnitOfWork, request: NewBacktest, terms: Terms) -> tuple[Binding, Sequence[ReviewPeriod]]:
    """Cut the terms to the days of the request, and list the review periods that are over."""
    if request.to < request.from_:
        raise BacktestNotInPast("The last day is before the first one.", field="to")
    if request.to - request.from_ > MAX_LENGTH:
        raise BacktestTooLarge("Ask for at most five years.", field="to")
    cut_terms = terms.model_copy(update={"starts_on": request.from_, "ends_on": request.to})
    periods = [period for _, period in Schedule.of_terms(cut_terms).periods_until(work.now)]
    if not periods:
        raise BacktestNotInPast("No review period of this time is over.", field="to")
    return await agreement_store.load_unsigned_binding(work, cut_terms), periods


async def _try_periods(work: UnitOfWork, trial: Trial, periods: Sequence[ReviewPeriod]) -> AsyncIterator[TriedPeriod]:
    """Evaluate period by period, so that only one is in memory, in a thread beside the loop that serves requests."""
    started_at = monotonic()
    for period in periods:
        if monotonic() - started_at > MAX_SECONDS:
            raise BacktestTooLarge("This takes too long; ask for less time.", field="to")
        evidence = await _load_evidence(work, trial, period)
        yield await asyncio.to_thread(trial.evaluate, period, evidence)


async def _load_evidence(work: UnitOfWork, trial: Trial, period: ReviewPeriod) -> PeriodEvidence:
    start = compute_evidence_start(trial.terms, period.start, period.end)
    evidence = await load_measurements(work, [trial.terms], start, period.end)
    if trial.agreement_id is None:
        return evidence
    span = Span.between(start, period.end)
    excluded = await exclusions.list_exclusions(work, trial.agreement_id, trial.terms, span)
    return replace(evidence, exclusions=excluded)
