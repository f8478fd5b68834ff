"""What the events of an incident say of it: a pure fold over the set of them, whatever order they arrived in."""

# - Events are taken by the instant they happened at, then by the source's own count, then by kind, then by id.
# - What is told before the opening, or happened before it, waits for it, and takes effect when the incident opens.
# - What changes nothing (acknowledged twice, resumed without a pause) is kept and has no effect.
# - Pauses are told apart by their reason, and what is paused for any reason is paused. Whoever resolves ends them all.
# - What is cancelled was told by mistake, and is so for good: whatever comes after it has no effect.

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sla.clocks.timeline import NEVER
from sla.hours.spans import Span, union


class Kind(StrEnum):
    """In the order in which events of one instant take effect."""

    OPENED = "opened"
    REOPENED = "reopened"
    PRIORITY_CHANGED = "priority_changed"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    RESUMED = "resumed"
    PAUSED = "paused"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


RANK = {kind: rank for rank, kind in enumerate(Kind)}


class State(StrEnum):
    AWAITED = "awaited"
    """Something was told of it, but not yet that it was opened."""
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Told:
    """One event, as far as the fold needs it."""

    at: int
    """Microseconds since 1970."""
    kind: Kind
    id: str
    sequence: int = 0
    """The source's own count of its events, where several happen at one instant."""
    priority: int | None = None
    """Of an opening and a change of priority."""
    text: str = ""
    """A pause's reason (empty when resuming: all of them), who it is assigned to, the title."""

    @property
    def place(self) -> tuple[int, int, int, str]:
        return self.at, self.sequence, RANK[self.kind], self.id


class Phase(NamedTuple):
    """A stretch in which nothing changed that a clock depends on, but for pauses."""

    start: int
    end: int
    """NEVER for the last one."""
    priority: int
    resolved: bool
    answered: bool
    begun_by: Kind


@dataclass(slots=True)
class History:
    opened_at: int | None = None
    title: str = ""
    opening_priority: int = 0
    priority: int = 0
    assignee: str = ""
    acknowledged_at: int | None = None
    resolved_at: int | None = None
    """Null again when it is reopened."""
    closed_at: int | None = None
    cancelled_at: int | None = None
    phases: list[Phase] = field(default_factory=list)
    pauses: list[Span] = field(default_factory=list)
    """A set of time; the last one until NEVER while it lasts."""
    without_effect: set[str] = field(default_factory=set)
    """Ids of events."""
    open_pauses: dict[str, int] = field(default_factory=dict)
    """By reason, since when."""

    @property
    def state(self) -> State:
        if self.opened_at is None:
            return State.AWAITED
        if self.cancelled_at is not None:
            return State.CANCELLED
        if self.closed_at is not None:
            return State.CLOSED
        if self.resolved_at is not None:
            return State.RESOLVED
        if self.open_pauses:
            return State.PAUSED
        return State.OPEN if self.acknowledged_at is None else State.ACKNOWLEDGED

    @property
    def answered(self) -> bool:
        return self.phases[-1].answered

    def follows_from(self, event_id: str) -> bool:
        """Whether anything would be different without the event."""
        return self.opened_at is not None and event_id not in self.without_effect

    @property
    def reopened(self) -> int:
        return sum(phase.begun_by is Kind.REOPENED for phase in self.phases)


def fold(events: Iterable[Told]) -> History:
    """`events`: each once."""
    told = sorted(events, key=lambda event: event.place)
    history = History()
    opening = next((event for event in told if event.kind is Kind.OPENED), None)
    if opening is None:
        return history
    _open(history, opening)
    for event in told:
        if event is not opening and not _take(history, event, max(event.at, opening.at)):
            history.without_effect.add(event.id)
    history.pauses = union([*history.pauses, *(Span(since, NEVER) for since in history.open_pauses.values())])
    return history


def _take(history: History, event: Told, at: int) -> bool:
    """Whether it has an effect."""
    return history.cancelled_at is None and _EFFECTS[event.kind](history, event, at)


def _open(history: History, event: Told) -> None:
    history.opened_at, history.title = event.at, event.text
    history.priority = history.opening_priority = event.priority or 0
    history.phases.append(Phase(event.at, NEVER, history.priority, resolved=False, answered=False, begun_by=event.kind))


def _turn(history: History, at: int, kind: Kind, *, resolved: bool, answered: bool) -> None:
    """A new phase begins."""
    history.phases[-1] = history.phases[-1]._replace(end=at)
    history.phases.append(Phase(at, NEVER, history.priority, resolved, answered, kind))


def _opened_again(_history: History, _event: Told, _at: int) -> bool:
    return False


def _reopen(history: History, event: Told, at: int) -> bool:
    if history.resolved_at is None:
        return False
    history.resolved_at = history.closed_at = None
    _turn(history, at, event.kind, resolved=False, answered=True)
    return True


def _change_priority(history: History, event: Told, at: int) -> bool:
    if event.priority is None or event.priority == history.priority:
        return False
    history.priority = event.priority
    _turn(history, at, event.kind, resolved=history.phases[-1].resolved, answered=history.answered)
    return True


def _assign(history: History, event: Told, _at: int) -> bool:
    changed = history.assignee != event.text
    history.assignee = event.text
    return changed


def _acknowledge(history: History, event: Told, at: int) -> bool:
    if history.acknowledged_at is not None:
        return False
    history.acknowledged_at = at
    if not history.answered:
        _turn(history, at, event.kind, resolved=history.phases[-1].resolved, answered=True)
    return True


def _pause(history: History, event: Told, at: int) -> bool:
    if history.resolved_at is not None or event.text in history.open_pauses:
        return False
    history.open_pauses[event.text] = at
    return True


def _resume(history: History, event: Told, at: int) -> bool:
    reasons = [event.text] if event.text else list(history.open_pauses)
    ended = [history.open_pauses.pop(reason) for reason in reasons if reason in history.open_pauses]
    history.pauses.extend(Span(since, at) for since in ended)
    return bool(ended)


def _resolve(history: History, event: Told, at: int) -> bool:
    if history.resolved_at is not None:
        return False
    history.resolved_at = at
    history.pauses.extend(Span(since, at) for since in history.open_pauses.values())
    history.open_pauses.clear()
    _turn(history, at, event.kind, resolved=True, answered=True)
    return True


def _close(history: History, event: Told, at: int) -> bool:
    if history.closed_at is not None:
        return False
    _resolve(history, event, at)
    history.closed_at = at
    return True


def _cancel(history: History, _event: Told, at: int) -> bool:
    history.cancelled_at = at
    return True


_EFFECTS: dict[Kind, Callable[[History, Told, int], bool]] = {
    Kind.OPENED: _opened_again,
    Kind.REOPENED: _reopen,
    Kind.PRIORITY_CHANGED: _change_priority,
    Kind.ASSIGNED: _assign,
    Kind.ACKNOWLEDGED: _acknowledge,
    Kind.RESUMED: _resume,
    Kind.PAUSED: _pause,
    Kind.RESOLVED: _resolve,
    Kind.CLOSED: _close,
    Kind.CANCELLED: _cancel,
}
