"""HTTP: closure calendars, which the terms of agreements name."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from sqlalchemy import select

from common.errors import UnsupportedMediaType
from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsManager, AsReader, Router
from common.unit_of_work import UnitOfWork
from common.views import Day, Reason
from sla.closure_calendars import actions, store, views
from sla.closure_calendars.editions import closures_in_effect
from sla.closure_calendars.model import ClosureCalendar, ClosureEdition

ICALENDAR = "text/calendar"
ICALENDAR_EXAMPLE = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Closures//EN
BEGIN:VEVENT
UID:stocktaking@example.com
DTSTAMP:20260101T000000Z
SUMMARY:Stocktaking
DTSTART;VALUE=DATE:20270104
RRULE:FREQ=YEARLY
END:VEVENT
END:VCALENDAR
"""
ICALENDAR_BODY: dict[str, Any] = {"type": "string", "examples": [ICALENDAR_EXAMPLE]}

FREE_TIME = (
    "Close events that are marked as free time (TRANSP:TRANSPARENT) as well, as files of public holidays often are."
)

router = Router(prefix="/closure-calendars", tags=["closure calendars"])
CalendarPaging = Annotated[
    PageRequest,
    listing(
        ClosureCalendar.id,
        changed=ClosureCalendar.modified_at,
        sort=(ClosureCalendar.name,),
        search=(ClosureCalendar.name,),
    ),
]
EditionPaging = Annotated[PageRequest, listing(None, sort=(ClosureEdition.number,))]


@router.post("", status_code=201, summary="Define a closure calendar")
async def define_closure_calendar(work: AsManager, body: views.NewClosureCalendar) -> views.ClosureCalendarView:
    """A new calendar closes nothing until an import is approved."""
    calendar = await actions.define_calendar(work, body)
    work.set_etag(calendar)
    return views.ClosureCalendarView.model_validate(calendar)


@router.get("", summary="List closure calendars, oldest first")
async def list_closure_calendars(work: AsReader, paging: CalendarPaging) -> Page[views.ClosureCalendarView]:
    page = await paginate(work.session, select(ClosureCalendar), paging, key=ClosureCalendar.id)
    return page.to_page(views.ClosureCalendarView.model_validate)


@router.get("/{calendar_id}", summary="Read what a closure calendar closes")
async def read_closure_calendar(work: AsReader, calendar_id: UUID) -> views.ClosureCalendarInEffect:
    calendar = await work.get(ClosureCalendar, calendar_id)
    work.set_etag(calendar)
    editions = (await store.list_approved_editions(work, [calendar_id]))[calendar_id]
    return views.ClosureCalendarInEffect.from_entity(calendar, closures=closures_in_effect(editions))


@router.post(
    "/{calendar_id}/imports",
    status_code=201,
    summary="Import closures from iCalendar",
    openapi_extra={"requestBody": {"required": True, "content": {ICALENDAR: {"schema": ICALENDAR_BODY}}}},
)
async def import_closures(
    work: AsManager,
    request: Request,
    calendar_id: UUID,
    until: Day | None = None,
    free_time: Annotated[bool, Query(description=FREE_TIME)] = False,
) -> views.ClosureEditionDetails:
    """Draft an edition of all events from tomorrow `until` a day, by default the end of the year after next, and see
    what it would close. It replaces the edition in effect on the day after a second person approves it.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ICALENDAR:
        raise UnsupportedMediaType(f"Send {ICALENDAR}.", field="Content-Type")
    edition = await actions.import_closures(work, calendar_id, await request.body(), until, with_free_time=free_time)
    return await _to_details(work, edition)


@router.get("/{calendar_id}/editions", summary="List the editions of a closure calendar")
async def list_closure_editions(
    work: AsReader, calendar_id: UUID, paging: EditionPaging
) -> Page[views.ClosureEditionView]:
    await work.get(ClosureCalendar, calendar_id)
    page = await paginate(work.session, store.select_editions(calendar_id), paging, key=ClosureEdition.id)
    return page.to_page(views.ClosureEditionView.model_validate)


@router.get("/{calendar_id}/editions/{number}", summary="Read an edition, and what it changes")
async def read_closure_edition(work: AsReader, calendar_id: UUID, number: int) -> views.ClosureEditionDetails:
    return await _to_details(work, await store.get_edition(work, calendar_id, number))


@router.post("/{calendar_id}/editions/{number}/approval", status_code=201, summary="Approve an edition")
async def approve_closure_edition(work: AsManager, calendar_id: UUID, number: int) -> views.ClosureEditionDetails:
    """Another person than the importer approves it. It is in effect from the next local day on, so the past stays."""
    return await _to_details(work, await actions.approve_edition(work, calendar_id, number))


@router.post("/{calendar_id}/editions/{number}/rejection", status_code=201, summary="Reject an edition")
async def reject_closure_edition(
    work: AsManager, calendar_id: UUID, number: int, body: Reason
) -> views.ClosureEditionDetails:
    return await _to_details(work, await actions.reject_edition(work, calendar_id, number, body.reason))


async def _to_details(work: UnitOfWork, edition: ClosureEdition) -> views.ClosureEditionDetails:
    await work.flush()
    work.set_etag(edition.calendar)
    return await actions.load_edition_details(work, edition)
