"""Events of incidents from the lines of a file: of one line per incident, or of one line per update."""

# The ids of events follow from what the file says alone, so that a file that is imported again reports nothing new.

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from sla.incidents.history import IncidentEventKind
from sla.incidents.imports.line_reader import IncidentLine, build_fields

ENDINGS = (IncidentEventKind.RESOLVED, IncidentEventKind.CLOSED, IncidentEventKind.CANCELLED)


class LineEvent(NamedTuple):
    line: int
    document: dict[str, Any]
    """The event as `POST /incidents` takes it."""


def build_events(content: IncidentLine) -> Iterator[LineEvent]:
    """Build the events of an incident that has one line."""
    if content.opened_at is None:
        return
    yield _build(content, IncidentEventKind.OPENED, content.opened_at, **build_fields(content))
    if content.assignee:
        yield _build(
            content, IncidentEventKind.ASSIGNED, content.opened_at, content.assignee, assignee=content.assignee
        )
    for kind, time in content.times.items():
        yield _build(content, kind, time)


def build_update_events(lines: Iterable[IncidentLine]) -> Iterator[LineEvent]:
    """Build the events of an incident that has a line for each update: what differs from the line before.

    The order is the file's, whichever of its ends is the newest: times of one minute say nothing about it.
    """
    updates = [line for line in lines if line.updated_at is not None]
    if not updates:
        return
    if updates[0].updated_at > updates[-1].updated_at:  # type: ignore[operator]  # both have one
        updates.reverse()
    first = updates[0]
    opened_at = first.opened_at or first.updated_at
    if opened_at is not None:
        yield _build(first, IncidentEventKind.OPENED, opened_at, **build_fields(first))
    blank = IncidentLine(first.number, first.incident, priority=first.priority, concerns=first.concerns)
    times_by_id = Counter[str]()
    events_by_time = defaultdict[datetime, int](int)
    for before, line in pairwise([blank, *updates]):
        for kind, fields in _list_changes(before, line):
            time = line.updated_at or opened_at
            if time is not None:
                event = _build(line, kind, time, time.isoformat(), **fields)
                times_by_id[event.document["event_id"]] += 1
                events_by_time[time] += 1
                yield _tell_apart(event, times_by_id[event.document["event_id"]], events_by_time[time])


def _tell_apart(event: LineEvent, same_id: int, place: int) -> LineEvent:
    """Give the events of one instant an order, and those of one kind as well an id of their own."""
    name = event.document["event_id"] if same_id == 1 else f"{event.document['event_id']}/{same_id}"
    return event._replace(document=event.document | {"event_id": name, "sequence": place})


def _list_changes(before: IncidentLine, line: IncidentLine) -> Iterator[tuple[IncidentEventKind, dict[str, Any]]]:
    is_entering = line.state != before.state
    if before.entered in ENDINGS and line.entered not in ENDINGS:
        yield IncidentEventKind.REOPENED, {}
    if line.concerns != before.concerns:
        yield IncidentEventKind.MOVED, dict(line.concerns)
    if line.priority != before.priority:
        yield IncidentEventKind.PRIORITY_CHANGED, {"priority": line.priority}
    if line.assignee and line.assignee != before.assignee:
        yield IncidentEventKind.ASSIGNED, {"assignee": line.assignee}
    if is_entering and before.entered is IncidentEventKind.PAUSED:
        yield IncidentEventKind.RESUMED, {"reason": before.state}
    if is_entering and line.entered is IncidentEventKind.PAUSED:
        yield IncidentEventKind.PAUSED, {"reason": line.state}
    elif is_entering and line.entered is not None:
        yield line.entered, {}


def _build(line: IncidentLine, kind: IncidentEventKind, time: datetime, *marks: str, **fields: Any) -> LineEvent:
    document = {
        "incident": line.incident,
        "event_id": "/".join((line.incident, kind, *marks)),
        "kind": kind,
        "occurred_at": time.isoformat().replace("+00:00", "Z"),
    }
    return LineEvent(line.number, document | fields)
