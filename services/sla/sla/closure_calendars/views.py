"""Closure calendars and their editions as clients send and see them."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from common.views import Instant, Name, RequiredText, View
from sla.closure_calendars.editions import EditionClosure
from sla.closure_calendars.model import ClosureEdition, EditionState
from sla.hours.calendar import TimeZone


class NewClosureCalendar(View):
    name: Annotated[Name, Field(examples=["Company closures"])]
    timezone: Annotated[TimeZone, Field(examples=["Europe/Paris"])]
    """The time zone of the service hours it is meant for."""


class EditionRejection(View):
    reason: Annotated[RequiredText, Field(examples=["The stocktaking is missing."])]


class EditionClosureView(View):
    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from", examples=["2026-12-24T12:00"])
    to: str
    """The end, exclusive, in local time like `from`."""
    name: str


class ClosureCalendarView(View):
    id: UUID
    name: str
    timezone: str
    changed_at: Instant


class ClosureCalendarInEffect(ClosureCalendarView):
    closures: list[EditionClosureView]
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
    closures: list[EditionClosureView]
    skipped: dict[str, str]
    """Names of events that close nothing, each with the reason."""
    opens: list[EditionClosureView]
    """Times that earlier editions close and this one opens."""
    closes: list[EditionClosureView]
    """Times that earlier editions leave open and this one closes."""

    @classmethod
    def from_edition(
        cls, edition: ClosureEdition, *, opens: Sequence[EditionClosure], closes: Sequence[EditionClosure]
    ) -> Self:
        return cls.from_entity(edition, closures=edition.parsed_closures, opens=opens, closes=closes)
