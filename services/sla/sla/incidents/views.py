"""What is told of incidents, and how incidents and their clocks look to clients."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from common.views import Instant, Name, View, WholeNumber
from sla.agreements.objectives import ObjectiveKind
from sla.clocks.timeline import TimeClass
from sla.clocks.views import TimelineSegment
from sla.hours.spans import total_length
from sla.hours.views import BoundedInstant, DurationOutput, to_local_datetime
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockContext, ClockEvaluation, ClockVerdict, build_clock_timeline
from sla.incidents.history import IncidentEventKind, IncidentState
from sla.incidents.model import Incident, IncidentClock, IncidentEvent, IncidentPriority

MAX_REPORTED_EVENTS = 1000

ClockKind = Literal["response", "resolution"]


class _Told(View):
    incident: Name = Field(examples=["INC0010001"], description="The source's own name of the incident.")
    event_id: Name = Field(examples=["INC0010001/1"], description="The source's own name of the event.")
    occurred_at: BoundedInstant
    sequence: Annotated[WholeNumber, Field(ge=0, lt=2**31)] = Field(
        default=0, description="Of events that occurred at one instant, those with lower numbers come first."
    )

    def content(self) -> dict[str, Any]:
        """What this kind of event says besides."""
        return self.model_dump(mode="json", exclude={*_Told.model_fields, "kind"})


class OpenedEvent(_Told):
    kind: Literal[IncidentEventKind.OPENED]
    customer_id: UUID
    offering_id: UUID | None = None
    service_id: UUID | None = Field(default=None, description="Instead of an offering: the service as a whole.")
    priority: IncidentPriority = Field(description="1 is the most pressing.")
    title: Name

    @model_validator(mode="after")
    def _concerns_one_thing(self) -> Self:
        if (self.offering_id is None) == (self.service_id is None):
            raise ValueError(
                "an incident concerns either an offering or a service: give one of offering_id, service_id"
            )
        return self


class AcknowledgedEvent(_Told):
    """The answer that stops the clock of response."""

    kind: Literal[IncidentEventKind.ACKNOWLEDGED]


class AssignedEvent(_Told):
    kind: Literal[IncidentEventKind.ASSIGNED]
    assignee: Name


class PausedEvent(_Told):
    """Pauses with different reasons may overlap."""

    kind: Literal[IncidentEventKind.PAUSED]
    reason: Name = Field(examples=["awaiting user"])


class ResumedEvent(_Told):
    kind: Literal[IncidentEventKind.RESUMED]
    reason: Name | None = Field(default=None, description="Of the pause that is over. Absent: all are.")


class PriorityChangedEvent(_Told):
    kind: Literal[IncidentEventKind.PRIORITY_CHANGED]
    priority: IncidentPriority


class ResolvedEvent(_Told):
    kind: Literal[IncidentEventKind.RESOLVED]


class ClosedEvent(_Told):
    """Resolves as well what was not resolved before."""

    kind: Literal[IncidentEventKind.CLOSED]


class ReopenedEvent(_Told):
    kind: Literal[IncidentEventKind.REOPENED]


class CancelledEvent(_Told):
    """It was told by mistake: it counts nowhere, for good, and what comes after has no effect."""

    kind: Literal[IncidentEventKind.CANCELLED]


AnyIncidentEvent = (
    OpenedEvent
    | AcknowledgedEvent
    | AssignedEvent
    | PausedEvent
    | ResumedEvent
    | PriorityChangedEvent
    | ResolvedEvent
    | ClosedEvent
    | ReopenedEvent
    | CancelledEvent
)


class IncidentReport(View):
    """Events of incidents, in any order; all are kept, or none."""

    source: Name = Field(examples=["servicenow"], description="The tool that tells.")
    events: list[Annotated[AnyIncidentEvent, Field(discriminator="kind")]] = Field(
        min_length=1, max_length=MAX_REPORTED_EVENTS
    )


class IncidentReference(View):
    incident: str
    """As the source names it."""
    id: UUID


class IncidentReportReceipt(View):
    accepted: int
    repeated: int
    """Told before, with the same content."""
    incidents: list[IncidentReference]


class IncidentClockView(View):
    id: UUID
    agreement_id: UUID
    agreement_version: int
    objective_id: UUID
    objective_name: str
    kind: ObjectiveKind
    within: DurationOutput
    """The time allowed."""
    verdict: ClockVerdict
    due_at: Instant | None
    """Null while an open pause keeps it away."""
    due_soon_at: Instant | None
    breached_at: Instant | None
    stopped_at: Instant | None

    @classmethod
    def from_entity(cls, clock: IncidentClock, terms: ClockTerms) -> Self:
        return cls(
            id=clock.id,
            agreement_id=clock.agreement_id,
            agreement_version=clock.agreement_version,
            objective_id=clock.objective_id,
            objective_name=terms.objective.name,
            kind=terms.objective.kind,
            within=terms.objective.within,
            verdict=clock.verdict,
            due_at=clock.due_at,
            due_soon_at=clock.due_soon_at,
            breached_at=clock.decided_at if clock.verdict is ClockVerdict.LATE else None,
            stopped_at=clock.stopped_at,
        )


class ClockTimelineView(View):
    """Instants carry the offset of the calendar's zone."""

    clock: IncidentClockView
    opened_at: Instant
    ended_at: Instant
    """When it was stopped, or looked at."""
    counted_from: Instant
    elapsed: DurationOutput
    """What has counted since then."""
    remaining: DurationOutput
    """Negative when overdrawn."""
    timeline: list[TimelineSegment]
    """Without gaps: where every second went."""

    @classmethod
    def from_evaluation(cls, clock: IncidentClock, case: ClockContext, judgement: ClockEvaluation, now: int) -> Self:
        zone, pieces = case.terms.hours.zone, build_clock_timeline(case, judgement, now)
        elapsed = total_length(span for span, kind in pieces if kind is TimeClass.COUNTED)
        opened_at = case.history.phases[0].start
        return cls(
            clock=IncidentClockView.from_entity(clock, case.terms),
            opened_at=to_local_datetime(opened_at, zone),
            ended_at=to_local_datetime(pieces[-1][0].end if pieces else opened_at, zone),
            counted_from=to_local_datetime(judgement.interval.counted_from, zone),
            elapsed=elapsed,
            remaining=case.terms.objective.within - elapsed,
            timeline=[
                TimelineSegment(
                    from_=to_local_datetime(span.start, zone), to=to_local_datetime(span.end, zone), class_=kind
                )
                for span, kind in pieces
            ],
        )


class IncidentSummary(View):
    id: UUID
    source: str
    external_id: str
    customer_id: UUID | None
    """Null until it is told that it was opened, as are the others."""
    offering_id: UUID | None
    service_id: UUID | None
    state: IncidentState
    title: str
    priority: int | None
    assignee: str
    opened_at: Instant | None
    acknowledged_at: Instant | None
    resolved_at: Instant | None
    closed_at: Instant | None
    cancelled_at: Instant | None
    reopened: int
    """How often."""


class IncidentView(IncidentSummary):
    clocks: list[IncidentClockView]
    """None of them: it has no SLA, or was cancelled."""

    @classmethod
    def from_entity(cls, incident: Incident, clocks: list[IncidentClockView]) -> Self:
        return cls(**IncidentSummary.model_validate(incident).model_dump(), clocks=clocks)


class IncidentEventView(View):
    event_id: str
    kind: IncidentEventKind
    occurred_at: Instant
    sequence: int
    content: dict[str, Any]
    told_by: str
    told_at: Instant
    effective: bool
    """Whether it changed anything, by all that was told."""

    @classmethod
    def from_entity(cls, event: IncidentEvent, effective: bool) -> Self:
        return cls(
            event_id=event.event_id,
            kind=event.kind,
            occurred_at=event.occurred_at,
            sequence=event.sequence,
            content=event.content,
            told_by=event.told_by,
            told_at=event.told_at,
            effective=effective,
        )


Severity = Annotated[Name, StringConstraints(to_lower=True, max_length=50)]
PriorityBySeverity = Annotated[
    dict[Severity, IncidentPriority], Field(max_length=50, examples=[{"critical": 1, "warning": 2}])
]


class AlertPrioritiesChange(View):
    priorities: PriorityBySeverity
    """By the label `severity`; one that is not named has the priority it has for every service."""


class NewAlertPriorities(AlertPrioritiesChange):
    service_id: UUID


class AlertPrioritiesView(View):
    id: UUID
    service_id: UUID
    priorities: dict[str, int]
