"""Checks that what an agreement and its terms refer to exists: the offering, indicators and closure calendars."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements import errors
from sla.agreements.model import OfferingReplica
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.terms import Terms
from sla.closure_calendars import store as calendars
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
