"""Making back-tests: the same evaluation that statements are drawn from, over periods of the past."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from common.work import Work
from sla.agreements import actions as agreements
from sla.agreements import store as agreement_store
from sla.agreements.model import Agreement
from sla.agreements.periods import Period
from sla.agreements.terms import Terms, fingerprint
from sla.backtests import store
from sla.backtests.document import Tried, document_of
from sla.backtests.methods import by_methods
from sla.backtests.model import Backtest, BacktestNotPast, BacktestTooLarge
from sla.backtests.trial import Past, Trial, tallies
from sla.backtests.views import NewBacktest
from sla.compliance import store as compliance
from sla.compliance.actions import folded
from sla.compliance.document import sha256_of
from sla.compliance.evaluation import evaluate
from sla.compliance.evidence import Evidence
from sla.compliance.windows import evidence_from
from sla.hours.spans import Span, microseconds
from sla.incidents import store as incidents

LONGEST = timedelta(days=5 * 366)
MOST_RESULTS = 1500
"""Objectives times periods."""
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Known:
    """Of the agreement, if there is one."""

    agreement: Agreement | None
    incidents: Sequence[Past] = ()
    suspended: Sequence[Span] = ()


async def make(work: Work, wanted: NewBacktest) -> Backtest:
    """On all that was received before now."""
    await folded(work)
    agreement, terms = await _on_trial(work, wanted)
    trial = await _trial(work, wanted, terms)
    known = await _known(work, agreement, trial)
    tried = [one async for one in _tried(work, trial, known)]
    document = document_of(trial, tried, work.now, incidents=agreement is not None)
    found = Backtest(
        agreement_id=agreement.id if agreement else None,
        customer_id=agreement.customer_id if agreement else None,
        shared=wanted.shared,
        made_by=work.principal.subject,
        made_at=work.now,
        terms_document=terms.document(),
        terms_sha256=trial.terms_sha256,
        sentence=document["sentences"][0],
        document=document,
        sha256=sha256_of(document),
    )
    work.add(found)
    await work.flush()
    return found


async def _on_trial(work: Work, wanted: NewBacktest) -> tuple[Agreement | None, Terms]:
    if wanted.terms is not None:
        await agreements.check_references(work, wanted.terms)
    if wanted.agreement_id is None:
        if wanted.terms is None:
            raise AssertionError("the view lets nothing through without either")
        return None, wanted.terms
    agreement = await agreement_store.agreement(work, wanted.agreement_id)
    version = await agreement_store.newest_version(work, agreement)
    return agreement, wanted.terms or version.terms


async def _trial(work: Work, wanted: NewBacktest, terms: Terms) -> Trial:
    if wanted.to < wanted.from_:
        raise BacktestNotPast("The last day is before the first one.", field="to")
    if wanted.to - wanted.from_ > LONGEST:
        raise BacktestTooLarge("Ask for five years at the most.", field="to")
    tried = terms.model_copy(update={"starts_on": wanted.from_, "ends_on": wanted.to})
    trial = Trial(await agreement_store.evaluable(work, tried), fingerprint(terms.document()))
    periods = trial.periods(work.now)
    if not periods:
        raise BacktestNotPast("No review period of this time is over.", field="to")
    if len(periods) * len(terms.objectives) > MOST_RESULTS:
        raise BacktestTooLarge(f"These are more than {MOST_RESULTS} results; ask for less time.", field="to")
    return trial


async def _known(work: Work, agreement: Agreement | None, trial: Trial) -> _Known:
    if agreement is None or not trial.judges_incidents:
        return _Known(agreement)
    periods = trial.periods(work.now)
    past = await store.past_incidents(work, agreement, periods[0].start, periods[-1].end)
    return _Known(agreement, past, await incidents.suspended_in(work, agreement.id))


async def _tried(work: Work, trial: Trial, known: _Known) -> AsyncIterator[Tried]:
    """Period by period, so that no more than one is in memory; computed beside the loop that serves other requests."""
    began = monotonic()
    for period in trial.periods(work.now):
        if monotonic() - began > SECONDS:
            raise BacktestTooLarge("This takes too long; ask for less time.", field="to")
        evidence = await _evidence(work, trial, period, known)
        yield await asyncio.to_thread(_try, trial, period, evidence, known, work.now)


async def _evidence(work: Work, trial: Trial, period: Period, known: _Known) -> Evidence:
    begin = evidence_from(trial.terms, period.start, period.end, trial.days)
    found = await compliance.measured(work, [trial.terms], begin, period.end)
    if known.agreement is None:
        return found
    return await compliance.with_exclusions(work, known.agreement.id, trial.terms, found, begin, period.end)


def _try(trial: Trial, period: Period, evidence: Evidence, known: _Known, now: datetime) -> Tried:
    told = tallies(trial, period, known.incidents, known.suspended, microseconds(now))
    evidence = replace(evidence, incidents=told)
    evaluation = evaluate(trial.terms, period.start, period.end, evidence, trial.days)
    return Tried(period, evaluation, by_methods(trial.terms, period, evidence, trial.days))
