"""The history of an incident, built from the set of its events, whatever order they were reported in."""

# - Events take effect by the instant at which they occurred, then by the source's own count, then by kind, then by id.
# - An event that is reported before the opening, or occurred before it, takes effect when the incident opens.
# - An event that changes nothing (acknowledged twice, resumed without a pause) is stored and has no effect.
# - Pauses differ by their reason, and an incident that is paused for any reason is paused. A resolution ends them all.
# - An event that another one replaces has no effect, as if it had not been reported.
# - A move says which customer, and which offering or service, the incident concerns from then on. One that is dated
#   back to the opening, or before it, corrects what the opening said.
# - After the first answer, a message of the customer begins a turn, which ends with the next answer, resolution or
#   closing; one before the first answer is answered by that. A resolution is a first answer, too, and so a first
#   `acknowledged` that comes after it, while a message waits, answers that.
# - A cancelled incident was reported by mistake, for good: no later event has an effect.

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sla.hours.spans import NEVER, Span, union
from sla.incidents.turns import IncidentTurn, TurnLog


class IncidentSubject(NamedTuple):
    """The customer, and the offering or service, that an incident concerns."""

    customer_id: UUID
    offering_id: UUID | None
    service_id: UUID | None


class IncidentEventKind(StrEnum):
    """The kinds of events, in the order in which events of one instant take effect."""

    OPENED = "opened"
    REOPENED = "reopened"
    MOVED = "moved"
    PRIORITY_CHANGED = "priority_changed"
    ASSIGNED = "assigned"
    MESSAGE_RECEIVED = "message_received"
    """The customer wrote."""
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    """The customer was written to."""
    RESUMED = "resumed"
    PAUSED = "paused"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


KIND_RANK = {kind: rank for rank, kind in enumerate(IncidentEventKind)}


class IncidentState(StrEnum):
    AWAITED = "awaited"
    """An event of it was reported, but not yet its opening."""
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """An event, as far as the history depends on it."""

    occurred_at: int
    """Microseconds since 1970."""
    kind: IncidentEventKind
    id: str
    sequence: int = 0
    """The source's own count of its events, where several happen at one instant."""
    priority: int | None = None
    """Given by an opening and a change of priority."""
    text: str = ""
    """The reason of a pause (empty when resuming: all of them), the assignee, or the title."""
    replaces: str = ""
    """The id of an event of its source that it corrects: that one has no effect."""
    subject: IncidentSubject | None = None
    """Given by an opening and a move."""
    reported_at: int = 0

    @property
    def sort_key(self) -> tuple[int, int, int, str]:
        return self.occurred_at, self.sequence, KIND_RANK[self.kind], self.id


class IncidentPhase(NamedTuple):
    """A time in which nothing that a clock depends on changed, except for pauses."""

    start: int
    end: int
    """NEVER for the last one."""
    priority: int
    begun_by: IncidentEventKind
    is_resolved: bool = False
    is_acknowledged: bool = False
    subject: IncidentSubject | None = None


class IncidentPlacement(NamedTuple):
    """The subject of an incident from an instant on, by its opening or by a move."""

    subject: IncidentSubject
    since: int
    reported_at: int


@dataclass(slots=True)
class IncidentHistory:
    """The incident as its events make it; times in microseconds since 1970."""

    opened_at: int | None = None
    title: str = ""
    priority: int = 0
    assignee: str = ""
    acknowledged_at: int | None = None
    resolved_at: int | None = None
    """Null again when it is reopened."""
    closed_at: int | None = None
    cancelled_at: int | None = None
    phases: list[IncidentPhase] = field(default_factory=list)
    placements: list[IncidentPlacement] = field(default_factory=list)
    """In the order of time: the one by the opening, unless a move corrects it, and those by moves."""
    pauses: list[Span] = field(default_factory=list)
    """A set of time; the last one until NEVER while it lasts."""
    turn_log: TurnLog = field(default_factory=TurnLog)
    ineffective_event_ids: set[str] = field(default_factory=set)
    open_pause_starts: dict[str, int] = field(default_factory=dict)
    """Since when, by reason."""

    @property
    def state(self) -> IncidentState:
        if self.opened_at is None:
            return IncidentState.AWAITED
        instants = {
            IncidentState.CANCELLED: self.cancelled_at,
            IncidentState.CLOSED: self.closed_at,
            IncidentState.RESOLVED: self.resolved_at,
            IncidentState.PAUSED: min(self.open_pause_starts.values(), default=None),
            IncidentState.ACKNOWLEDGED: self.acknowledged_at,
        }
        return next((state for state, instant in instants.items() if instant is not None), IncidentState.OPEN)

    @property
    def subject(self) -> IncidentSubject | None:
        """The last subject; null until it opens."""
        return self.placements[-1].subject if self.placements else None

    @property
    def turns(self) -> dict[str, IncidentTurn]:
        """The turns by the id of the message that began each, in the order of time."""
        return self.turn_log.turns

    @property
    def reopen_count(self) -> int:
        return sum(phase.begun_by is IncidentEventKind.REOPENED for phase in self.phases)

    def is_effective(self, event_id: str) -> bool:
        """Return whether anything would be different without the event."""
        return self.opened_at is not None and event_id not in self.ineffective_event_ids

    def begin_phase(self, event: ReportedEvent, at: int, **changes: Any) -> None:
        """End the last phase, and begin one that differs from it by the changes."""
        last = self.phases[-1]
        self.phases[-1:] = [last._replace(end=at), last._replace(start=at, begun_by=event.kind, **changes)]

    def begin_pause(self, reason: str, at: int) -> bool:
        """Pause the incident and the turn that waits, and return whether either was not paused for the reason."""
        begins_anew = self.resolved_at is None and self.turn_log.begin_pause(reason, at)
        if self.resolved_at is not None or reason in self.open_pause_starts:
            return begins_anew
        self.open_pause_starts[reason] = at
        return True

    def end_pauses(self, reasons: Collection[str], at: int) -> bool:
        """End the open pauses that have one of the reasons, and return whether there were any."""
        self.turn_log.end_pauses(reasons, at)
        starts = [self.open_pause_starts.pop(reason) for reason in reasons if reason in self.open_pause_starts]
        self.pauses.extend(Span(start, at) for start in starts)
        return bool(starts)

    def move(self, event: ReportedEvent, subject: IncidentSubject, at: int) -> None:
        """Place the incident elsewhere; where it was placed at the same instant, it has never been."""
        earlier = [placement for placement in self.placements if placement.since < at]
        self.placements = [*earlier, IncidentPlacement(subject, at, event.reported_at)]
        self.phases = [phase if phase.start < at else phase._replace(subject=subject) for phase in self.phases]
        self.begin_phase(event, at, subject=subject)

    def acknowledge(self, event: ReportedEvent, at: int) -> bool:
        """Take a first answer, also to the message that waits after a resolution; return whether it was the first."""
        if self.acknowledged_at is not None:
            return False
        self.acknowledged_at = at
        self.end_turn(at)
        if not self.phases[-1].is_acknowledged:
            self.begin_phase(event, at, is_acknowledged=True)
        return True

    def end_turn(self, at: int) -> bool:
        """Answer the message that waits, and return whether there was one."""
        return self.turn_log.answer(at, len(self.phases))

    def resolve(self, event: ReportedEvent, at: int) -> None:
        """Answer what waits, and resolve the incident, which ends pauses, unless it is resolved already."""
        self.end_turn(at)
        if self.resolved_at is None:
            self.resolved_at = at
            self.end_pauses(list(self.open_pause_starts), at)
            self.begin_phase(event, at, is_resolved=True, is_acknowledged=True)


def build_history(events: Iterable[ReportedEvent]) -> IncidentHistory:
    """Build the history from the set of its events, whatever order they were reported in."""
    all_events = list(events)
    history = IncidentHistory(ineffective_event_ids={event.replaces for event in all_events if event.replaces})
    standing = (event for event in all_events if event.id not in history.ineffective_event_ids)
    ordered = sorted(standing, key=lambda event: event.sort_key)
    opening = next((event for event in ordered if event.kind is IncidentEventKind.OPENED), None)
    if opening is None:
        return history
    history.opened_at, history.title = opening.occurred_at, opening.text
    history.priority = opening.priority or 0
    history.phases = [
        IncidentPhase(opening.occurred_at, NEVER, history.priority, opening.kind, subject=opening.subject)
    ]
    if opening.subject is not None:
        history.placements = [IncidentPlacement(opening.subject, opening.occurred_at, opening.reported_at)]
    for event in ordered:
        at = max(event.occurred_at, opening.occurred_at)
        is_effective = history.cancelled_at is None and _apply_step(history, event, at)
        if event is not opening and not is_effective and not event.replaces:
            history.ineffective_event_ids.add(event.id)
    open_pauses = (Span(start, NEVER) for start in history.open_pause_starts.values())
    history.pauses = union([*history.pauses, *open_pauses])
    history.turn_log.end_pauses(list(history.turn_log.pause_starts), NEVER)
    return history


def _apply_step(history: IncidentHistory, event: ReportedEvent, at: int) -> bool:
    """Apply a step of the incident, or what changes it between steps, and return whether the event has an effect."""
    match event.kind:
        case IncidentEventKind.ACKNOWLEDGED:
            return history.acknowledge(event, at)
        case IncidentEventKind.ANSWERED:
            is_first, ends_turn = history.acknowledge(event, at), history.end_turn(at)
            return is_first or ends_turn
        case IncidentEventKind.RESOLVED if history.resolved_at is None:
            history.resolve(event, at)
        case IncidentEventKind.CLOSED if history.closed_at is None:
            history.resolve(event, at)
            history.closed_at = at
        case IncidentEventKind.REOPENED if history.resolved_at is not None:
            history.resolved_at = history.closed_at = None
            history.begin_phase(event, at, is_resolved=False)
        case IncidentEventKind.CANCELLED:
            history.cancelled_at = at
        case _:
            return _apply_change(history, event, at)
    return True


def _apply_change(history: IncidentHistory, event: ReportedEvent, at: int) -> bool:
    match event.kind:
        case IncidentEventKind.PRIORITY_CHANGED if event.priority and event.priority != history.priority:
            history.priority = event.priority
            history.begin_phase(event, at, priority=event.priority)
        case IncidentEventKind.MOVED if event.subject and event.subject != history.subject:
            history.move(event, event.subject, at)
        case IncidentEventKind.ASSIGNED if event.text != history.assignee:
            history.assignee = event.text
        case IncidentEventKind.PAUSED:
            return history.begin_pause(event.text, at)
        case IncidentEventKind.MESSAGE_RECEIVED if history.phases[-1].is_acknowledged:
            return history.turn_log.receive_message(event.id, at, len(history.phases) - 1)
        case IncidentEventKind.RESUMED:
            return history.end_pauses([event.text] if event.text else list(history.open_pause_starts), at)
        case _:
            return False
    return True
