"""Closing review periods, restating what was closed, checking statements, and looking at open periods."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID

from common.errors import Unavailable
from common.work import Work
from sla.agreements import actions as agreements
from sla.agreements.model import Agreement
from sla.agreements.periods import Period, local_day, period_ending, period_of
from sla.agreements.store import Promise, agreement, promise_on
from sla.compliance import store
from sla.compliance.document import Verification, differences, result_of, written
from sla.compliance.evaluation import Evaluation, evaluate
from sla.compliance.issuing import Correction, breaches, issued, statement_of
from sla.compliance.model import (
    EarlierPeriodOpen,
    NothingPromised,
    NothingToRestate,
    PeriodAlreadyClosed,
    PeriodNotBegun,
    PeriodNotOver,
    Statement,
    StatementSuperseded,
)
from sla.compliance.outlook import Outlook, outlook
from sla.issues.actions import open_for_breach
from sla.measurements.settings import PushSettings
from sla.measurements.store import unfolded_since

BEFORE_MIDNIGHT = timedelta(hours=13)
"""So long before a local midnight, the date in UTC is no later than there, wherever that is."""
PATIENCE, PAUSE = 20, 0.25
"""How often, and seconds apart, it is looked whether the pushes received before have been folded."""


class MeasurementsPending(Unavailable):
    """Whatever was received before a period is closed is counted in it: it is still being folded into minutes."""


async def close(work: Work, agreement_id: UUID, month: date) -> Statement:
    """Issue the statement of a period that is over."""
    await agreement(work, agreement_id)
    await _folded(work)
    await store.hold_closing(work)
    promised = await agreement(work, agreement_id, lock=True)
    promise, period = await _in_force(work, promised, month)
    await _check_due(work, promised, period)
    statement = await _issue(work, promise, period, await _evaluated(work, promise, period), None)
    await agreements.review(work, agreement_id, promise.terms, period)
    return statement


async def close_oldest(work: Work, agreement_id: UUID) -> Statement:
    """Close the period that is due."""
    promised = await agreement(work, agreement_id)
    due = promised.review_due_at
    if due is None:
        raise PeriodAlreadyClosed("No period of this agreement is due.")
    inside = (due - BEFORE_MIDNIGHT).date()
    promise = await promise_on(work, agreement_id, max(inside, promised.starts_on))
    period = period_ending(promise.terms, due) if promise else None
    if period is None:
        raise NothingPromised(f"No signed terms were in force until {written(due)}.")
    return await close(work, agreement_id, period.first_day.replace(day=1))


async def restate(work: Work, statement_id: UUID, reason: str) -> Statement:
    """Issue a further revision with what the measurements say now; the statement before stays as it is."""
    await work.get(Statement, statement_id)
    await _folded(work)
    return await correct(work, statement_id, reason)


async def correct(work: Work, statement_id: UUID, reason: str) -> Statement:
    """Restate with what has been folded."""
    before = await work.get(Statement, statement_id)
    await agreement(work, before.agreement_id, lock=True)
    newest = await store.of_period(work, before.agreement_id, before.period)
    if newest is None or newest.id != before.id:
        raise StatementSuperseded("There is a later revision of it.")
    promise, period = await _as_stated(work, before)
    evaluation = await _evaluated(work, promise, period)
    found = [one._asdict() for one in differences(before.result, result_of(evaluation))]
    if not found:
        raise NothingToRestate("The measurements say what the statement says.")
    return await _issue(work, promise, period, evaluation, Correction(before, reason, found))


async def verify(work: Work, statement_id: UUID) -> Verification:
    """Compute it again, and go through the chain that leads to it."""
    statement = await work.get(Statement, statement_id)
    promise, period = await _as_stated(work, statement)
    again = {
        "terms_sha256": promise.terms_sha256,
        "period_from": written(period.start),
        "period_to": written(period.end),
        "result": result_of(await _evaluated(work, promise, period)),
    }
    chain = await store.chain_to(work, statement)
    named = [None, *(one.sha256 for one in chain[:-1])]
    return Verification(
        untouched=statement.untouched,
        chained=all(one.untouched and one.previous_sha256 == sha for one, sha in zip(chain, named, strict=True)),
        differences=list(differences({name: statement.document.get(name) for name in again}, again)),
    )


async def look(work: Work, agreement_id: UUID, month: date | None) -> tuple[Period, Outlook]:
    """How the period stands; without a month, the current one. Nothing is kept."""
    promised = await agreement(work, agreement_id)
    promise, period = await _in_force(work, promised, month or await _this_month(work, agreement_id))
    until = min(work.now.replace(second=0, microsecond=0), period.end)
    if until <= period.start:
        raise PeriodNotBegun(f"{period.key} begins at {written(period.start)}.", field="period")
    minutes = await store.minutes(work, promise.terms, period.start, until)
    return period, outlook(promise.terms, period.start, until, period.end, minutes)


async def _folded(work: Work) -> None:
    for _ in range(PATIENCE):
        oldest = await unfolded_since(work.session)
        if oldest is None or oldest > work.now:
            return
        await asyncio.sleep(PAUSE)
    raise MeasurementsPending("Measurements that were received before are still being folded into minutes.")


async def _this_month(work: Work, agreement_id: UUID) -> date:
    promise = await promise_on(work, agreement_id, work.now.date())
    today = local_day(promise.terms, work.now) if promise else work.now.date()
    return today.replace(day=1)


async def _in_force(
    work: Work, promised: Agreement, month: date, known_at: datetime | None = None
) -> tuple[Promise, Period]:
    """The terms of the month as they were known at an instant (now), and the period they make of it."""
    day = max(month, promised.starts_on)
    inside = day.replace(day=1) == month
    promise = await promise_on(work, promised.id, day, known_at=known_at) if inside else None
    period = period_of(promise.terms, day) if promise else None
    if promise is None or period is None:
        raise NothingPromised(f"No signed terms were in force in {month:%Y-%m}.", field="period")
    return promise, period


async def _as_stated(work: Work, statement: Statement) -> tuple[Promise, Period]:
    """The terms as they were known when the statement was issued."""
    promised = await agreement(work, statement.agreement_id)
    return await _in_force(work, promised, date.fromisoformat(f"{statement.period}-01"), statement.issued_at)


async def _check_due(work: Work, promised: Agreement, period: Period) -> None:
    if work.now < period.end + PushSettings().late_after:
        raise PeriodNotOver(f"{period.key} ends at {written(period.end)}.", field="period")
    if await store.of_period(work, promised.id, period.key):
        raise PeriodAlreadyClosed(f"{period.key} has its statement.", field="period")
    if promised.review_due_at != period.end:
        raise EarlierPeriodOpen("An earlier period has no statement yet.", field="period")


async def _evaluated(work: Work, promise: Promise, period: Period) -> Evaluation:
    minutes = await store.minutes(work, promise.terms, period.start, period.end)
    return evaluate(promise.terms, period.start, period.end, minutes)


async def _issue(
    work: Work, promise: Promise, period: Period, evaluation: Evaluation, correction: Correction | None
) -> Statement:
    last = await store.last_of(work, promise.agreement_id)
    issuer = (work.principal.subject, work.now)
    statement = statement_of(promise, period, evaluation, last, correction, issuer)
    work.add(statement)
    await work.flush()
    work.emit(issued(statement, promise, evaluation))
    known = correction.replaces.missed if correction else set()
    for breach, told in breaches(statement, promise, evaluation):
        if str(breach.objective_id) not in known:
            work.emit(told)
        await open_for_breach(work, breach)
    return statement
