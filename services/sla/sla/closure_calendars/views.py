"""Closure calendars and their editions as clients send and see them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.views import Instant, Name, View
from sla.closure_calendars.editions import EditionClosure
from sla.closure_calendars.model import EditionState
from sla.hours.calendar import TimeZone


class NewClosureCalendar(View):
    name: Annotated[Name, Field(examples=["Company closures"])]
    timezone: Annotated[TimeZone, Field(examples=["Europe/Paris"])]
    """The time zone of the service hours it is meant for."""


class ClosureCalendarView(View):
    id: UUID
    name: str
    timezone: str
    changed_at: Instant


class ClosureCalendarInEffect(ClosureCalendarView):
    closures: list[EditionClosure]
    """All approved closures, of each edition for the days on which it is in effect."""


class ClosureEditionView(View):
    calendar_id: UUID
    number: int
    state: EditionState
    known_until: date
    """The last day that the import covers: nothing is closed after it."""
    file_sha256: str
    sha256: str
    """The hash of the closures."""
    imported_by: str
    imported_at: Instant
    decided_by: str | None
    decided_at: Instant | None
    reason: str | None
    first_day: date | None
    """The day from which an approved edition is in effect."""


class ClosureEditionDetails(ClosureEditionView):
    closures: list[EditionClosure]
    skipped: dict[str, str]
    """Names of events that close nothing, each with the reason."""
    opens: list[EditionClosure]
    """Times that earlier editions close and this one opens."""
    closes: list[EditionClosure]
    """Times that earlier editions leave open and this one closes."""
