"""Renewing, suspending, resuming and terminating agreements, and consenting to what one side cannot do alone."""

from datetime import datetime
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import AgreementRenewed, AgreementResumed, AgreementSuspended, AgreementTerminated
from sla.agreements.amendments import check_in_force
from sla.agreements.lifecycle import Lifecycle, Suspension
from sla.agreements.lifecycle_job import apply_schedule_change
from sla.agreements.model import Agreement
from sla.agreements.notice import Notice
from sla.agreements.states import AgreementState, NoticeKind
from sla.agreements.store import acting_party, get_agreement, get_next_notice_number, load_lifecycle
from sla.corrections import store as corrections
from sla.notices import store
from sla.notices.notice_rules import (
    check_no_pending_renewal,
    check_renewal,
    check_resumption,
    check_suspension,
    check_termination,
)


async def give_notice(work: UnitOfWork, agreement_id: UUID, notice: Notice) -> Notice:
    """Give a notice, which takes effect at once unless the other side has to consent to it."""
    agreement, lifecycle = await _lock_signed_agreement(work, agreement_id)
    if notice.suspension_id is not None:
        await store.get_notice(work, agreement, notice.suspension_id)
    if notice.last_day is None:
        notice.starts_at = notice.starts_at or work.now
    _check_possible(work, lifecycle, notice)
    if notice.kind is NoticeKind.RENEWAL:
        pending_ids = await store.list_agreement_ids_with_pending_renewal(work, [agreement.id])
        check_no_pending_renewal(is_pending=bool(pending_ids))
    notice.agreement_id, notice.number = agreement.id, await get_next_notice_number(work, agreement.id)
    notice.give(acting_party(work), work.now)
    work.add(notice)
    if not notice.needs_consent:
        await _take_effect(work, agreement, lifecycle, notice)
    return await _save(work, agreement, notice)


async def consent(work: UnitOfWork, agreement_id: UUID, notice_id: UUID) -> Notice:
    """Let a notice of the other side take effect, if it is still possible."""
    agreement, lifecycle = await _lock_signed_agreement(work, agreement_id)
    notice = await store.get_notice(work, agreement, notice_id)
    notice.check_may_consent(acting_party(work))
    _check_possible(work, lifecycle, notice)
    await _take_effect(work, agreement, lifecycle, notice)
    return await _save(work, agreement, notice)


async def withdraw_or_decline(work: UnitOfWork, agreement_id: UUID, notice_id: UUID) -> Notice:
    agreement = await get_agreement(work, agreement_id, lock=True)
    notice = await store.get_notice(work, agreement, notice_id)
    notice.withdraw_or_decline(acting_party(work), work.now)
    return await _save(work, agreement, notice)


async def _lock_signed_agreement(work: UnitOfWork, agreement_id: UUID) -> tuple[Agreement, Lifecycle]:
    agreement = await get_agreement(work, agreement_id, lock=True)
    check_in_force(agreement.state)
    return agreement, await load_lifecycle(work, agreement_id)


def _check_possible(work: UnitOfWork, lifecycle: Lifecycle, notice: Notice) -> None:
    start = notice.starts_at
    if notice.last_day is not None:
        check_last_day = check_renewal if notice.kind is NoticeKind.RENEWAL else check_termination
        check_last_day(lifecycle, notice.last_day, work.now)
    elif start is not None and notice.suspension_id is not None:
        check_resumption(lifecycle.suspensions, notice.suspension_id, start)
    elif start is not None:
        check_suspension(lifecycle, start, notice.ends_at)


async def _take_effect(work: UnitOfWork, agreement: Agreement, lifecycle: Lifecycle, notice: Notice) -> None:
    notice.take_effect(work.principal.subject, lifecycle.newest_version_number, work.now)
    _emit_effect(work, agreement, lifecycle, notice)
    await apply_schedule_change(work, agreement, lifecycle.schedule)


async def _save(work: UnitOfWork, agreement: Agreement, notice: Notice) -> Notice:
    agreement.touch(work.now)
    work.set_etag(agreement)
    await work.flush()
    return notice


def _emit_effect(work: UnitOfWork, agreement: Agreement, lifecycle: Lifecycle, notice: Notice) -> None:
    if notice.kind is NoticeKind.RENEWAL:
        work.emit(AgreementRenewed.from_entity(notice, agreement, tacit=False, renewed_at=work.now))
    elif notice.kind is NoticeKind.TERMINATION:
        terminated = {"terminated_by": notice.side, "terminated_at": work.now}
        work.emit(AgreementTerminated.from_entity(notice, agreement, **terminated))
    elif notice.suspension_id is None:
        suspended = {"suspended_from": notice.starts_at, "suspended_to": notice.ends_at}
        work.emit(AgreementSuspended.from_entity(notice, agreement, **suspended))
        _record_correction(work, notice, notice.starts_at, notice.ends_at)
    elif notice.starts_at is not None:
        suspension = next(s for s in lifecycle.suspensions if s.id == notice.suspension_id)
        _emit_resumption(work, agreement, suspension, notice.starts_at)
        _record_correction(work, notice, notice.starts_at, suspension.to)


def _emit_resumption(work: UnitOfWork, agreement: Agreement, suspension: Suspension, end: datetime) -> None:
    """Emit a resumption that is due by now, or that comes before its suspension; the lifecycle emits later ones."""
    if end <= max(suspension.from_, work.now):
        work.emit(AgreementResumed.from_entity(agreement, resumed_at=end))
        if agreement.state is AgreementState.SUSPENDED and suspension.covers(work.now):
            agreement.state = AgreementState.ACTIVE  # so that the lifecycle does not emit it a second time


def _record_correction(work: UnitOfWork, notice: Notice, start: datetime | None, end: datetime | None) -> None:
    """Have closed periods stated again that depend on what was agreed later."""
    past_end = min(end or work.now, work.now)
    if start is not None and start < past_end:
        reason = f"{notice.kind.capitalize()}: {notice.reason}"
        corrections.record_correction(work, notice.agreement_id, start, past_end, reason)
