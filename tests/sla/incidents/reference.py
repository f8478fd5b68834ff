"""A slow and obvious model of incidents: it looks at the wall every quarter of an hour, and keeps count."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sla.hours.spans import MINUTE, Span
from sla.incidents.history import IncidentEventKind, ReportedEvent

QUARTER = 15 * MINUTE
ORDER = list(IncidentEventKind)
ANSWERS = (IncidentEventKind.ACKNOWLEDGED, IncidentEventKind.ANSWERED)
RESOLUTIONS = (IncidentEventKind.RESOLVED, IncidentEventKind.CLOSED)


@dataclass
class Walker:
    """One incident under the one objective of `terms`, a document."""

    terms: dict[str, Any]
    suspended: Sequence[Span]
    wall: Callable[[int], tuple[bool, bool]]
    """Whether an instant is in the hours, and in a closure."""
    priority: int = 0
    opening_priority: int = 0
    answered: bool = False
    resolved: bool = False
    pauses: set[str] = field(default_factory=set)
    counted: int = 0
    """Quarters."""
    entered: bool = False
    stop: tuple[int, int] | None = None
    """When it was stopped, and as which priority."""
    breached_at: int | None = None

    def walk(self, events: Iterable[ReportedEvent], now: int) -> "Walker":
        ordered = sorted(
            events, key=lambda event: (event.occurred_at, event.sequence, ORDER.index(event.kind), event.id)
        )
        openings = [event for event in ordered if event.kind is IncidentEventKind.OPENED]
        if not openings or any(event.kind is IncidentEventKind.CANCELLED for event in ordered):
            return self
        opening = openings[0]
        self.priority = self.opening_priority = opening.priority or 0
        remaining = [event for event in ordered if event is not opening]
        for position in range(opening.occurred_at, now + QUARTER, QUARTER):
            while remaining and remaining[0].occurred_at <= position:
                self.apply(remaining.pop(0), position)
            self.pass_quarter(position, now)
        return self

    def apply(self, event: ReportedEvent, position: int) -> None:
        priority, was_stopped = self.priority, self.is_stopped
        self.take_into_account(event)
        if not self.is_stopped:
            self.stop = None
        elif not was_stopped:
            self.stop = position, priority

    def take_into_account(self, event: ReportedEvent) -> None:
        if event.kind in (IncidentEventKind.PAUSED, IncidentEventKind.RESUMED):
            self.pause_or_resume(event)
        elif event.kind is IncidentEventKind.PRIORITY_CHANGED:
            self.change_priority(event.priority or 0)
        elif event.kind is IncidentEventKind.REOPENED:
            self.reopen()
        elif event.kind in ANSWERS or event.kind in RESOLUTIONS:
            self.answered = True
            self.set_resolved(resolved=self.resolved or event.kind in RESOLUTIONS)

    def pause_or_resume(self, event: ReportedEvent) -> None:
        if event.kind is IncidentEventKind.RESUMED:
            self.pauses -= {event.text} if event.text else self.pauses.copy()
        elif not self.resolved:
            self.pauses.add(event.text)

    def change_priority(self, priority: int) -> None:
        if priority != self.priority and self.terms["policy"]["priority_change"] == "restart":
            self.counted = 0
        self.priority = priority

    def reopen(self) -> None:
        if self.resolved and self.terms["policy"]["reopening"] == "restart":
            self.counted = 0
        self.resolved = False

    def set_resolved(self, *, resolved: bool) -> None:
        self.resolved = resolved
        if resolved:
            self.pauses.clear()

    def pass_quarter(self, position: int, now: int) -> None:
        """Let a quarter of an hour pass, if it is over by now."""
        is_applicable = self.is_made_for(self.stop[1] if self.stop else self.priority)
        self.entered |= is_applicable
        if position >= now:
            return
        scheduled, closed = self.wall(position)
        is_still = self.is_standing_still(position)
        if not self.is_stopped and is_applicable and not is_still and self.counted * QUARTER >= self.terms["within"]:
            self.breached_at = position if self.breached_at is None else self.breached_at
        is_idle = self.resolved and self.terms["policy"]["reopening"] != "continue"
        self.counted += scheduled and not closed and not is_still and not is_idle

    def is_standing_still(self, position: int) -> bool:
        paused = bool(self.pauses) and self.terms["policy"]["pauses"] and not self.is_response
        return paused or any(start <= position < end for start, end in self.suspended)

    def is_made_for(self, priority: int) -> bool:
        keeps_priority = self.terms["policy"]["priority_change"] == "keep"
        return (self.opening_priority if keeps_priority else priority) in self.terms["priorities"]

    @property
    def is_response(self) -> bool:
        return bool(self.terms["kind"] == "response_time")

    @property
    def is_stopped(self) -> bool:
        return self.answered if self.is_response else self.resolved

    @property
    def verdict(self) -> tuple[str, int | None] | None:
        """Return the verdict with the instant that decided."""
        if not self.entered and self.breached_at is None:
            return None
        if self.breached_at is not None:
            return "late", self.breached_at
        if not self.is_made_for(self.stop[1] if self.stop else self.priority):
            return "released", None
        return ("in_time", self.stop[0]) if self.stop else ("running", None)


@dataclass
class TurnWalker(Walker):
    """One turn of an incident, from a message of the customer to the next answer."""

    message: str = ""
    """The id of the event of the message."""
    waiting: str = ""
    """The id of the message that waits for an answer."""
    pauses_since: set[str] = field(default_factory=set)
    """The reasons of pauses that were reported since the last message of the turn, and have not ended."""
    acknowledged: bool = False
    """Whether there was a first answer that is no resolution."""
    closed: bool = False

    def apply(self, event: ReportedEvent, position: int) -> None:
        priority, was_resolved, was_closed = self.priority, self.resolved, self.closed
        if event.kind is IncidentEventKind.MESSAGE_RECEIVED:
            self.receive(event)
            return
        self.take_into_account(event)
        self.pauses_since &= self.pauses
        if event.kind is IncidentEventKind.PAUSED and self.is_waiting and not self.resolved:
            self.pauses_since.add(event.text)
        self.closed = self.resolved and (was_closed or event.kind is IncidentEventKind.CLOSED)
        is_answer = event.kind is IncidentEventKind.ANSWERED or (event.kind in ANSWERS and not self.acknowledged)
        self.acknowledged |= event.kind in ANSWERS
        if is_answer or (self.resolved and not was_resolved) or (self.closed and not was_closed):
            if self.is_waiting and not was_resolved:
                self.stop = position, priority
            self.waiting = ""

    def receive(self, event: ReportedEvent) -> None:
        if self.answered and not self.waiting:
            self.waiting = event.id
            if self.is_waiting:
                self.counted = 0
        if self.is_waiting:
            self.pauses_since = set()

    def pass_quarter(self, position: int, now: int) -> None:
        if self.is_waiting or self.stop:
            super().pass_quarter(position, now)

    def is_standing_still(self, position: int) -> bool:
        paused = bool(self.pauses_since) and self.terms["policy"]["pauses"]
        return paused or any(start <= position < end for start, end in self.suspended)

    def is_made_for(self, priority: int) -> bool:
        is_over = self.resolved and self.stop is None
        return not is_over and super().is_made_for(priority)

    @property
    def is_waiting(self) -> bool:
        return self.waiting == self.message

    @property
    def is_stopped(self) -> bool:
        return self.stop is not None
