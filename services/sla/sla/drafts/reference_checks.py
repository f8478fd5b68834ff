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
from sla.hours.service_hours import LONGEST_BREAK
from sla.hours.spans import ONE_MICROSECOND, Span
from sla.indicators import store as indicators
from sla.indicators.definition import IndicatorKind

LONGEST_PROMISE = LONGEST_BREAK * ONE_MICROSECOND


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
    """Check that closures leave some of the hours: else nothing would ever count, and no clock would ever run out."""
    terms = await agreements.load_terms_with_closures(work, terms)
    start, last_day = midnight(terms, terms.starts_on), None if terms.renewal else terms.ends_on
    end = start + LONGEST_PROMISE if last_day is None else midnight(terms, last_day + ONE_DAY)
    calendars_by_field = {"service_hours": terms.service_hours}
    for place, objective in enumerate(terms.objectives):
        if isinstance(objective, IncidentObjective) and objective.hours is not None:
            calendars_by_field[f"objectives.{place}.hours"] = objective.hours
    for field, calendar in calendars_by_field.items():
        if not await asyncio.to_thread(calendar.to_service_hours().has_service, Span.between(start, end)):
            message = f"The closures leave no service from {terms.starts_on} on: leave some of the hours open."
            raise errors.HoursWithoutService(message, field=f"terms.{field}")
