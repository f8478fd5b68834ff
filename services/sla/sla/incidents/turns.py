"""The turns of an incident: each lasts from a message of the customer, after the first answer, to the next answer."""

# - More messages until the answer belong to the same turn.
# - A message ends the wait for the customer. So a turn is paused by what pauses the incident after its last message, in
#   the order of the log, until that is ended or the customer writes once more.

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sla.hours.spans import NEVER, Span

MAX_TURNS = 200
"""The most turns of an incident, since each report computes the clocks of them all again. Later messages begin none."""


class IncidentTurn(NamedTuple):
    """The time from a message of the customer to the next answer."""

    event_id: str
    """The id of the message."""
    start: int
    first_phase: int
    """The place of the phase of the incident in which it begins."""
    end: int = NEVER
    """NEVER while the customer waits."""
    phase_count: int | None = None
    """How many phases there were when it ended; null while the customer waits."""
    pauses: tuple[Span, ...] = ()
    """In which its clock stands still, by reason, so that they may overlap; until NEVER while they last."""


@dataclass(slots=True)
class TurnLog:
    """The turns that the events of an incident make, applied in the order of its log."""

    turns: dict[str, IncidentTurn] = field(default_factory=dict)
    """By the id of the message that began each, in the order of time."""
    waiting_event_id: str = ""
    """The message that waits for an answer; empty if none does."""
    pause_starts: dict[str, int] = field(default_factory=dict)
    """Since when the turn that waits is paused, by reason."""

    def receive_message(self, event_id: str, at: int, phase_number: int) -> bool:
        """Begin a turn, or end the pauses of the one that waits; return whether either has happened."""
        if self.waiting_event_id:
            return self.end_pauses(list(self.pause_starts), at)
        if len(self.turns) >= MAX_TURNS:
            return False
        self.turns[event_id] = IncidentTurn(event_id, at, phase_number)
        self.waiting_event_id = event_id
        return True

    def answer(self, at: int, phase_count: int) -> bool:
        """Answer the message that waits, and return whether there was one."""
        if not self.waiting_event_id:
            return False
        self.end_pauses(list(self.pause_starts), at)
        waiting = self.turns[self.waiting_event_id]
        self.turns[waiting.event_id] = waiting._replace(end=at, phase_count=phase_count)
        self.waiting_event_id = ""
        return True

    def begin_pause(self, reason: str, at: int) -> bool:
        """Pause the turn that waits, and return whether one does that was not paused for the reason."""
        if not self.waiting_event_id or reason in self.pause_starts:
            return False
        self.pause_starts[reason] = at
        return True

    def end_pauses(self, reasons: Iterable[str], at: int) -> bool:
        """End the pauses that have one of the reasons, and return whether there were any."""
        spans = [Span(self.pause_starts.pop(reason), at) for reason in reasons if reason in self.pause_starts]
        if spans:
            waiting = self.turns[self.waiting_event_id]
            self.turns[waiting.event_id] = waiting._replace(pauses=(*waiting.pauses, *spans))
        return bool(spans)
