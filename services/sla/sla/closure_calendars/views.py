"""How shared calendars and their editions look to clients."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from common.views import Instant, Name, RequiredText, View
from sla.closure_calendars.editions import EditionClosure
from sla.closure_calendars.model import ClosureCalendar, ClosureEdition, EditionState
from sla.hours.calendar import TimeZone


class NewClosureCalendar(View):
    name: Annotated[Name, Field(examples=["Company closures"])]
    timezone: Annotated[TimeZone, Field(examples=["Europe/Paris"])]
    """Of the service hours it is meant for."""


class EditionRejection(View):
    reason: Annotated[RequiredText, Field(examples=["The stocktaking is missing."])]


class EditionClosureView(View):
    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from", examples=["2026-12-24T12:00"])
    to: str
    """Exclusive, local as `from`."""
    name: str

    @classmethod
    def from_closures(cls, closed: Sequence[EditionClosure]) -> list[Self]:
        return [cls(from_=one.from_, to=one.to, name=one.name) for one in closed]


class ClosureCalendarView(View):
    id: UUID
    name: str
    timezone: str
    changed_at: Instant


class ClosureCalendarInEffect(ClosureCalendarView):
    closures: list[EditionClosureView]
    """All that was approved, each edition for its days."""

    @classmethod
    def from_entity(cls, calendar: ClosureCalendar, closed: Sequence[EditionClosure]) -> Self:
        return cls(
            **ClosureCalendarView.model_validate(calendar).model_dump(),
            closures=EditionClosureView.from_closures(closed),
        )


class ClosureEditionView(View):
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


class ClosureEditionDetails(ClosureEditionView):
    closures: list[EditionClosureView]
    skipped: dict[str, str]
    """Names of events that close nothing, each with the reason."""
    opens: list[EditionClosureView]
    """What is closed by what was approved until now, and would not be any more."""
    closes: list[EditionClosureView]
    """What is open now, and would be closed."""

    @classmethod
    def from_entity(
        cls, edition: ClosureEdition, opens: Sequence[EditionClosure], closes: Sequence[EditionClosure]
    ) -> Self:
        summary: dict[str, Any] = ClosureEditionView.model_validate(edition).model_dump()
        each = EditionClosureView.from_closures
        content = {"closures": each(edition.parsed_closures), "opens": each(opens), "closes": each(closes)}
        return cls(**summary, **content, skipped=edition.skipped)
