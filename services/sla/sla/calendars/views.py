"""How shared calendars and their editions look to clients."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from common.views import Instant, Name, Said, View
from sla.calendars.editions import Closed
from sla.calendars.model import ClosureCalendar, ClosureEdition, EditionState
from sla.hours.calendar import TimeZone


class NewCalendar(View):
    name: Annotated[Name, Field(examples=["Company closures"])]
    timezone: Annotated[TimeZone, Field(examples=["Europe/Paris"])]
    """Of the service hours it is meant for."""


class Rejection(View):
    reason: Annotated[Said, Field(examples=["The stocktaking is missing."])]


class ClosedView(View):
    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from", examples=["2026-12-24T12:00"])
    to: str
    """Exclusive, local as `from`."""
    name: str

    @classmethod
    def each(cls, closed: Sequence[Closed]) -> list[Self]:
        return [cls(from_=one.from_, to=one.to, name=one.name) for one in closed]


class CalendarView(View):
    id: UUID
    name: str
    timezone: str
    changed_at: Instant


class CalendarInEffect(CalendarView):
    closures: list[ClosedView]
    """All that was approved, each edition for its days."""

    @classmethod
    def showing(cls, calendar: ClosureCalendar, closed: Sequence[Closed]) -> Self:
        return cls(**CalendarView.model_validate(calendar).model_dump(), closures=ClosedView.each(closed))


class EditionView(View):
    calendar_id: UUID
    number: int
    state: EditionState
    known_until: date
    """The last day that the import looked at: nothing is closed after it."""
    file_sha256: str
    sha256: str
    """Of the closures."""
    imported_by: str
    imported_at: Instant
    decided_by: str | None
    decided_at: Instant | None
    reason: str | None
    first_day: date | None
    """From which an approved edition is in effect."""


class EditionContent(EditionView):
    closures: list[ClosedView]
    skipped: dict[str, str]
    """Names of events that close nothing, each with the reason."""
    opens: list[ClosedView]
    """What is closed by what was approved until now, and would not be any more."""
    closes: list[ClosedView]
    """What is open now, and would be closed."""

    @classmethod
    def showing(cls, edition: ClosureEdition, opens: Sequence[Closed], closes: Sequence[Closed]) -> Self:
        summary: dict[str, Any] = EditionView.model_validate(edition).model_dump()
        each = ClosedView.each
        content = {"closures": each(edition.closed), "opens": each(opens), "closes": each(closes)}
        return cls(**summary, **content, skipped=edition.skipped)
