"""HTTP: shared calendars of closures, which the terms of agreements name."""

from typing import Any
from uuid import UUID

from fastapi import Request

from common.door import AsManager, AsReader, Router
from common.errors import UnsupportedMediaType
from common.paging import Page, Paging, paginate
from common.views import Day
from common.work import Work
from sla.calendars import actions, store
from sla.calendars.model import ClosureCalendar, ClosureEdition
from sla.calendars.views import CalendarInEffect, CalendarView, EditionContent, EditionView, NewCalendar, Rejection

ICALENDAR = "text/calendar"
EXAMPLE = """\
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
BODY: dict[str, Any] = {"type": "string", "examples": [EXAMPLE]}

router = Router(prefix="/closure-calendars", tags=["closure calendars"])


@router.post("", status_code=201, summary="Define a shared calendar")
async def define_closure_calendar(work: AsManager, body: NewCalendar) -> CalendarView:
    """It closes nothing until an import is approved."""
    calendar = await actions.define(work, body)
    work.tag(calendar)
    return CalendarView.model_validate(calendar)


@router.get("", summary="List shared calendars, oldest first")
async def list_closure_calendars(work: AsReader, paging: Paging) -> Page[CalendarView]:
    page = await paginate(work.session, store.calendars(), paging, key=ClosureCalendar.id)
    return page.map(CalendarView.model_validate)


@router.get("/{calendar_id}", summary="Read what a shared calendar closes")
async def read_closure_calendar(work: AsReader, calendar_id: UUID) -> CalendarInEffect:
    calendar = await work.get(ClosureCalendar, calendar_id)
    work.tag(calendar)
    return CalendarInEffect.showing(calendar, await actions.closed(work, calendar))


@router.post(
    "/{calendar_id}/imports",
    status_code=201,
    summary="Import closures from iCalendar",
    openapi_extra={"requestBody": {"required": True, "content": {ICALENDAR: {"schema": BODY}}}},
)
async def import_closures(
    work: AsManager, request: Request, calendar_id: UUID, until: Day | None = None
) -> EditionContent:
    """Drafts an edition of all events from tomorrow `until` a day, by default the end of the year after next, and
    says what it would close. It replaces what is in effect on the day after a second person has approved it.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ICALENDAR:
        raise UnsupportedMediaType(f"Send {ICALENDAR}.", field="Content-Type")
    edition = await actions.import_closures(work, calendar_id, await request.body(), until)
    return await _shown(work, edition)


@router.get("/{calendar_id}/editions", summary="List the editions of a shared calendar, oldest first")
async def list_closure_editions(work: AsReader, calendar_id: UUID, paging: Paging) -> Page[EditionView]:
    await work.get(ClosureCalendar, calendar_id)
    page = await paginate(work.session, store.editions(calendar_id), paging, key=ClosureEdition.id)
    return page.map(EditionView.model_validate)


@router.get("/{calendar_id}/editions/{number}", summary="Read an edition, and what it changes")
async def read_closure_edition(work: AsReader, calendar_id: UUID, number: int) -> EditionContent:
    return await _shown(work, await store.edition(work, calendar_id, number))


@router.post("/{calendar_id}/editions/{number}/approval", status_code=201, summary="Approve an edition")
async def approve_closure_edition(work: AsManager, calendar_id: UUID, number: int) -> EditionContent:
    """By another person than who imported it. In effect from the next local day on: what is over stays as it was."""
    return await _shown(work, await actions.approve(work, calendar_id, number))


@router.post("/{calendar_id}/editions/{number}/rejection", status_code=201, summary="Reject an edition")
async def reject_closure_edition(work: AsManager, calendar_id: UUID, number: int, body: Rejection) -> EditionContent:
    return await _shown(work, await actions.reject(work, calendar_id, number, body.reason))


async def _shown(work: Work, edition: ClosureEdition) -> EditionContent:
    work.tag(edition.calendar)
    return await actions.show(work, edition)
