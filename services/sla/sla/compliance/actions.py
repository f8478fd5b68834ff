"""Closing review periods, restating what was closed, checking statements, and looking at open periods."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Unavailable
from common.work import Work
from sla.agreements.model import Agreement
from sla.agreements.periods import Period
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.store import agreement, schedule, schedules
from sla.compliance import store
from sla.compliance.document import Verification, differences, result_of, written
from sla.compliance.evaluation import Evaluation, evaluate
from sla.compliance.issuing import Correction, Issuer, Reviewed, breaches, cleared, issued, statement_of
from sla.compliance.keys import published, signer
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
from sla.compliance.risk import LOOKBACK_DAYS
from sla.compliance.signing import is_signed
from sla.issues import actions as issues
from sla.measurements.settings import PushSettings
from sla.measurements.store import unfolded_since

PATIENCE, PAUSE = 20, 0.25
"""How often, and seconds apart, it is looked whether the pushes received before have been folded."""


class MeasurementsPending(Unavailable, slug="measurements-pending"):
    """Whatever was received before a period is closed is counted in it: it is still being folded into minutes."""


async def close(work: Work, agreement_id: UUID, key: str) -> Statement:
    """Issue the statement of a period that is over."""
    await agreement(work, agreement_id)
    await folded(work)
    await store.hold_closing(work)
    promised = await agreement(work, agreement_id, lock=True)
    reviewed = await _named(work, agreement_id, key)
    await _check_due(work, promised, reviewed.period)
    statement = await _issue(work, reviewed, await _evaluated(work, reviewed), None)
    promised.reviewed(await schedule(work, agreement_id), reviewed.period)
    return statement


async def close_due(work: Work, agreement_ids: Collection[UUID]) -> int:
    """Close the period that is due of each, and tell how many there were; all that was received must be folded."""
    await store.hold_closing(work)
    agreements = [one for one in await store.locked(work, agreement_ids) if _is_over(work, one.review_due_at)]
    found = await _due(work, agreements)
    asked = [
        store.Asked(one.parties.agreement_id, one.binding.terms, one.period.start, one.period.end, one.days)
        for _, one, _ in found
    ]
    evidence = await store.evidence_of(work, asked) if asked else []
    last = await store.ends(work, [one.id for one in agreements])
    issuer = Issuer(work.principal.subject, work.now, await signer(work))
    for (promised, reviewed, course), known in zip(found, evidence, strict=True):
        terms, period = reviewed.binding.terms, reviewed.period
        evaluation = evaluate(terms, period.start, period.end, known, reviewed.days)
        statement = statement_of(reviewed, evaluation, last.get(promised.id), None, issuer)
        await _publish(work, reviewed, evaluation, statement)
        promised.reviewed(course, period)
    return len(found)


def _is_over(work: Work, due: datetime | None) -> bool:
    return due is not None and due + PushSettings().late_after <= work.now


async def _due(work: Work, agreements: Sequence[Agreement]) -> list[tuple[Agreement, Reviewed, Schedule]]:
    """By customer: issues of one are gathered under a lock, which everybody takes in the same order."""
    ids = [one.id for one in agreements]
    parties, promised = await store.parties(work, ids), await schedules(work, ids)
    found = []
    for one in sorted(agreements, key=lambda one: (one.customer_id, one.id)):
        period = promised[one.id].period_ending(one.review_due_at) if one.review_due_at else None
        if period is None:
            raise NothingPromised(f"No signed terms were in force until {one.review_due_at}.")
        found.append((one, Reviewed(parties[one.id], *period), promised[one.id]))
    return found


async def restate(work: Work, statement_id: UUID, reason: str) -> Statement:
    """Issue a further revision with what is known now; the statement before stays as it is."""
    await work.get(Statement, statement_id)
    await folded(work)
    return await correct(work, statement_id, reason)


async def correct(work: Work, statement_id: UUID, reason: str) -> Statement:
    """Restate with what has been folded."""
    before = await work.get(Statement, statement_id)
    await agreement(work, before.agreement_id, lock=True)
    newest = await store.of_period(work, before.agreement_id, before.period)
    if newest is None or newest.id != before.id:
        raise StatementSuperseded("There is a later revision of it.")
    reviewed = await _as_stated(work, before)
    evaluation = await _evaluated(work, reviewed)
    found = [one._asdict() for one in differences(before.result, result_of(evaluation))]
    if not found:
        raise NothingToRestate("What is known says what the statement says.")
    return await _issue(work, reviewed, evaluation, Correction(before, reason, found))


async def verify(work: Work, statement_id: UUID) -> Verification:
    """Compute it again, and go through the chain that leads to it."""
    statement = await work.get(Statement, statement_id)
    reviewed = await _as_stated(work, statement)
    again = {
        "terms_sha256": reviewed.binding.terms_sha256,
        "period_from": written(reviewed.period.start),
        "period_to": written(reviewed.period.end),
        "result": result_of(await _evaluated(work, reviewed, statement.issued_at)),
    }
    chain = await store.chain_to(work, statement)
    named = [None, *(one.sha256 for one in chain[:-1])]
    public = {key.kid: key.public for key in await published(work)}
    return Verification(
        untouched=statement.untouched,
        chained=all(one.untouched and one.previous_sha256 == sha for one, sha in zip(chain, named, strict=True)),
        signed=is_signed(statement.sha256, statement.signature, public[statement.kid]),
        differences=list(differences({name: statement.document.get(name) for name in again}, again)),
    )


async def look(work: Work, agreement_id: UUID, key: str | None) -> tuple[Period, Outlook]:
    """How the period stands; without a key, the current one. Nothing is kept."""
    await agreement(work, agreement_id)
    reviewed = await (_named(work, agreement_id, key) if key else _current(work, agreement_id))
    period, terms = reviewed.period, reviewed.binding.terms
    until = min(work.now.replace(second=0, microsecond=0), period.end)
    if until <= period.start:
        raise PeriodNotBegun(f"{period.key} begins at {written(period.start)}.", field="period")
    since = until - timedelta(days=LOOKBACK_DAYS + 1)  # the days that were whole, without today
    reach = store.Reach(reviewed.days, since=since, foreseen=period.end)
    evidence = await store.evidence(work, agreement_id, terms, period.start, until, reach)
    found = await asyncio.to_thread(outlook, terms, period.start, until, period.end, evidence, reviewed.days)
    return period, found


async def folded(work: Work) -> None:
    """Wait until all that was received before now is in the minutes. MeasurementsPending: it takes too long."""
    for _ in range(PATIENCE):
        oldest = await unfolded_since(work.session)
        if oldest is None or oldest > work.now:
            return
        await asyncio.sleep(PAUSE)
    raise MeasurementsPending("Measurements that were received before are still being folded into minutes.")


async def _current(work: Work, agreement_id: UUID) -> Reviewed:
    promised = await schedule(work, agreement_id)
    found = promised.period_of(promised.local_day(work.now)) if promised.bindings else None
    return await _reviewed(work, agreement_id, found, "today")


async def _named(work: Work, agreement_id: UUID, key: str, known_at: datetime | None = None) -> Reviewed:
    """The period, and what was promised for it as it was known at an instant (now)."""
    promised = await schedule(work, agreement_id, known_at=known_at)
    return await _reviewed(work, agreement_id, promised.period_named(key), key)


async def _reviewed(work: Work, agreement_id: UUID, found: tuple[Binding, Period] | None, asked: str = "") -> Reviewed:
    if found is None:
        raise NothingPromised(f"No review period with signed terms is called {asked}.", field="period")
    binding, period = found
    return Reviewed((await store.parties(work, [agreement_id]))[agreement_id], binding, period)


async def _as_stated(work: Work, statement: Statement) -> Reviewed:
    """The terms as they were known when the statement was issued."""
    await agreement(work, statement.agreement_id)
    return await _named(work, statement.agreement_id, statement.period, statement.issued_at)


async def _check_due(work: Work, promised: Agreement, period: Period) -> None:
    if work.now < period.end + PushSettings().late_after:
        raise PeriodNotOver(f"{period.key} ends at {written(period.end)}.", field="period")
    if await store.of_period(work, promised.id, period.key):
        raise PeriodAlreadyClosed(f"{period.key} has its statement.", field="period")
    if promised.review_due_at != period.end:
        raise EarlierPeriodOpen("An earlier period has no statement yet.", field="period")


async def _evaluated(work: Work, reviewed: Reviewed, known_at: datetime | None = None) -> Evaluation:
    terms, period = reviewed.binding.terms, reviewed.period
    reach = store.Reach(reviewed.days, known_at=known_at)
    evidence = await store.evidence(work, reviewed.parties.agreement_id, terms, period.start, period.end, reach)
    return evaluate(terms, period.start, period.end, evidence, reviewed.days)


async def _issue(work: Work, reviewed: Reviewed, evaluation: Evaluation, correction: Correction | None) -> Statement:
    agreement_id = reviewed.parties.agreement_id
    last = (await store.ends(work, [agreement_id])).get(agreement_id)
    issuer = Issuer(work.principal.subject, work.now, await signer(work))
    statement = statement_of(reviewed, evaluation, last, correction, issuer)
    await _publish(work, reviewed, evaluation, statement, correction.replaces if correction else None)
    return statement


async def _publish(
    work: Work, reviewed: Reviewed, evaluation: Evaluation, statement: Statement, replaced: Statement | None = None
) -> None:
    """Keep it, and tell what follows from it."""
    work.add(statement)
    await work.flush()
    work.emit(issued(statement, reviewed, evaluation))
    known = replaced.missed if replaced else set()
    for breach, told in breaches(statement, reviewed, evaluation):
        if str(breach.objective_id) not in known:
            work.emit(told)
        await issues.open_for_breach(work, breach)
    for one in cleared(statement, replaced, evaluation) if replaced else ():
        work.emit(one)
        await issues.clear(work, one.agreement_id, one.objective_id, one.period_from)
