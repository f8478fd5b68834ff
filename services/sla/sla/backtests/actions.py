"""Making back-tests: the same evaluation that statements are drawn from, over periods of the past."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from common.unit_of_work import UnitOfWork
from sla.agreements import actions as agreements
from sla.agreements import store as agreement_store
from sla.agreements.model import Agreement
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.terms import Terms, compute_terms_sha256
from sla.backtests import store
from sla.backtests.budgeting_methods import evaluate_by_method
from sla.backtests.document import TriedPeriod, build_backtest_document
from sla.backtests.model import Backtest, BacktestNotInPast, BacktestTooLarge
from sla.backtests.trial_terms import PastIncident, TrialTerms, tally_past_incidents
from sla.backtests.views import NewBacktest
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import evaluate_period
from sla.compliance.evaluation.windows import compute_evidence_start
from sla.compliance.statements import store as compliance
from sla.compliance.statements.actions import wait_for_rollup
from sla.compliance.statements.document import canonical_sha256
from sla.hours.spans import Span, to_microseconds
from sla.incidents import store as incidents

MAX_LENGTH = timedelta(days=5 * 366)
MAX_RESULTS = 1500
"""Objectives times periods."""
MAX_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Known:
    """Of the agreement, if there is one."""

    agreement: Agreement | None
    incidents: Sequence[PastIncident] = ()
    suspended: Sequence[Span] = ()


async def create_backtest(work: UnitOfWork, wanted: NewBacktest) -> Backtest:
    """On all that was received before now."""
    await wait_for_rollup(work)
    agreement, terms = await _on_trial(work, wanted)
    trial = await _trial(work, wanted, terms)
    known = await _known(work, agreement, trial)
    tried = [one async for one in _tried(work, trial, known)]
    document = build_backtest_document(trial, tried, work.now, incidents=agreement is not None)
    found = Backtest(
        agreement_id=agreement.id if agreement else None,
        customer_id=agreement.customer_id if agreement else None,
        shared=wanted.shared,
        made_by=work.principal.subject,
        made_at=work.now,
        terms_document=terms.to_document(),
        terms_sha256=trial.terms_sha256,
        sentence=document["sentences"][0],
        document=document,
        sha256=canonical_sha256(document),
    )
    work.add(found)
    await work.flush()
    return found


async def _on_trial(work: UnitOfWork, wanted: NewBacktest) -> tuple[Agreement | None, Terms]:
    if wanted.terms is not None:
        await agreements.check_references(work, wanted.terms)
    if wanted.agreement_id is None:
        if wanted.terms is None:
            raise AssertionError("the view lets nothing through without either")
        return None, wanted.terms
    agreement = await agreement_store.get_agreement(work, wanted.agreement_id)
    version = await agreement_store.get_newest_version(work, agreement)
    return agreement, wanted.terms or version.terms


async def _trial(work: UnitOfWork, wanted: NewBacktest, terms: Terms) -> TrialTerms:
    if wanted.to < wanted.from_:
        raise BacktestNotInPast("The last day is before the first one.", field="to")
    if wanted.to - wanted.from_ > MAX_LENGTH:
        raise BacktestTooLarge("Ask for five years at the most.", field="to")
    tried = terms.model_copy(update={"starts_on": wanted.from_, "ends_on": wanted.to})
    trial = TrialTerms(
        await agreement_store.load_terms_with_closures(work, tried), compute_terms_sha256(terms.to_document())
    )
    periods = trial.periods(work.now)
    if not periods:
        raise BacktestNotInPast("No review period of this time is over.", field="to")
    if len(periods) * len(terms.objectives) > MAX_RESULTS:
        raise BacktestTooLarge(f"These are more than {MAX_RESULTS} results; ask for less time.", field="to")
    return trial


async def _known(work: UnitOfWork, agreement: Agreement | None, trial: TrialTerms) -> _Known:
    if agreement is None or not trial.has_incident_objectives:
        return _Known(agreement)
    periods = trial.periods(work.now)
    past = await store.list_past_incidents(work, agreement, periods[0].start, periods[-1].end)
    return _Known(agreement, past, await incidents.list_suspended_spans(work, agreement.id))


async def _tried(work: UnitOfWork, trial: TrialTerms, known: _Known) -> AsyncIterator[TriedPeriod]:
    """Period by period, so that no more than one is in memory; computed beside the loop that serves other requests."""
    began = monotonic()
    for period in trial.periods(work.now):
        if monotonic() - began > MAX_SECONDS:
            raise BacktestTooLarge("This takes too long; ask for less time.", field="to")
        evidence = await _evidence(work, trial, period, known)
        yield await asyncio.to_thread(_try, trial, period, evidence, known, work.now)


async def _evidence(work: UnitOfWork, trial: TrialTerms, period: ReviewPeriod, known: _Known) -> PeriodEvidence:
    begin = compute_evidence_start(trial.terms, period.start, period.end, trial.days_in_force)
    found = await compliance.load_measurements(work, [trial.terms], begin, period.end)
    if known.agreement is None:
        return found
    return await compliance.load_with_exclusions(work, known.agreement.id, trial.terms, found, begin, period.end)


def _try(
    trial: TrialTerms, period: ReviewPeriod, evidence: PeriodEvidence, known: _Known, now: datetime
) -> TriedPeriod:
    told = tally_past_incidents(trial, period, known.incidents, known.suspended, to_microseconds(now))
    evidence = replace(evidence, incidents=told)
    evaluation = evaluate_period(trial.terms, period.start, period.end, evidence, trial.days_in_force)
    return TriedPeriod(period, evaluation, evaluate_by_method(trial.terms, period, evidence, trial.days_in_force))
