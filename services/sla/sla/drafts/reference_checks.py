"""Checks that what an agreement and its terms refer to exists: the offering, indicators and closure calendars."""

import asyncio
from uuid import UUID

from common.dates import ONE_DAY
from common.unit_of_work import UnitOfWork
from sla.agreements import errors
from sla.agreements import store as agreements
from sla.agreements.model import OfferingReplica
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.review_periods import midnight
from sla.agreements.terms import Terms
from sla.closure_calendars import store as calendars
from sla.hours.calendar import Calendar
from sla.hours.service_hours import LONGEST_BREAK
from sla.hours.spans import Span, to_microseconds
from sla.indicators import store as indicators
from sla.indicators.definition import IndicatorKind


async def get_published_offering(work: UnitOfWork, offering_id: UUID) -> OfferingReplica:
    offering = await work.session.get(OfferingReplica, offering_id)
    if offering is None:
        raise errors.OfferingNotKnown("Offering", offering_id, field="offering_id", since="published")
    if offering.retired_at is not None:
        raise errors.OfferingNotAvailable(f"Offering {offering_id} was retired.", field="offering_id")
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
            raise errors.CalendarNotDefined(f"There is no closure calendar {calendar_id}.", field=field)
        if zones[calendar_id] != terms.service_hours.timezone:
            raise errors.CalendarTimeZoneDiffers(f"The calendar is in {zones[calendar_id]}.", field=field)


async def check_indicators(work: UnitOfWork, terms: Terms) -> None:
    kinds = await indicators.load_indicator_kinds(work, terms.indicator_ids)
    for place, objective in enumerate(terms.objectives):
        if isinstance(objective, IncidentObjective):
            continue
        field, kind = f"terms.objectives.{place}.indicator_id", kinds.get(objective.indicator_id)
        if kind is None:
            raise errors.IndicatorNotDefined(f"There is no indicator {objective.indicator_id} in use.", field=field)
        if isinstance(objective, PercentileObjective) and kind is not IndicatorKind.HISTOGRAM:
            raise errors.NoPercentilesMeasured(f"The indicator is of kind {kind}; name a histogram.", field=field)


async def check_hours(work: UnitOfWork, terms: Terms) -> None:
    """Check that hours have service, and enough for the times allowed: else clocks would never run out."""
    await asyncio.to_thread(_check_hours, await agreements.load_terms_with_closures(work, terms))


def _check_hours(terms: Terms) -> None:
    start, last_day = to_microseconds(midnight(terms, terms.starts_on)), None if terms.renewal else terms.ends_on
    end = start + LONGEST_BREAK if last_day is None else to_microseconds(midnight(terms, last_day + ONE_DAY))
    _check_service(terms.service_hours, Span(start, end), "service_hours")
    for place, objective in enumerate(terms.objectives):
        if not isinstance(objective, IncidentObjective):
            continue
        if objective.hours is not None:
            _check_service(objective.hours, Span(start, end), f"objectives.{place}.hours")
        hours = (objective.hours or terms.service_hours).to_service_hours()
        if objective.allowed.find_due_instant(hours, start, (), start + LONGEST_BREAK) is None:
            field = "within_business_days" if objective.within is None else "within"
            message = f"The hours have too little service for {objective.allowed}: that would take more than ten years."
            raise errors.HoursWithoutService(message, field=f"terms.objectives.{place}.{field}")


def _check_service(calendar: Calendar, window: Span, field: str) -> None:
    if not calendar.to_service_hours().has_service(window):
        message = "Nothing would ever count: closures leave no service. Leave some of the hours open."
        raise errors.HoursWithoutService(message, field=f"terms.{field}")
