"""Requests that report incidents, and answers with incidents and their clocks."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, SkipValidation, TypeAdapter, ValidationError, model_validator

from common.errors import DomainError, Invalid
from common.http.validation_messages import first_validation_error
from common.names import clean_name
from common.names.references import Reference, look_up
from common.views import LONGEST_NAME, Instant, MachineName, View, WholeNumber, field_error, make_storable
from sla.agreements.objectives import ObjectiveKind
from sla.clock_calculator.timeline import TimeClass
from sla.clock_calculator.views import TimelineSegment
from sla.hours.spans import Span, total_length
from sla.hours.views import BoundedInstant, DurationOutput, to_local_datetime
from sla.incidents.clocks.clock_pauses import ClockContext, build_clock_timeline
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.verdict import ClockEvaluation, ClockVerdict
from sla.incidents.clocks.views import ClockSummary
from sla.incidents.history import KIND_RANK, IncidentEventKind, IncidentState
from sla.incidents.model import IncidentPriority

MAX_REPORTED_EVENTS = 1000

ClockKind = Literal["response", "resolution", "next_answer"]


class _ReportedEvent(View):
    incident: MachineName = Field(examples=["INC0010001"], description="The source's own name of the incident.")
    event_id: MachineName = Field(examples=["INC0010001/1"], description="The source's own name of the event.")
    occurred_at: BoundedInstant
    sequence: Annotated[WholeNumber, Field(ge=0, lt=2**31)] = Field(
        default=0, description="Of events that occurred at one instant, those with lower numbers come first."
    )

    def columns(self) -> dict[str, Any]:
        """Return the columns it is stored in; `content` has the fields that only this kind of event has."""
        common = self.model_dump(include={"event_id", "kind", "occurred_at", "sequence"})
        return common | {"content": self.model_dump(mode="json", exclude={"incident", *common})}


class _PlacingEvent(_ReportedEvent):
    customer_id: UUID
    offering_id: UUID | None = None
    service_id: UUID | None = Field(default=None, description="Instead of an offering: the service as a whole.")

    @model_validator(mode="after")
    def _concerns_either_offering_or_service(self) -> Self:
        if (self.offering_id is None) == (self.service_id is None):
            raise field_error(
                "offering_id",
                "an incident concerns either an offering or a service: give one of offering_id, service_id",
            )
        return self


class OpenedEvent(_PlacingEvent):
    kind: Literal[IncidentEventKind.OPENED]
    priority: IncidentPriority = Field(description="1 is the most urgent.")
    title: MachineName


class MovedEvent(_PlacingEvent):
    """`moved` has the incident concern this customer, and this offering or service, from then on.

    Clocks of agreements that no longer apply are released; those of agreements that apply now count from the opening. A
    move that occurred at the opening, or before it, corrects what the opening said.
    """

    kind: Literal[IncidentEventKind.MOVED]


class StepEvent(_ReportedEvent):
    """`acknowledged` stops response clocks, and `closed` resolves what was not resolved before. `message_received` says
    that the customer wrote, and `answered` that the customer was answered, which acknowledges, too. The first 200
    turns of messages and answers have clocks; later messages of the incident are stored, and have no effect.
    `cancelled` says that the incident was reported by mistake: it counts nowhere, for good, and later events have no
    effect.
    """

    kind: Literal[
        IncidentEventKind.MESSAGE_RECEIVED,
        IncidentEventKind.ACKNOWLEDGED,
        IncidentEventKind.ANSWERED,
        IncidentEventKind.RESOLVED,
        IncidentEventKind.CLOSED,
        IncidentEventKind.REOPENED,
        IncidentEventKind.CANCELLED,
    ]


class AssignedEvent(_ReportedEvent):
    kind: Literal[IncidentEventKind.ASSIGNED]
    assignee: MachineName


class PausedEvent(_ReportedEvent):
    """Pauses with different reasons may overlap."""

    kind: Literal[IncidentEventKind.PAUSED]
    reason: MachineName = Field(examples=["awaiting user"])


class ResumedEvent(_ReportedEvent):
    kind: Literal[IncidentEventKind.RESUMED]
    reason: MachineName | None = Field(
        default=None, description="The reason of the pause that ends. Absent: all pauses end."
    )


class PriorityChangedEvent(_ReportedEvent):
    kind: Literal[IncidentEventKind.PRIORITY_CHANGED]
    priority: IncidentPriority


AnyIncidentEvent = (
    OpenedEvent | MovedEvent | AssignedEvent | PausedEvent | ResumedEvent | PriorityChangedEvent | StepEvent
)
WrittenEvent = Annotated[AnyIncidentEvent, Field(discriminator="kind")]
EVENT_ADAPTER: TypeAdapter[AnyIncidentEvent] = TypeAdapter(WrittenEvent)
CUT_FIELDS = ("title", "reason", "assignee")
UNKNOWN_REASON = "unknown"


class IncidentReport(View):
    """Events of incidents, in any order. Those that break no rule are stored; titles, reasons and assignees are cut."""

    source: MachineName = Field(examples=["servicenow"], description="The tool that reports.")
    events: list[SkipValidation[WrittenEvent]] = Field(min_length=1, max_length=MAX_REPORTED_EVENTS)
    """As they were written: each is parsed by itself, as one that cannot be read is refused alone."""

    def parse_events(self) -> tuple[dict[int, AnyIncidentEvent], dict[int, DomainError]]:
        """Parse the events by their positions; return why those that cannot be read are refused."""
        events: dict[int, AnyIncidentEvent] = {}
        refusals: dict[int, DomainError] = {}
        for position, document in enumerate(self.events):
            try:
                events[position] = parse_event(document)
            except Invalid as error:
                place = ".".join(["events", str(position), *([error.field] if error.field else [])])
                refusals[position] = Invalid(f"{place}: {error.message}", field=place)
        return events, refusals


def parse_event(document: Any) -> AnyIncidentEvent:
    """Parse an event as it was written. Raise Invalid, which names the field."""
    try:
        return EVENT_ADAPTER.validate_python(_cut_texts(document))
    except ValidationError as error:
        field, message = first_validation_error(error)
        inside = [part for part in field.split(".") if part not in KIND_RANK and part != "body"]
        raise Invalid(message, field=".".join(inside) or None) from None


def _cut_texts(document: Any) -> Any:
    """Cut what only describes an incident to the length of a name, and fill in what is empty: no event is lost for it.

    An incident without a title has its name as its title, and a pause without a reason one of its own.
    """
    if not isinstance(document, dict):
        return document
    texts = {name: value for name in CUT_FIELDS if isinstance(value := document.get(name), str)}
    cut: dict[str, Any] = {name: make_storable(clean_name(value), LONGEST_NAME) for name, value in texts.items()}
    if document.get("kind") == IncidentEventKind.OPENED and not cut.get("title", document.get("title")):
        cut["title"] = document.get("incident")
    if cut.get("reason") == "":
        cut["reason"] = UNKNOWN_REASON if document.get("kind") == IncidentEventKind.PAUSED else None
    return document | cut


class IncidentReference(View):
    incident: str
    """The source's own name of the incident."""
    id: UUID


class IncidentReportReceipt(View):
    accepted: int
    repeated: int
    """How many were reported before, with the same content."""
    incidents: list[IncidentReference]


class IncidentClockView(View):
    id: UUID
    agreement_id: UUID
    agreement_version: int
    objective_id: UUID
    objective_name: str
    kind: ObjectiveKind
    within: DurationOutput | None
    """The service time allowed; null where it is allowed in business days."""
    within_business_days: int | None
    waiting_since: Instant | None
    """When the message came that is to be answered; null for the other kinds."""
    verdict: ClockVerdict
    due_at: Instant | None
    """Null while an open pause keeps it away."""
    due_soon_at: Instant | None
    breached_at: Instant | None
    stopped_at: Instant | None


class ClockTimelineView(View):
    """The time that a clock counted and did not count; instants carry the offset of the calendar's zone."""

    clock: IncidentClockView
    opened_at: Instant
    ended_at: Instant
    """When the clock was stopped; now, if it runs."""
    counted_from: Instant
    elapsed: DurationOutput
    """The time that has counted since then."""
    remaining: DurationOutput | None
    """Negative when overdrawn; null where the time is allowed in business days."""
    business_days_left: int | None
    """Business days of the time allowed that have not passed; null where it is allowed in service time."""
    timeline: list[TimelineSegment]
    """Without gaps, from the opening, or from the message that is to be answered: where every second went."""

    @classmethod
    def from_run(cls, clock: IncidentClock, context: ClockContext, evaluation: ClockEvaluation, run: Span) -> Self:
        zone, counted_from = context.terms.hours.zone, evaluation.interval.counted_from
        allowed = context.terms.objective.allowed
        timeline = build_clock_timeline(context, counted_from, run.end)
        elapsed = total_length(span for span, time_class in timeline if time_class is TimeClass.COUNTED)
        return cls(
            clock=IncidentClockView.from_entity(clock, clock.objective),
            opened_at=to_local_datetime(context.history.phases[0].start, zone),
            ended_at=to_local_datetime(run.end, zone),
            counted_from=to_local_datetime(counted_from, zone),
            elapsed=elapsed,
            remaining=None if allowed.duration is None else allowed.duration - elapsed,
            business_days_left=allowed.count_days_left(
                context.terms.hours, Span(counted_from, run.end), context.uncounted_spans(run.end)
            ),
            timeline=[TimelineSegment.from_span(span, time_class, zone) for span, time_class in timeline],
        )


class IncidentSummary(View):
    id: UUID
    source: str
    external_id: str
    customer_id: UUID | None
    """Null until its opening is reported, as are the fields that the opening gives."""
    customer: Reference | None = look_up("customer")
    offering_id: UUID | None
    offering: Reference | None = look_up("offering")
    service_id: UUID | None
    service: Reference | None = look_up("service")
    state: IncidentState
    title: str
    priority: int | None
    assignee: str
    opened_at: Instant | None
    acknowledged_at: Instant | None
    resolved_at: Instant | None
    closed_at: Instant | None
    cancelled_at: Instant | None
    reopen_count: int


class IncidentPart(StrEnum):
    """A part of a listed incident that is sent on request."""

    CLOCKS = "clocks"


class ListedIncident(IncidentSummary):
    clocks: list[ClockSummary] | None = Field(default=None, description="As of now; only with `include=clocks`.")


class IncidentView(IncidentSummary):
    clocks: list[IncidentClockView]
    """Empty when the incident has no SLA, or was cancelled."""


class IncidentEventView(View):
    event_id: str
    kind: IncidentEventKind
    occurred_at: Instant
    sequence: int
    content: dict[str, Any]
    reported_by: str
    reported_at: Instant
    effective: bool
    """Whether the event changed anything, by all that was reported."""
