"""Defining closure calendars, importing closures, and approving or rejecting them."""

import asyncio
import hashlib
from datetime import date, timedelta
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.closure_calendars import store
from sla.closure_calendars.editions import clip_closures, closures_in_effect, closures_sha256
from sla.closure_calendars.errors import ImportTooFar, ImportUnderWay
from sla.closure_calendars.icalendar_import import parse_closures
from sla.closure_calendars.model import ClosureCalendar, ClosureEdition, EditionState
from sla.closure_calendars.views import ClosureEditionDetails, NewClosureCalendar
from sla.hours.time_zones import load_zone

DEFAULT_YEARS_AHEAD, MOST_AHEAD = 2, timedelta(days=5 * 366)


async def define_calendar(work: UnitOfWork, new: NewClosureCalendar) -> ClosureCalendar:
    calendar = ClosureCalendar(name=new.name, timezone=new.timezone, changed_at=work.now)
    work.add(calendar)
    await work.flush()
    return calendar


async def import_closures(
    work: UnitOfWork, calendar_id: UUID, document: bytes, until: date | None, *, with_free_time: bool
) -> ClosureEdition:
    """Draft an edition of the closures in the document from tomorrow on."""
    calendar = await work.get(ClosureCalendar, calendar_id, lock=True)
    last_edition = await store.find_last_edition(work, calendar_id)
    if last_edition is not None and last_edition.state is EditionState.DRAFT:
        raise ImportUnderWay("Another import waits for approval: have it approved or rejected first.")
    tomorrow = calendar.tomorrow(work.now)
    last = until or date(tomorrow.year + DEFAULT_YEARS_AHEAD, 12, 31)
    if not tomorrow <= last <= tomorrow + MOST_AHEAD:
        raise ImportTooFar(f"Give a day from {tomorrow} to {tomorrow + MOST_AHEAD}.", field="until")
    # A large document takes long to read.
    zone = load_zone(calendar.timezone)
    imported = await asyncio.to_thread(parse_closures, document, zone, tomorrow, last, with_free_time=with_free_time)
    edition = ClosureEdition(
        calendar=calendar,
        number=last_edition.number + 1 if last_edition else 1,
        closures=[{"from": closure.from_, "to": closure.to, "name": closure.name} for closure in imported.closures],
        skipped=imported.skipped,
        known_until=last,
        file_sha256=hashlib.sha256(document).hexdigest(),
        sha256=closures_sha256(imported.closures),
        imported_by=work.principal.subject,
        imported_at=work.now,
    )
    calendar.touch(work.now)
    work.add(edition)
    return edition


async def approve_edition(work: UnitOfWork, calendar_id: UUID, number: int) -> ClosureEdition:
    edition = await store.get_edition(work, calendar_id, number, lock=True)
    edition.approve(work.principal.subject, work.now)
    return edition


async def reject_edition(work: UnitOfWork, calendar_id: UUID, number: int, reason: str) -> ClosureEdition:
    edition = await store.get_edition(work, calendar_id, number, lock=True)
    edition.reject(work.principal.subject, reason, work.now)
    return edition


async def load_edition_details(work: UnitOfWork, edition: ClosureEdition) -> ClosureEditionDetails:
    """Load an edition with what it changes of the closures approved before it, from its first day on."""
    approved = await store.list_approved_editions(work, [edition.calendar_id], edition.decided_at)
    earlier = [candidate for candidate in approved[edition.calendar_id] if candidate.number != edition.number]
    first_day = edition.first_day or edition.calendar.tomorrow(work.now)
    old = set(clip_closures(closures_in_effect(earlier), first_day, date.max))
    new = set(clip_closures(edition.parsed_closures, first_day, date.max))
    return ClosureEditionDetails.from_entity(
        edition, closures=edition.parsed_closures, opens=sorted(old - new), closes=sorted(new - old)
    )
