"""The clocks of an incident in short, as a queue shows them."""

from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field

from common.views import Instant, View
from sla.agreements.objectives import ObjectiveKind
from sla.hours.spans import SECOND
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.remaining_time import RemainingTime
from sla.incidents.clocks.verdict import ClockVerdict


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    """It stands still now: its incident is paused, or its agreement suspended or maintained."""
    IN_TIME = "in_time"
    LATE = "late"
    RELEASED = "released"
    """The incident got a priority that the objective is not made for."""


class ClockSummary(View):
    """A clock as of now."""

    id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: ObjectiveKind
    state: ClockState
    breached: bool
    waiting_since: Instant | None = Field(description="When the message came that is to be answered.")
    due_at: Instant | None = Field(description="Null while an open pause keeps it away.")
    due_soon_at: Instant | None = Field(
        description="When it warns that it is due soon. Null while a pause keeps it away."
    )
    stopped_at: Instant | None
    remaining_seconds: int | None = Field(
        description="Service time left, negative once overdrawn. Null once it is stopped, and in business days."
    )
    business_days_left: int | None = Field(description="Where the time is allowed in business days.")

    @classmethod
    def from_clock(cls, clock: IncidentClock, verdict: ClockVerdict, remaining: RemainingTime | None) -> Self:
        is_paused = verdict is ClockVerdict.RUNNING and remaining is not None and remaining.stands_still
        duration = remaining.duration if remaining else None
        return cls.from_entity(
            clock,
            clock.objective,
            state=ClockState.PAUSED if is_paused else ClockState(verdict),
            breached=verdict is ClockVerdict.LATE,
            remaining_seconds=None if duration is None else duration // SECOND,
            business_days_left=remaining.business_days if remaining else None,
        )
