"""Checking what terms refer to, and moving signed agreements through their lifecycle."""

from datetime import date, timedelta
from uuid import UUID

from common.jobs.due_rows import DueRows, due_rows_job
from common.unit_of_work import UnitOfWork
from published.sla import AgreementActivated, AgreementEnded, AgreementRenewed, AgreementResumed
from sla.agreements import store
from sla.agreements.amendments import check_amended_terms, check_changeable, first_open_day
from sla.agreements.errors import (
    CalendarNotDefined,
    CalendarTimeZoneDiffers,
    IndicatorNotDefined,
    NoPercentilesMeasured,
    NothingInForce,
    OfferingNotAvailable,
)
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.model import Agreement, OfferingReplica
from sla.agreements.notice import Notice
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.states import AgreementState, NoticeKind
from sla.agreements.terms import Terms
from sla.closure_calendars import store as calendars
from sla.indicators import store as indicators
from sla.indicators.definition import IndicatorKind


def check_can_amend(agreement: Agreement, lifecycle: Lifecycle, terms: Terms) -> None:
    check_changeable(agreement.state, lifecycle)
    check_amended_terms(lifecycle, first_open_day(lifecycle.schedule, agreement.review_due_at), terms)


def get_binding_on(work: UnitOfWork, schedule: Schedule, day: date | None) -> tuple[date, Binding]:
    """Return the day, by default today, and the binding in force on it."""
    day = day or (schedule.local_day(work.now) if schedule.bindings else work.now.date())
    binding = schedule.binding_on(day)
    if binding is None:
        raise NothingInForce(f"No version is in force on {day}.", field="on")
    return day, binding


async def get_published_offering(work: UnitOfWork, offering_id: UUID) -> OfferingReplica:
    offering = await work.session.get(OfferingReplica, offering_id)
    if offering is None or offering.retired_at is not None:
        raise OfferingNotAvailable(f"Offering {offering_id} is not published in the catalog.", field="offering_id")
    return offering


async def check_references(work: UnitOfWork, terms: Terms) -> None:
    """Check that the indicators and calendars that terms name exist and suit them."""
    await check_indicators(work, terms)
    if terms.closure_calendars:
        await check_closure_calendars(work, terms)


async def check_closure_calendars(work: UnitOfWork, terms: Terms) -> None:
    named_calendars = await calendars.list_calendars(work, terms.closure_calendars)
    zones = {calendar.id: calendar.timezone for calendar in named_calendars}
    for place, calendar_id in enumerate(terms.closure_calendars):
        field = f"terms.closure_calendars.{place}"
        if calendar_id not in zones:
            raise CalendarNotDefined(f"There is no closure calendar {calendar_id}.", field=field)
        if zones[calendar_id] != terms.service_hours.timezone:
            raise CalendarTimeZoneDiffers(f"The calendar is in {zones[calendar_id]}.", field=field)


async def check_indicators(work: UnitOfWork, terms: Terms) -> None:
    kinds = await indicators.load_indicator_kinds(work, terms.indicator_ids)
    for place, objective in enumerate(terms.objectives):
        if isinstance(objective, IncidentObjective):
            continue
        field, kind = f"terms.objectives.{place}.indicator_id", kinds.get(objective.indicator_id)
        if kind is None:
            raise IndicatorNotDefined(f"There is no indicator {objective.indicator_id} in use.", field=field)
        if isinstance(objective, PercentileObjective) and kind is not IndicatorKind.HISTOGRAM:
            raise NoPercentilesMeasured(f"The indicator is of kind {kind}.", field=field)


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
    work.emit(build_renewed_event(work, agreement, notice))
    await work.flush()
    renewed = await store.load_lifecycle(work, agreement.id)
    agreement.replan_review(lifecycle.schedule, renewed.schedule)
    return renewed


def build_renewed_event(work: UnitOfWork, agreement: Agreement, notice: Notice) -> AgreementRenewed:
    return AgreementRenewed.from_entity(notice, agreement, tacit=notice.side is None, renewed_at=work.now)


def _emit_state_change(
    work: UnitOfWork, agreement: Agreement, lifecycle: Lifecycle, state_before: AgreementState
) -> None:
    state = agreement.state
    if state_before is AgreementState.SIGNED and state is not state_before and agreement.in_force is not None:
        work.emit(AgreementActivated.from_entity(agreement, version=agreement.in_force, activated_at=work.now))
    if state_before is AgreementState.SUSPENDED and state is AgreementState.ACTIVE:
        work.emit(AgreementResumed.from_entity(agreement, resumed_at=lifecycle.last_resumed_at(work.now)))
    if state is AgreementState.ENDED and state_before is not state:
        work.emit(AgreementEnded.from_entity(agreement, ended_at=work.now))
