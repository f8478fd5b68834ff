"""The job that moves signed agreements on: first days, tacit renewals, suspensions and last days."""

from datetime import date, timedelta

from common.jobs.due_rows import DueRows, due_rows_job
from common.unit_of_work import UnitOfWork
from published.sla import AgreementActivated, AgreementEnded, AgreementRenewed, AgreementResumed
from sla.agreements import store
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.model import Agreement
from sla.agreements.notice import Notice
from sla.agreements.schedule import Schedule
from sla.agreements.states import AgreementState, NoticeKind


async def apply_schedule_change(work: UnitOfWork, agreement: Agreement, before: Schedule) -> None:
    """Follow a signed version or an effective notice: plan the next review and move the state on."""
    await work.flush()
    agreement.replan_review(before, (await store.load_lifecycle(work, agreement.id)).schedule)
    await advance_lifecycle(work, agreement)


async def advance_lifecycle(work: UnitOfWork, agreement: Agreement) -> None:
    """Move a signed agreement, which is locked, to the state of now, and emit what that means."""
    lifecycle = await store.load_lifecycle(work, agreement.id)
    while (last_day := lifecycle.tacitly_renewed_until(work.now)) is not None:
        lifecycle = await _renew_tacitly(work, agreement, lifecycle, last_day)
    state_before = agreement.state
    agreement.apply_lifecycle(lifecycle, work.now)
    _emit_state_change(work, agreement, lifecycle, state_before)


DUE_AGREEMENTS = DueRows(Agreement, Agreement.next_change_at)
LIFECYCLE_JOB = due_rows_job("agreements-calendar", timedelta(minutes=1), DUE_AGREEMENTS, advance_lifecycle)


async def _renew_tacitly(work: UnitOfWork, agreement: Agreement, lifecycle: Lifecycle, last_day: date) -> Lifecycle:
    notice = Notice(
        agreement_id=agreement.id,
        number=await store.get_next_notice_number(work, agreement.id),
        kind=NoticeKind.RENEWAL,
        given_by=work.principal.subject,
        given_at=work.now,
        reason="The terms renew the agreement.",
        last_day=last_day,
    )
    notice.take_effect(work.principal.subject, lifecycle.newest_version_number, work.now)
    work.add(notice)
    work.emit(AgreementRenewed.from_entity(notice, agreement, tacit=True, renewed_at=work.now))
    await work.flush()
    renewed = await store.load_lifecycle(work, agreement.id)
    agreement.replan_review(lifecycle.schedule, renewed.schedule)
    return renewed


def _emit_state_change(work: UnitOfWork, agreement: Agreement, lifecycle: Lifecycle, before: AgreementState) -> None:
    state = agreement.state
    if before is AgreementState.SIGNED and state is not before and agreement.in_force is not None:
        work.emit(AgreementActivated.from_entity(agreement, version=agreement.in_force, activated_at=work.now))
    if before is AgreementState.SUSPENDED and state is AgreementState.ACTIVE:
        work.emit(AgreementResumed.from_entity(agreement, resumed_at=lifecycle.last_resumed_at(work.now)))
    if state is AgreementState.ENDED and before is not state:
        work.emit(AgreementEnded.from_entity(agreement, ended_at=work.now))
