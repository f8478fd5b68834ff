"""The export of a service desk: incidents with their times, one line each, and the events that follow from them."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

INCIDENTS = 2000
"""A fifth of what a file may have, so that a busy machine imports them in time as well."""
EVENTS_EACH = 5
COLUMNS = "Number,Title,Priority,Customer,Offering,Opened,Acknowledged,Resolved,Closed,Assigned to"
KINDS = ("opened", "acknowledged", "resolved", "closed")
LATE_SHARE = 0.1
FIRST_OPENING = datetime(2016, 2, 29, tzinfo=UTC)

Incident = tuple[str, int, list[datetime]]
"""Name, priority, and a time for each of the kinds."""


def list_incidents() -> Iterator[Incident]:
    chance = random.Random(7)
    for number in range(INCIDENTS):
        opened_at = FIRST_OPENING + timedelta(minutes=chance.randrange(16 * 24 * 60))
        acknowledged_at = opened_at + timedelta(minutes=chance.randrange(5, 50))
        resolved_at = acknowledged_at + timedelta(minutes=3000 if chance.random() < LATE_SHARE else 100)
        times = [opened_at, acknowledged_at, resolved_at, resolved_at + timedelta(hours=1)]
        yield f"INC{number:07}", chance.randrange(1, 5), times


def build_line(incident: Incident, concerns: dict[str, str]) -> str:
    name, priority, times = incident
    cells = [name, f"{name} has a title", str(priority), concerns["customer_id"], concerns["offering_id"]]
    return ",".join([*cells, *(f"{at:%F %T}" for at in times), "Olga"])


def list_rows(source: str, incident: Incident) -> Iterator[tuple[Any, ...]]:
    name, priority, times = incident
    yield source, f"{name}/assigned", name, "assigned", times[0], '{"assignee": "Olga"}'
    for kind, at in zip(KINDS, times, strict=True):
        yield source, f"{name}/{kind}", name, kind, at, f'{{"title": "{name} has a title", "priority": {priority}}}'
