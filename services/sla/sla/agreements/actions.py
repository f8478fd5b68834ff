"""What terms may name, and what follows when what is promised changes or its time comes."""

from datetime import date
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import AgreementActivated, AgreementEnded, AgreementRenewed, AgreementResumed
from sla.agreements import store
from sla.agreements.amendments import check_amendment, check_changeable, first_open_day
from sla.agreements.errors import (
    CalendarNotDefined,
    CalendarTimeZoneDiffers,
    IndicatorNotDefined,
    NoPercentilesMeasured,
    NothingInForce,
    OfferingNotAvailable,
)
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.model import Agreement, Notice, OfferingReplica
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.states import AgreementState
from sla.agreements.suspensions import NoticeKind
from sla.agreements.terms import Terms
from sla.closure_calendars import store as calendars
from sla.indicators import store as indicators
from sla.indicators.definition import IndicatorKind


def check_can_amend(agreement: Agreement, course: Lifecycle, terms: Terms) -> None:
    check_changeable(agreement.state, course)
    check_amendment(course, first_open_day(course.schedule, agreement.review_due_at), terms)


def get_binding_on(work: UnitOfWork, schedule: Schedule, day: date | None) -> tuple[date, Binding]:
    """What binds on the day, or today; and that day. NothingBinds."""
    today = day or (schedule.local_day(work.now) if schedule.bindings else work.now.date())
    binding = schedule.binding_on(today)
    if binding is None:
        raise NothingInForce(f"Nothing binds on {today}.", field="on")
    return today, binding


async def get_published_offering(work: UnitOfWork, offering_id: UUID) -> OfferingReplica:
    offering = await work.session.get(OfferingReplica, offering_id)
    if offering is None or offering.retired_at is not None:
        raise OfferingNotAvailable(f"The catalog does not publish the offering {offering_id}.", field="offering_id")
    return offering


async def check_references(work: UnitOfWork, terms: Terms) -> None:
    """That what the terms name is there, and fits."""
    await check_indicators(work, terms)
    if terms.closure_calendars:
        await check_closure_calendars(work, terms)


async def check_closure_calendars(work: UnitOfWork, terms: Terms) -> None:
    zones = {one.id: one.timezone for one in await calendars.list_calendars(work, terms.closure_calendars)}
    for place, calendar_id in enumerate(terms.closure_calendars):
        field = f"terms.closure_calendars.{place}"
        if calendar_id not in zones:
            raise CalendarNotDefined(f"There is no closure calendar {calendar_id}.", field=field)
        if zones[calendar_id] != terms.service_hours.timezone:
            raise CalendarTimeZoneDiffers(f"The calendar is in {zones[calendar_id]}.", field=field)


async def check_indicators(work: UnitOfWork, terms: Terms) -> None:
    unusable = await store.list_unusable_indicators(work, terms.indicator_ids)
    for place, objective in enumerate(terms.objectives):
        if not isinstance(objective, IncidentObjective) and objective.indicator_id in unusable:
            raise IndicatorNotDefined(
                f"There is no indicator {objective.indicator_id} in use.",
                field=f"terms.objectives.{place}.indicator_id",
            )
    await _check_percentiles(work, terms)


async def _check_percentiles(work: UnitOfWork, terms: Terms) -> None:
    wanted = {
        one.indicator_id: place for place, one in enumerate(terms.objectives) if isinstance(one, PercentileObjective)
    }
    kinds = await indicators.load_indicator_kinds(work, wanted) if wanted else {}
    for indicator_id, kind in kinds.items():
        if kind is not IndicatorKind.HISTOGRAM:
            field = f"terms.objectives.{wanted[indicator_id]}.indicator_id"
            raise NoPercentilesMeasured(f"The indicator is of kind {kind}.", field=field)


async def apply_schedule_change(work: UnitOfWork, agreement: Agreement, before: Schedule) -> None:
    """What follows when a version was signed, or a notice took effect: `before` is what was promised until then."""
    await work.flush()
    agreement.replan_review(before, (await store.load_lifecycle(work, agreement.id)).schedule)
    await advance_lifecycle(work, agreement)


async def advance_lifecycle(work: UnitOfWork, agreement: Agreement) -> None:
    """Bring a signed agreement, which is locked, to where the calendar says, and tell what that means."""
    course = await store.load_lifecycle(work, agreement.id)
    while (last_day := course.tacitly_renewed_until(work.now)) is not None:
        course = await _renew(work, agreement, course, last_day)
    before = agreement.state
    agreement.apply_lifecycle(course, work.now)
    _tell(work, agreement, course, before)


async def _renew(work: UnitOfWork, agreement: Agreement, course: Lifecycle, last_day: date) -> Lifecycle:
    """By itself, as the terms say."""
    notice = Notice(
        agreement_id=agreement.id,
        number=await store.get_next_notice_number(work, agreement.id),
        kind=NoticeKind.RENEWAL,
        given_by=work.principal.subject,
        given_at=work.now,
        reason="The terms say so.",
        last_day=last_day,
    )
    notice.take_effect(work.principal.subject, course.newest_version_number, work.now)
    work.add(notice)
    work.emit(build_renewed_event(work, agreement, notice))
    await work.flush()
    after = await store.load_lifecycle(work, agreement.id)
    agreement.replan_review(course.schedule, after.schedule)
    return after


def build_renewed_event(work: UnitOfWork, agreement: Agreement, notice: Notice) -> AgreementRenewed:
    if notice.last_day is None:
        raise AssertionError("a renewal has a last day")
    return AgreementRenewed(
        agreement_id=agreement.id,
        customer_id=agreement.customer_id,
        last_day=notice.last_day,
        tacit=notice.side is None,
        renewed_at=work.now,
    )


def _tell(work: UnitOfWork, agreement: Agreement, course: Lifecycle, before: AgreementState) -> None:
    """Of the states it came through since `before`."""
    whose = {"agreement_id": agreement.id, "customer_id": agreement.customer_id}
    state = agreement.state
    if before is AgreementState.SIGNED and state is not before and agreement.in_force is not None:
        work.emit(AgreementActivated(**whose, version=agreement.in_force, activated_at=work.now))
    if before is AgreementState.SUSPENDED and state is AgreementState.ACTIVE:
        work.emit(AgreementResumed(**whose, resumed_at=course.last_resumed_at(work.now)))
    if state is AgreementState.ENDED and before is not state:
        work.emit(AgreementEnded(**whose, ended_at=work.now))
