"""Defining shared calendars, importing what they close, and deciding on it."""

import asyncio
import hashlib
from datetime import date, timedelta
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from common.errors import RuleBroken
from common.work import Work
from sla.calendars import store
from sla.calendars.editions import Closed, clipped, closed_by, digest
from sla.calendars.importing import Found, Unreadable, closures_in
from sla.calendars.model import ClosureCalendar, ClosureEdition, EditionState, ImportUnderWay
from sla.calendars.views import EditionContent, NewCalendar
from sla.hours.zones import zone_named

A_DAY = timedelta(days=1)
YEARS_AHEAD, MOST_DAYS = 2, 5 * 366


class CalendarUnreadable(RuleBroken, slug="calendar-unreadable"):
    """An import is an iCalendar document (RFC 5545) whose events have a beginning, an end, and few repetitions."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ImportTooFar(RuleBroken, slug="import-too-far"):
    """An import looks at the days from tomorrow on, for five years at the most."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


async def define(work: Work, new: NewCalendar) -> ClosureCalendar:
    calendar = ClosureCalendar(name=new.name, timezone=new.timezone, changed_at=work.now)
    work.add(calendar)
    await work.flush()
    return calendar


async def import_closures(work: Work, calendar_id: UUID, document: bytes, until: date | None) -> ClosureEdition:
    """Draft an edition of what the document closes from tomorrow on."""
    calendar = await work.get(ClosureCalendar, calendar_id, lock=True)
    if await store.draft_of(work, calendar_id):
        raise ImportUnderWay("Another import waits for approval.")
    tomorrow = _tomorrow(work, calendar)
    last = until or date(tomorrow.year + YEARS_AHEAD, 12, 31)
    if not tomorrow <= last <= tomorrow + MOST_DAYS * A_DAY:
        raise ImportTooFar(f"{last} is not one of the days from {tomorrow} on.", field="until")
    found = await _read(document, calendar, tomorrow, last)
    edition = ClosureEdition(
        calendar=calendar,
        number=await store.last_number(work, calendar_id) + 1,
        state=EditionState.DRAFT,
        closures=[{"from": one.from_, "to": one.to, "name": one.name} for one in found.closures],
        skipped=found.skipped,
        known_until=last,
        file_sha256=hashlib.sha256(document).hexdigest(),
        sha256=digest(found.closures),
        imported_by=work.principal.subject,
        imported_at=work.now,
    )
    calendar.changed_at = work.now
    work.add(edition)
    await work.flush()
    return edition


async def approve(work: Work, calendar_id: UUID, number: int) -> ClosureEdition:
    edition = await store.edition(work, calendar_id, number, lock=True)
    edition.approve(work.principal.subject, work.now)
    await work.flush()
    return edition


async def reject(work: Work, calendar_id: UUID, number: int, reason: str) -> ClosureEdition:
    edition = await store.edition(work, calendar_id, number, lock=True)
    edition.reject(work.principal.subject, reason, work.now)
    await work.flush()
    return edition


async def show(work: Work, edition: ClosureEdition) -> EditionContent:
    """What an edition changes of what was approved before it, from its first day or from tomorrow on."""
    approved = (await store.approved(work, [edition.calendar_id]))[edition.calendar_id]
    before = closed_by([one for one in approved if one.number != edition.number and _earlier(one, edition)])
    first = edition.first_day or _tomorrow(work, edition.calendar)
    old, new = (set(clipped(closed, first, date.max)) for closed in (before, edition.closed))
    return EditionContent.showing(edition, sorted(old - new), sorted(new - old))


def _earlier(one: ClosureEdition, edition: ClosureEdition) -> bool:
    return edition.decided_at is None or (one.decided_at is not None and one.decided_at <= edition.decided_at)


def _tomorrow(work: Work, calendar: ClosureCalendar) -> date:
    return work.now.astimezone(zone_named(calendar.timezone)).date() + A_DAY


async def _read(document: bytes, calendar: ClosureCalendar, first: date, last: date) -> Found:
    """In a thread, since a large document takes its time."""
    try:
        return await asyncio.to_thread(closures_in, document, zone_named(calendar.timezone), first, last)
    except Unreadable as error:
        raise CalendarUnreadable(f"The document {error}.", field="body") from None


async def closed(work: Work, calendar: ClosureCalendar) -> list[Closed]:
    return closed_by((await store.approved(work, [calendar.id]))[calendar.id])
