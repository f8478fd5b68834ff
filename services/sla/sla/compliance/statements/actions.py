"""Closing review periods, restating what was closed, checking statements, and looking at open periods."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Unavailable
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.store import get_agreement, load_schedule, load_schedules
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation, evaluate_period
from sla.compliance.forecast.breach_risk import LOOKBACK_DAYS
from sla.compliance.forecast.period_forecast import PeriodForecast, compute_period_forecast
from sla.compliance.statements import store
from sla.compliance.statements.builder import (
    ReviewedPeriod,
    StatementCorrection,
    StatementIssuer,
    build_breaches,
    build_objectives_cleared,
    build_statement,
    build_statement_issued,
)
from sla.compliance.statements.document import StatementVerification, build_result, compute_differences, format_datetime
from sla.compliance.statements.model import (
    EarlierPeriodOpen,
    NoTermsInForce,
    NothingToRestate,
    PeriodAlreadyClosed,
    PeriodNotBegun,
    PeriodNotOver,
    Statement,
    StatementSuperseded,
)
from sla.compliance.statements.signing import is_signature_valid
from sla.compliance.statements.signing_keys import get_or_create_signer, list_keys
from sla.issues import actions as issues
from sla.measurements.settings import PushSettings
from sla.measurements.store import find_oldest_pending_push_at

ROLLUP_CHECKS, ROLLUP_CHECK_SECONDS = 20, 0.25
"""How often, and seconds apart, it is looked whether the pushes received before have been folded."""


class MeasurementsPending(Unavailable, slug="measurements-pending"):
    """Whatever was received before a period is closed is counted in it: it is still being folded into minutes."""


async def close_period(work: UnitOfWork, agreement_id: UUID, key: str) -> Statement:
    """Issue the statement of a period that is over."""
    await get_agreement(work, agreement_id)
    await wait_for_rollup(work)
    await store.lock_closing(work)
    promised = await get_agreement(work, agreement_id, lock=True)
    reviewed = await _named(work, agreement_id, key)
    await _check_due(work, promised, reviewed.period)
    statement = await _issue(work, reviewed, await _evaluated(work, reviewed), None)
    promised.mark_period_stated(await load_schedule(work, agreement_id), reviewed.period)
    return statement


async def close_due_periods(work: UnitOfWork, agreement_ids: Collection[UUID]) -> int:
    """Close the period that is due of each, and tell how many there were; all that was received must be folded."""
    await store.lock_closing(work)
    agreements = [one for one in await store.lock_agreements(work, agreement_ids) if _is_over(work, one.review_due_at)]
    found = await _due(work, agreements)
    asked = [
        store.EvidenceRequest(
            one.agreement.agreement_id, one.binding.terms, one.period.start, one.period.end, one.days_in_force
        )
        for _, one, _ in found
    ]
    evidence = await store.load_evidence_of_periods(work, asked) if asked else []
    last = await store.list_chain_ends(work, [one.id for one in agreements])
    issuer = StatementIssuer(work.principal.subject, work.now, await get_or_create_signer(work))
    for (promised, reviewed, course), known in zip(found, evidence, strict=True):
        terms, period = reviewed.binding.terms, reviewed.period
        evaluation = evaluate_period(terms, period.start, period.end, known, reviewed.days_in_force)
        statement = build_statement(reviewed, evaluation, last.get(promised.id), None, issuer)
        await _publish(work, reviewed, evaluation, statement)
        promised.mark_period_stated(course, period)
    return len(found)


def _is_over(work: UnitOfWork, due: datetime | None) -> bool:
    return due is not None and due + PushSettings().late_after <= work.now


async def _due(work: UnitOfWork, agreements: Sequence[Agreement]) -> list[tuple[Agreement, ReviewedPeriod, Schedule]]:
    """By customer: issues of one are gathered under a lock, which everybody takes in the same order."""
    ids = [one.id for one in agreements]
    parties, promised = await store.list_reviewed_agreements(work, ids), await load_schedules(work, ids)
    found = []
    for one in sorted(agreements, key=lambda one: (one.customer_id, one.id)):
        period = promised[one.id].period_ending_at(one.review_due_at) if one.review_due_at else None
        if period is None:
            raise NoTermsInForce(f"No signed terms were in force until {one.review_due_at}.")
        found.append((one, ReviewedPeriod(parties[one.id], *period), promised[one.id]))
    return found


async def restate(work: UnitOfWork, statement_id: UUID, reason: str) -> Statement:
    """Issue a further revision with what is known now; the statement before stays as it is."""
    await work.get(Statement, statement_id)
    await wait_for_rollup(work)
    return await restate_from_minutes(work, statement_id, reason)


async def restate_from_minutes(work: UnitOfWork, statement_id: UUID, reason: str) -> Statement:
    """Restate with what has been folded."""
    before = await work.get(Statement, statement_id)
    await get_agreement(work, before.agreement_id, lock=True)
    newest = await store.find_latest_revision(work, before.agreement_id, before.period)
    if newest is None or newest.id != before.id:
        raise StatementSuperseded("There is a later revision of it.")
    reviewed = await _as_stated(work, before)
    evaluation = await _evaluated(work, reviewed)
    found = [one._asdict() for one in compute_differences(before.result, build_result(evaluation))]
    if not found:
        raise NothingToRestate("What is known says what the statement says.")
    return await _issue(work, reviewed, evaluation, StatementCorrection(before, reason, found))


async def verify(work: UnitOfWork, statement_id: UUID) -> StatementVerification:
    """Compute it again, and go through the chain that leads to it."""
    statement = await work.get(Statement, statement_id)
    reviewed = await _as_stated(work, statement)
    again = {
        "terms_sha256": reviewed.binding.terms_sha256,
        "period_from": format_datetime(reviewed.period.start),
        "period_to": format_datetime(reviewed.period.end),
        "result": build_result(await _evaluated(work, reviewed, statement.issued_at)),
    }
    chain = await store.list_chain_up_to(work, statement)
    named = [None, *(one.sha256 for one in chain[:-1])]
    public = {key.kid: key.public for key in await list_keys(work)}
    return StatementVerification(
        is_untouched=statement.is_untouched,
        is_chained=all(one.is_untouched and one.previous_sha256 == sha for one, sha in zip(chain, named, strict=True)),
        is_signed=is_signature_valid(statement.sha256, statement.signature, public[statement.kid]),
        differences=list(compute_differences({name: statement.document.get(name) for name in again}, again)),
    )


async def forecast_period(work: UnitOfWork, agreement_id: UUID, key: str | None) -> tuple[ReviewPeriod, PeriodForecast]:
    """How the period stands; without a key, the current one. Nothing is kept."""
    await get_agreement(work, agreement_id)
    reviewed = await (_named(work, agreement_id, key) if key else _current(work, agreement_id))
    period, terms = reviewed.period, reviewed.binding.terms
    until = min(work.now.replace(second=0, microsecond=0), period.end)
    if until <= period.start:
        raise PeriodNotBegun(f"{period.key} begins at {format_datetime(period.start)}.", field="period")
    since = until - timedelta(days=LOOKBACK_DAYS + 1)  # the days that were whole, without today
    reach = store.EvidenceRange(reviewed.days_in_force, since=since, exclusions_until=period.end)
    evidence = await store.load_evidence(work, agreement_id, terms, period.start, until, reach)
    found = await asyncio.to_thread(
        compute_period_forecast, terms, period.start, until, period.end, evidence, reviewed.days_in_force
    )
    return period, found


async def wait_for_rollup(work: UnitOfWork) -> None:
    """Wait until all that was received before now is in the minutes. MeasurementsPending: it takes too long."""
    for _ in range(ROLLUP_CHECKS):
        oldest = await find_oldest_pending_push_at(work.session)
        if oldest is None or oldest > work.now:
            return
        await asyncio.sleep(ROLLUP_CHECK_SECONDS)
    raise MeasurementsPending("Measurements that were received before are still being folded into minutes.")


async def _current(work: UnitOfWork, agreement_id: UUID) -> ReviewedPeriod:
    promised = await load_schedule(work, agreement_id)
    found = promised.period_on(promised.local_day(work.now)) if promised.bindings else None
    return await _reviewed(work, agreement_id, found, "today")


async def _named(work: UnitOfWork, agreement_id: UUID, key: str, known_at: datetime | None = None) -> ReviewedPeriod:
    """The period, and what was promised for it as it was known at an instant (now)."""
    promised = await load_schedule(work, agreement_id, known_at=known_at)
    return await _reviewed(work, agreement_id, promised.period_by_key(key), key)


async def _reviewed(
    work: UnitOfWork, agreement_id: UUID, found: tuple[Binding, ReviewPeriod] | None, asked: str = ""
) -> ReviewedPeriod:
    if found is None:
        raise NoTermsInForce(f"No review period with signed terms is called {asked}.", field="period")
    binding, period = found
    return ReviewedPeriod((await store.list_reviewed_agreements(work, [agreement_id]))[agreement_id], binding, period)


async def _as_stated(work: UnitOfWork, statement: Statement) -> ReviewedPeriod:
    """The terms as they were known when the statement was issued."""
    await get_agreement(work, statement.agreement_id)
    return await _named(work, statement.agreement_id, statement.period, statement.issued_at)


async def _check_due(work: UnitOfWork, promised: Agreement, period: ReviewPeriod) -> None:
    if work.now < period.end + PushSettings().late_after:
        raise PeriodNotOver(f"{period.key} ends at {format_datetime(period.end)}.", field="period")
    if await store.find_latest_revision(work, promised.id, period.key):
        raise PeriodAlreadyClosed(f"{period.key} has its statement.", field="period")
    if promised.review_due_at != period.end:
        raise EarlierPeriodOpen("An earlier period has no statement yet.", field="period")


async def _evaluated(work: UnitOfWork, reviewed: ReviewedPeriod, known_at: datetime | None = None) -> PeriodEvaluation:
    terms, period = reviewed.binding.terms, reviewed.period
    reach = store.EvidenceRange(reviewed.days_in_force, known_at=known_at)
    evidence = await store.load_evidence(work, reviewed.agreement.agreement_id, terms, period.start, period.end, reach)
    return evaluate_period(terms, period.start, period.end, evidence, reviewed.days_in_force)


async def _issue(
    work: UnitOfWork, reviewed: ReviewedPeriod, evaluation: PeriodEvaluation, correction: StatementCorrection | None
) -> Statement:
    agreement_id = reviewed.agreement.agreement_id
    last = (await store.list_chain_ends(work, [agreement_id])).get(agreement_id)
    issuer = StatementIssuer(work.principal.subject, work.now, await get_or_create_signer(work))
    statement = build_statement(reviewed, evaluation, last, correction, issuer)
    await _publish(work, reviewed, evaluation, statement, correction.replaces if correction else None)
    return statement


async def _publish(
    work: UnitOfWork,
    reviewed: ReviewedPeriod,
    evaluation: PeriodEvaluation,
    statement: Statement,
    replaced: Statement | None = None,
) -> None:
    """Keep it, and tell what follows from it."""
    work.add(statement)
    await work.flush()
    work.emit(build_statement_issued(statement, reviewed, evaluation))
    known = replaced.missed_objective_ids if replaced else set()
    for breach, told in build_breaches(statement, reviewed, evaluation):
        if str(breach.objective_id) not in known:
            work.emit(told)
        await issues.open_issue_for_breach(work, breach)
    for one in build_objectives_cleared(statement, replaced, evaluation) if replaced else ():
        work.emit(one)
        await issues.clear_breach(work, one.agreement_id, one.objective_id, one.period_from)
