"""Giving notice: to renew, to suspend, to resume, to terminate; and consenting to what one side cannot do alone."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import AgreementResumed, AgreementSuspended, AgreementTerminated
from sla.agreements import actions as agreements
from sla.agreements.amendments import check_in_force
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.model import Agreement, Notice
from sla.agreements.states import AgreementState
from sla.agreements.store import acting_party, get_next_notice_number
from sla.agreements.store import get_agreement as agreement_of
from sla.agreements.store import load_lifecycle as course_of
from sla.agreements.suspensions import NoticeKind, NoticeState, RenewalUnderWay, check_can_resume
from sla.corrections import actions as corrections
from sla.notices import store
from sla.notices.rules import check_renewal, check_suspension, check_termination


async def renew(work: UnitOfWork, agreement_id: UUID, last_day: date, reason: str) -> Notice:
    """Ask the other side for a later last day."""
    agreement, course = await _signed(work, agreement_id)
    check_renewal(agreement.state, course, last_day, work.now)
    if await store.has_pending_renewal(work, agreement):
        raise RenewalUnderWay("Another renewal waits for consent.")
    notice = await _given(work, agreement, NoticeKind.RENEWAL, reason, last_day=last_day)
    return await _kept(work, agreement, notice)


async def suspend(
    work: UnitOfWork, agreement_id: UUID, starts_at: datetime | None, ends_at: datetime | None, reason: str
) -> Notice:
    """From now on by one side, before only with the consent of the other."""
    agreement, course = await _signed(work, agreement_id)
    start = starts_at or work.now
    check_suspension(agreement.state, course, start, ends_at)
    notice = await _given(work, agreement, NoticeKind.SUSPENSION, reason, starts_at=start, ends_at=ends_at)
    if start >= work.now:
        await _take_effect(work, agreement, course, notice)
    return await _kept(work, agreement, notice)


async def resume(work: UnitOfWork, agreement_id: UUID, suspension_id: UUID, at: datetime | None, reason: str) -> Notice:
    agreement, course = await _signed(work, agreement_id)
    await store.get_notice(work, agreement, suspension_id)
    end = at or work.now
    check_can_resume(course.suspensions, suspension_id, end)
    given = {"starts_at": end, "suspension_id": suspension_id}
    notice = await _given(work, agreement, NoticeKind.RESUMPTION, reason, **given)
    if end >= work.now:
        await _take_effect(work, agreement, course, notice)
    return await _kept(work, agreement, notice)


async def terminate(work: UnitOfWork, agreement_id: UUID, last_day: date, reason: str) -> Notice:
    agreement, course = await _signed(work, agreement_id)
    check_termination(agreement.state, course, last_day, work.now)
    notice = await _given(work, agreement, NoticeKind.TERMINATION, reason, last_day=last_day)
    await _take_effect(work, agreement, course, notice)
    return await _kept(work, agreement, notice)


async def consent(work: UnitOfWork, agreement_id: UUID, notice_id: UUID) -> Notice:
    """To what the other side asked for: it takes effect, if what it needs still holds."""
    agreement, course = await _signed(work, agreement_id)
    notice = await store.get_notice(work, agreement, notice_id)
    notice.check_may_consent(acting_party(work))
    if notice.last_day is not None:
        check_renewal(agreement.state, course, notice.last_day, work.now)
    elif notice.suspension_id is not None and notice.starts_at is not None:
        check_can_resume(course.suspensions, notice.suspension_id, notice.starts_at)
    elif notice.starts_at is not None:
        check_suspension(agreement.state, course, notice.starts_at, notice.ends_at)
    await _take_effect(work, agreement, course, notice)
    return await _kept(work, agreement, notice)


async def withdraw_or_decline(work: UnitOfWork, agreement_id: UUID, notice_id: UUID) -> Notice:
    agreement = await agreement_of(work, agreement_id, lock=True)
    notice = await store.get_notice(work, agreement, notice_id)
    notice.withdraw_or_decline(acting_party(work), work.now)
    return await _kept(work, agreement, notice)


async def _signed(work: UnitOfWork, agreement_id: UUID) -> tuple[Agreement, Lifecycle]:
    agreement = await agreement_of(work, agreement_id, lock=True)
    check_in_force(agreement.state)
    return agreement, await course_of(work, agreement_id)


async def _given(work: UnitOfWork, agreement: Agreement, kind: NoticeKind, reason: str, **what: Any) -> Notice:
    by = acting_party(work)
    notice = Notice(
        agreement_id=agreement.id,
        number=await get_next_notice_number(work, agreement.id),
        kind=kind,
        state=NoticeState.PENDING,
        side=by.side,
        given_by=by.subject,
        given_at=work.now,
        reason=reason,
        **what,
    )
    work.add(notice)
    return notice


async def _take_effect(work: UnitOfWork, agreement: Agreement, course: Lifecycle, notice: Notice) -> None:
    notice.take_effect(work.principal.subject, course.newest_version_number, work.now)
    _tell(work, agreement, course, notice)
    await agreements.apply_schedule_change(work, agreement, course.schedule)


async def _kept(work: UnitOfWork, agreement: Agreement, notice: Notice) -> Notice:
    agreement.touch(work.now)
    work.set_etag(agreement)
    await work.flush()
    return notice


def _tell(work: UnitOfWork, agreement: Agreement, course: Lifecycle, notice: Notice) -> None:
    whose: dict[str, Any] = {"agreement_id": agreement.id, "customer_id": agreement.customer_id}
    if notice.kind is NoticeKind.RENEWAL:
        work.emit(agreements.build_renewed_event(work, agreement, notice))
    elif notice.kind is NoticeKind.TERMINATION:
        why = {"terminated_by": notice.side, "last_day": notice.last_day, "reason": notice.reason}
        work.emit(AgreementTerminated(**whose, **why, terminated_at=work.now))
    elif notice.suspension_id is None:
        when = {"suspended_from": notice.starts_at, "suspended_to": notice.ends_at}
        work.emit(AgreementSuspended(**whose, **when, reason=notice.reason))
        _correct(work, notice, notice.starts_at, notice.ends_at)
    else:
        _resumed(work, agreement, course, notice)


def _resumed(work: UnitOfWork, agreement: Agreement, course: Lifecycle, notice: Notice) -> None:
    """Told here when it is over by now, or will not begin; else by the calendar, when its time comes."""
    end, suspension = notice.starts_at, next(one for one in course.suspensions if one.id == notice.suspension_id)
    if end is None:
        raise AssertionError("a resumption says when")
    if end <= max(suspension.from_, work.now):
        work.emit(AgreementResumed(agreement_id=agreement.id, customer_id=agreement.customer_id, resumed_at=end))
        if agreement.state is AgreementState.SUSPENDED and suspension.covers(work.now):
            agreement.state = AgreementState.ACTIVE  # so that the calendar does not tell it a second time
    _correct(work, notice, end, suspension.to)


def _correct(work: UnitOfWork, notice: Notice, start: datetime | None, end: datetime | None) -> None:
    """Periods that were closed may come out differently by what was agreed on later."""
    past = min(end or work.now, work.now)
    if start is not None and start < past:
        corrections.record_correction(
            work, notice.agreement_id, start, past, f"{notice.kind.capitalize()}: {notice.reason}"
        )
