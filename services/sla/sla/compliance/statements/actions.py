"""Close review periods, restate statements, and verify them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import ObjectiveBreached
from sla.agreements.model import Agreement
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.store import get_agreement
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.compliance.evaluation.store import load_evidence, load_evidence_of_periods
from sla.compliance.statements import errors, store
from sla.compliance.statements.audit_anchor import build_audit_anchor
from sla.compliance.statements.builder import PeriodReview, StatementCorrection, StatementIssuer
from sla.compliance.statements.document import build_result, compute_differences, format_datetime
from sla.compliance.statements.model import Statement
from sla.compliance.statements.reviewed_period import ReviewedPeriod, get_reviewed_period, load_reviewed_periods
from sla.compliance.statements.signing import is_signature_valid
from sla.compliance.statements.signing_keys import get_key, get_or_create_signer
from sla.compliance.statements.views import StatementVerificationView
from sla.issues.opening.breaches import clear_breach, open_issue_for_breach
from sla.issues.origins import BreachKey
from sla.measurements.backlog import load_backlog, wait_for_rollup
from sla.measurements.rollup.late_arrivals import raise_stated_until
from sla.measurements.settings import PushSettings


async def close_period(work: UnitOfWork, agreement_id: UUID, key: str) -> Statement:
    """Issue the statement of a period that is over."""
    agreement = await get_agreement(work, agreement_id)
    reviewed = await get_reviewed_period(work, agreement_id, key)
    await _check_due(work, agreement, reviewed.period)  # before anything is waited for, and again under the lock
    await _wait_for_evidence(work, reviewed)
    work.session.expunge(agreement)  # it may change while this waits, and is read anew under the lock
    await store.lock_closing(work)
    agreement = await get_agreement(work, agreement_id, lock=True)
    reviewed = await get_reviewed_period(work, agreement_id, key)
    await _check_due(work, agreement, reviewed.period)
    (statement,) = await _close_periods(work, [(agreement, reviewed)])
    return statement


async def close_due_periods(work: UnitOfWork, agreement_ids: Collection[UUID]) -> int:
    """Close the due period of each agreement and return how many there were; what they rest on must be rolled up."""
    await store.lock_closing(work)
    locked = await store.lock_agreements(work, agreement_ids)
    ends = {agreement.id: end for agreement in locked if (end := agreement.review_due_at) and is_over(work, end)}
    reviewed = await load_reviewed_periods(work, ends, lambda key, schedule: schedule.period_ending_at(ends[key]))
    if without_terms := ends.keys() - reviewed.keys():
        raise errors.NoTermsInForce(f"No signed terms were in force until {ends[min(without_terms)]}.")
    # Issues of a customer are grouped under a lock that all take in the same order.
    agreements = sorted(locked, key=lambda agreement: (agreement.customer_id, agreement.id))
    due = [(agreement, reviewed[agreement.id]) for agreement in agreements if agreement.id in ends]
    return len(await _close_periods(work, due))


async def _close_periods(work: UnitOfWork, due: Sequence[tuple[Agreement, ReviewedPeriod]]) -> list[Statement]:
    """Issue the first statement of each period, whose agreement is locked."""
    if due:
        await raise_stated_until(work.session, max(reviewed.period.end for _, reviewed in due))
    evidence_of_periods = await load_evidence_of_periods(work, [reviewed.evidence_request for _, reviewed in due])
    issuer = await _load_issuer(work, [agreement.id for agreement, _ in due])
    statements = []
    for (agreement, reviewed), evidence in zip(due, evidence_of_periods, strict=True):
        statements.append(await _issue(work, issuer, PeriodReview(reviewed, reviewed.evaluate(evidence))))
        agreement.mark_period_stated(reviewed.schedule, reviewed.period)
    return statements


def is_over(work: UnitOfWork, period_end: datetime) -> bool:
    """Return whether a period is over and what was measured in it has had time to arrive."""
    return period_end + work.service_settings.of(PushSettings).late_after <= work.now


async def restate(work: UnitOfWork, statement_id: UUID, reason: str) -> Statement:
    """Issue a further revision with what is known now, by the current rules; the statement before stays as it is."""
    statement = await work.get(Statement, statement_id)
    _check_over(work, statement)
    await _wait_for_evidence(work, await _load_as_stated(work, statement))
    return await restate_from_minutes(work, statement, reason, CURRENT_RULES)


async def restate_from_minutes(
    work: UnitOfWork, before: Statement, reason: str, version: RulesVersion | None = None
) -> Statement:
    """Restate with what has been rolled up, without waiting for pushes that have not.

    Without `version`, by the rules of the statement before: the two differ in nothing but what was learnt.
    """
    _check_over(work, before)
    await get_agreement(work, before.agreement_id, lock=True)
    latest = await store.find_latest_revision(work, before.agreement_id, before.period)
    if latest is None or latest.id != before.id:
        raise errors.StatementSuperseded("This statement has a later revision; restate that one.")
    reviewed = await _load_as_stated(work, before)
    evaluation = await _evaluate(work, reviewed, version or before.rules_version)
    differences = list(compute_differences(before.result, build_result(evaluation)))
    key = await get_key(work, before.kid)
    if not differences and key.may_have_signed(before.issued_at):
        raise errors.NothingToRestate("Evaluating the period again gives the same result as the statement.")
    review = PeriodReview(reviewed, evaluation, StatementCorrection(before, reason, differences))
    return await _issue(work, await _load_issuer(work, [before.agreement_id]), review)


async def verify(work: UnitOfWork, statement_id: UUID) -> StatementVerificationView:
    """Compute the statement again, and check the chain that leads to it."""
    statement = await work.get(Statement, statement_id)
    reviewed = await _load_as_stated(work, statement)
    recomputed = {
        "terms_sha256": reviewed.binding.terms_sha256,
        "period_from": format_datetime(reviewed.period.start),
        "period_to": format_datetime(reviewed.period.end),
        "result": build_result(await _evaluate(work, reviewed, statement.rules_version, statement.issued_at)),
    }
    stated = {name: statement.document.get(name) for name in recomputed}
    differences = list(compute_differences(stated, recomputed))
    chain = await store.list_chain_up_to(work, statement)
    hashes_before = [None, *(link.sha256 for link in chain[:-1])]
    follows = [link.previous_sha256 == sha256 for link, sha256 in zip(chain, hashes_before, strict=True)]
    key = await get_key(work, statement.kid)
    checks = {
        "untouched": statement.is_untouched,
        "chained": all(follows) and all(link.is_untouched for link in chain),
        "signed": is_signature_valid(statement.sha256, statement.signature, key.public)
        and key.may_have_signed(statement.issued_at),
        "recomputed": not differences,
    }
    return StatementVerificationView.from_entity(verified=all(checks.values()), differences=differences, **checks)


async def find_agreements_behind(work: UnitOfWork, due: Mapping[UUID, datetime], over_by: datetime) -> frozenset[UUID]:
    """Find the agreements whose due period, given by its end, rests on measurements that are being rolled up."""
    backlog = await load_backlog(work, over_by)
    if not backlog.waiting:
        return frozenset()
    reviewed = await load_reviewed_periods(work, due, lambda key, schedule: schedule.period_ending_at(due[key]))
    requests = [period.evidence_request for period in reviewed.values()]
    return frozenset(
        request.agreement_id
        for request in requests
        if backlog.may_change(request.terms.indicator_ids, request.evidence_start, request.end)
    )


async def _wait_for_evidence(work: UnitOfWork, reviewed: ReviewedPeriod) -> None:
    """Wait until what was received before now, and the period rests on, is rolled up."""
    request = reviewed.evidence_request
    await wait_for_rollup(work, request.terms.indicator_ids, request.evidence_start, request.end)


async def _load_as_stated(work: UnitOfWork, statement: Statement) -> ReviewedPeriod:
    """Load the terms as they were known when the statement was issued."""
    return await get_reviewed_period(work, statement.agreement_id, statement.period, known_at=statement.issued_at)


def _check_over(work: UnitOfWork, before: Statement) -> None:
    if not is_over(work, before.period_to):
        raise errors.PeriodNotOver(f"{before.period} ends at {format_datetime(before.period_to)}; restate it then.")


async def _check_due(work: UnitOfWork, agreement: Agreement, period: ReviewPeriod) -> None:
    if not is_over(work, period.end):
        raise errors.PeriodNotOver(f"{period.key} ends at {format_datetime(period.end)}.", field="period")
    if await store.find_latest_revision(work, agreement.id, period.key):
        raise errors.PeriodAlreadyClosed(f"{period.key} has a statement; restate it.", field="period")
    if agreement.review_due_at != period.end:
        raise errors.EarlierPeriodOpen("An earlier period has no statement yet; close that one first.", field="period")


async def _evaluate(
    work: UnitOfWork, reviewed: ReviewedPeriod, version: RulesVersion, known_at: datetime | None = None
) -> PeriodEvaluation:
    return reviewed.evaluate(await load_evidence(work, replace(reviewed.evidence_request, known_at=known_at)), version)


async def _load_issuer(work: UnitOfWork, agreement_ids: Collection[UUID]) -> StatementIssuer:
    chain_ends = await store.list_chain_ends(work, agreement_ids)
    signer, audit_anchor = await get_or_create_signer(work), await build_audit_anchor(work.session)
    return StatementIssuer(work.principal.subject, work.now, signer, chain_ends, audit_anchor)


async def _issue(work: UnitOfWork, issuer: StatementIssuer, review: PeriodReview) -> Statement:
    """Store the statement, emit its events, and open or clear the issues of breaches."""
    statement = review.build_statement(issuer)
    work.add(statement)
    await work.flush()
    work.emit(review.build_issued(statement))
    for breach in review.build_breaches(statement):
        if str(breach.objective_id) not in review.missed_before:
            work.emit(ObjectiveBreached.from_entity(breach))
        await open_issue_for_breach(work, breach)
    for cleared in review.build_cleared(statement):
        work.emit(cleared)
        key = BreachKey(cleared.agreement_id, cleared.objective_id, cleared.period_from)
        await clear_breach(work, cleared.customer_id, key)
    return statement
