"""Defining shared calendars, importing what they close, and deciding on it."""

import asyncio
import hashlib
from datetime import date, timedelta
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from common.errors import DomainError
from common.unit_of_work import UnitOfWork
from sla.closure_calendars import store
from sla.closure_calendars.editions import EditionClosure, clip_closures, closures_in_effect, closures_sha256
from sla.closure_calendars.icalendar_import import ICalendarError, ImportedClosures, parse_closures
from sla.closure_calendars.model import ClosureCalendar, ClosureEdition, EditionState, ImportUnderWay
from sla.closure_calendars.views import ClosureEditionDetails, NewClosureCalendar
from sla.hours.time_zones import load_zone

ONE_DAY = timedelta(days=1)
DEFAULT_YEARS_AHEAD, MAX_DAYS_AHEAD = 2, 5 * 366


class CalendarUnreadable(DomainError, slug="calendar-unreadable"):
    """An import is an iCalendar document (RFC 5545) whose events have a beginning, an end, and few repetitions."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ImportTooFar(DomainError, slug="import-too-far"):
    """An import looks at the days from tomorrow on, for five years at the most."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


async def define_calendar(work: UnitOfWork, new: NewClosureCalendar) -> ClosureCalendar:
    calendar = ClosureCalendar(name=new.name, timezone=new.timezone, changed_at=work.now)
    work.add(calendar)
    await work.flush()
    return calendar


async def import_closures(work: UnitOfWork, calendar_id: UUID, document: bytes, until: date | None) -> ClosureEdition:
    """Draft an edition of what the document closes from tomorrow on."""
    calendar = await work.get(ClosureCalendar, calendar_id, lock=True)
    if await store.find_draft_edition(work, calendar_id):
        raise ImportUnderWay("Another import waits for approval.")
    tomorrow = _tomorrow(work, calendar)
    last = until or date(tomorrow.year + DEFAULT_YEARS_AHEAD, 12, 31)
    if not tomorrow <= last <= tomorrow + MAX_DAYS_AHEAD * ONE_DAY:
        raise ImportTooFar(f"{last} is not one of the days from {tomorrow} on.", field="until")
    found = await _read(document, calendar, tomorrow, last)
    edition = ClosureEdition(
        calendar=calendar,
        number=await store.get_last_edition_number(work, calendar_id) + 1,
        state=EditionState.DRAFT,
        closures=[{"from": one.from_, "to": one.to, "name": one.name} for one in found.closures],
        skipped=found.skipped,
        known_until=last,
        file_sha256=hashlib.sha256(document).hexdigest(),
        sha256=closures_sha256(found.closures),
        imported_by=work.principal.subject,
        imported_at=work.now,
    )
    calendar.changed_at = work.now
    work.add(edition)
    await work.flush()
    return edition


async def approve_edition(work: UnitOfWork, calendar_id: UUID, number: int) -> ClosureEdition:
    edition = await store.get_edition(work, calendar_id, number, lock=True)
    edition.approve(work.principal.subject, work.now)
    await work.flush()
    return edition


async def reject_edition(work: UnitOfWork, calendar_id: UUID, number: int, reason: str) -> ClosureEdition:
    edition = await store.get_edition(work, calendar_id, number, lock=True)
    edition.reject(work.principal.subject, reason, work.now)
    await work.flush()
    return edition


async def load_edition_details(work: UnitOfWork, edition: ClosureEdition) -> ClosureEditionDetails:
    """What an edition changes of what was approved before it, from its first day or from tomorrow on."""
    approved = (await store.list_approved_editions(work, [edition.calendar_id]))[edition.calendar_id]
    before = closures_in_effect([one for one in approved if one.number != edition.number and _earlier(one, edition)])
    first = edition.first_day or _tomorrow(work, edition.calendar)
    old, new = (set(clip_closures(closed, first, date.max)) for closed in (before, edition.parsed_closures))
    return ClosureEditionDetails.from_entity(edition, sorted(old - new), sorted(new - old))


def _earlier(one: ClosureEdition, edition: ClosureEdition) -> bool:
    return edition.decided_at is None or (one.decided_at is not None and one.decided_at <= edition.decided_at)


def _tomorrow(work: UnitOfWork, calendar: ClosureCalendar) -> date:
    return work.now.astimezone(load_zone(calendar.timezone)).date() + ONE_DAY


async def _read(document: bytes, calendar: ClosureCalendar, first: date, last: date) -> ImportedClosures:
    """In a thread, since a large document takes its time."""
    try:
        return await asyncio.to_thread(parse_closures, document, load_zone(calendar.timezone), first, last)
    except ICalendarError as error:
        raise CalendarUnreadable(f"The document {error}.", field="body") from None


async def load_closures_in_effect(work: UnitOfWork, calendar: ClosureCalendar) -> list[EditionClosure]:
    return closures_in_effect((await store.list_approved_editions(work, [calendar.id]))[calendar.id])
