"""Drafting agreements and amendments, and what follows when what they promise changes or its time comes."""

from datetime import date
from uuid import UUID

from common.work import Work
from published.sla import AgreementActivated, AgreementEnded, AgreementRenewed, AgreementResumed
from sla.agreements import store
from sla.agreements.amending import AmendmentUnderWay, check_amendment, check_changeable, first_open_day
from sla.agreements.course import Course
from sla.agreements.model import (
    Agreement,
    AgreementVersion,
    KnownCustomer,
    KnownOffering,
    Notice,
    Parties,
    amended,
    drafted,
)
from sla.agreements.notices import NoticeKind
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.rules import (
    CalendarElsewhere,
    CalendarNotDefined,
    CustomerNotRegistered,
    IndicatorNotDefined,
    NoPercentilesMeasured,
    NothingBinds,
    OfferingNotAvailable,
)
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.states import AgreementState, check_negotiable
from sla.agreements.terms import Terms
from sla.calendars import store as calendars
from sla.indicators import store as indicators
from sla.indicators.definition import Kind


async def draft(work: Work, parties: Parties, terms: Terms) -> AgreementVersion:
    if await work.session.get(KnownCustomer, parties.customer_id) is None:
        raise CustomerNotRegistered(f"No customer {parties.customer_id} is registered.", field="customer_id")
    await published_offering(work, parties.offering_id)
    await check_references(work, terms)
    version = drafted(parties, terms, work.now)
    work.add(version)
    await work.flush()
    return version


async def amend(work: Work, agreement_id: UUID, terms: Terms) -> AgreementVersion:
    """Draft the next version, which both sides negotiate as they did the first."""
    agreement = await store.agreement(work, agreement_id, lock=True)
    before = await store.newest_version(work, agreement)
    if before.stage.open:
        raise AmendmentUnderWay(f"Version {before.number} is {before.stage.replace('_', ' ')}.")
    await check_terms(work, agreement, before.number + 1, terms)
    version = amended(agreement, before.number + 1, terms, work.now)
    work.add(version)
    await work.flush()
    return version


async def check_terms(work: Work, agreement: Agreement, number: int, terms: Terms) -> None:
    """What terms have to keep to that are drafted or proposed for this version."""
    await check_references(work, terms)
    if number > 1:
        check_amends(agreement, await store.course(work, agreement.id), terms)


def check_amends(agreement: Agreement, course: Course, terms: Terms) -> None:
    check_changeable(agreement.state, course)
    check_amendment(course, first_open_day(course.schedule, agreement.review_due_at), terms)


async def edit_draft(work: Work, agreement_id: UUID, match: int, terms: Terms) -> AgreementVersion:
    version = await store.newest_version(work, await store.agreement(work, agreement_id, match=match))
    check_negotiable(version.stage)
    await check_terms(work, version.agreement, version.number, terms)
    version.draft(terms, work.now)
    await work.flush()
    return version


def binding_on(work: Work, schedule: Schedule, day: date | None) -> tuple[date, Binding]:
    """What binds on the day, or today; and that day. NothingBinds."""
    today = day or (schedule.local_day(work.now) if schedule.bindings else work.now.date())
    binding = schedule.binding_on(today)
    if binding is None:
        raise NothingBinds(f"Nothing binds on {today}.", field="on")
    return today, binding


async def published_offering(work: Work, offering_id: UUID) -> KnownOffering:
    offering = await work.session.get(KnownOffering, offering_id)
    if offering is None or offering.retired_at is not None:
        raise OfferingNotAvailable(f"The catalog does not publish the offering {offering_id}.", field="offering_id")
    return offering


async def check_references(work: Work, terms: Terms) -> None:
    """That what the terms name is there, and fits."""
    await check_indicators(work, terms)
    if terms.closure_calendars:
        await check_calendars(work, terms)


async def check_calendars(work: Work, terms: Terms) -> None:
    zones = {one.id: one.timezone for one in await calendars.named(work, terms.closure_calendars)}
    for place, calendar_id in enumerate(terms.closure_calendars):
        field = f"terms.closure_calendars.{place}"
        if calendar_id not in zones:
            raise CalendarNotDefined(f"There is no closure calendar {calendar_id}.", field=field)
        if zones[calendar_id] != terms.service_hours.timezone:
            raise CalendarElsewhere(f"The calendar is in {zones[calendar_id]}.", field=field)


async def check_indicators(work: Work, terms: Terms) -> None:
    unusable = await store.unusable_indicators(work, terms.indicator_ids)
    for place, objective in enumerate(terms.objectives):
        if not isinstance(objective, IncidentObjective) and objective.indicator_id in unusable:
            raise IndicatorNotDefined(
                f"There is no indicator {objective.indicator_id} in use.",
                field=f"terms.objectives.{place}.indicator_id",
            )
    await _check_percentiles(work, terms)


async def _check_percentiles(work: Work, terms: Terms) -> None:
    wanted = {
        one.indicator_id: place for place, one in enumerate(terms.objectives) if isinstance(one, PercentileObjective)
    }
    kinds = await indicators.kinds_of(work, wanted) if wanted else {}
    for indicator_id, kind in kinds.items():
        if kind is not Kind.HISTOGRAM:
            field = f"terms.objectives.{wanted[indicator_id]}.indicator_id"
            raise NoPercentilesMeasured(f"The indicator is of kind {kind}.", field=field)


async def changed(work: Work, agreement: Agreement, before: Schedule) -> None:
    """What follows when a version was signed, or a notice took effect: `before` is what was promised until then."""
    await work.flush()
    agreement.plan_review(before, (await store.course(work, agreement.id)).schedule)
    await follow_calendar(work, agreement)


async def follow_calendar(work: Work, agreement: Agreement) -> None:
    """Bring a signed agreement, which is locked, to where the calendar says, and tell what that means."""
    course = await store.course(work, agreement.id)
    while (last_day := course.tacit_renewal(work.now)) is not None:
        course = await _renew(work, agreement, course, last_day)
    before = agreement.state
    agreement.reach(course, work.now)
    _tell(work, agreement, course, before)


async def _renew(work: Work, agreement: Agreement, course: Course, last_day: date) -> Course:
    """By itself, as the terms say."""
    notice = Notice(
        agreement_id=agreement.id,
        number=await store.next_notice(work, agreement.id),
        kind=NoticeKind.RENEWAL,
        given_by=work.principal.subject,
        given_at=work.now,
        reason="The terms say so.",
        last_day=last_day,
    )
    notice.take_effect(work.principal.subject, course.newest_version, work.now)
    work.add(notice)
    work.emit(renewal_told(work, agreement, notice))
    await work.flush()
    after = await store.course(work, agreement.id)
    agreement.plan_review(course.schedule, after.schedule)
    return after


def renewal_told(work: Work, agreement: Agreement, notice: Notice) -> AgreementRenewed:
    if notice.last_day is None:
        raise AssertionError("a renewal has a last day")
    return AgreementRenewed(
        agreement_id=agreement.id,
        customer_id=agreement.customer_id,
        last_day=notice.last_day,
        tacit=notice.side is None,
        renewed_at=work.now,
    )


def _tell(work: Work, agreement: Agreement, course: Course, before: AgreementState) -> None:
    """Of the states it came through since `before`."""
    whose = {"agreement_id": agreement.id, "customer_id": agreement.customer_id}
    state = agreement.state
    if before is AgreementState.SIGNED and state is not before and agreement.in_force is not None:
        work.emit(AgreementActivated(**whose, version=agreement.in_force, activated_at=work.now))
    if before is AgreementState.SUSPENDED and state is AgreementState.ACTIVE:
        work.emit(AgreementResumed(**whose, resumed_at=course.resumed_at(work.now)))
    if state is AgreementState.ENDED and before is not state:
        work.emit(AgreementEnded(**whose, ended_at=work.now))
