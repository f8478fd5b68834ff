"""A real log of an ITSM tool as incident events: each row is an update, and tells what is new in it."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

Row = dict[str, str]
DONE = ("Resolved", "Closed")
NOBODY = "?"


def instant(text: str) -> datetime:
    """The log writes days first, and no zone: it is read as UTC."""
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def incidents(path: Path) -> dict[str, list[Row]]:
    """Rows by incident, in the order of the file."""
    rows: dict[str, list[Row]] = defaultdict(list)
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows[row["number"]].append(row)
    return rows


def events_of(rows: list[Row], concerns: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What one incident's rows tell; `concerns`: customer and offering."""
    first = rows[0]
    title = f"{first['category']}, {first['subcategory']}"
    opened = {"priority": priority(first), "title": title} | concerns
    yield _event(first, 0, "opened", instant(first["opened_at"]), **opened)
    blank = first | {"incident_state": "New", "assigned_to": NOBODY, "reopen_count": "0"}
    for place, (before, row) in enumerate(pairwise([blank, *rows]), start=1):
        for kind, content in changes(before, row):
            yield _event(row, place, kind, instant(row["sys_updated_at"]), **content)


def changes(before: Row, row: Row) -> Iterator[tuple[str, dict[str, Any]]]:
    was, now = before["incident_state"], row["incident_state"]
    if row["reopen_count"] > before["reopen_count"] or (was in DONE and now not in DONE):
        yield "reopened", {}
    if row["priority"] != before["priority"]:
        yield "priority_changed", {"priority": priority(row)}
    if row["assigned_to"] not in (before["assigned_to"], NOBODY):
        yield "assigned", {"assignee": row["assigned_to"]}
    if was != now and was.startswith("Awaiting"):
        yield "resumed", {"reason": was}
    if was != now and now.startswith("Awaiting"):
        yield "paused", {"reason": now}
    if was != now and now in ("Active", *DONE):
        yield {"Active": "acknowledged", "Resolved": "resolved", "Closed": "closed"}[now], {}


def priority(row: Row) -> int:
    return int(row["priority"][0])


def _event(row: Row, place: int, kind: str, at: datetime, **content: Any) -> dict[str, Any]:
    return {
        "incident": row["number"],
        "event_id": f"{row['number']}/{place}/{kind}",
        "kind": kind,
        "occurred_at": at.isoformat(),
        "sequence": place,
    } | content
