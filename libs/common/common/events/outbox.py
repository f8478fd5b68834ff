"""The outbox: events are written in the transaction of the change they describe, numbered per aggregate."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

from common.database.machinery_tables import MachineryTables
from common.errors import TooLarge
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from published.event import Event

MAX_EVENT_BYTES = 256 * 1024
"""The bytes of an event's JSON that every broker accepts. A larger event would block the relay."""
TRAIL_COLUMNS = ("at", "actor", "request", "action", "entity", "entity_id", "before", "after")
EVENT_COLUMNS = ("id", "type", "subject", "later", "time", "data", "correlation", "causation")


class EventTooLarge(TooLarge, slug="event-too-large"):
    """The data of a change must fit into an event."""


def write_records(session: Session, works: Sequence[UnitOfWork], tables: MachineryTables) -> int:
    """Write the audit trails of the session's `works`, and the events that they emitted, in one statement.

    Return the number of events; call it right before the commit. Each aggregate's head row is locked until the commit,
    and the sequence is drawn under that lock: events of one aggregate are in the outbox in the order they happened.
    Aggregates are locked in the order of their ids, so that two transactions with the same ones cannot wait for each
    other.
    """
    trail = [note for work in works for note in work.trail]
    events = _list_events(works)
    if trail or events:
        columns = [[row[name] for row in trail] for name in TRAIL_COLUMNS]
        columns += [[row[name] for row in events] for name in EVENT_COLUMNS]
        session.connection().exec_driver_sql(_statement(tables), tuple(columns))
    return len(events)


def _list_events(works: Sequence[UnitOfWork]) -> list[dict[str, Any]]:
    """List the events by their aggregates, each with the number of later ones of the same aggregate."""
    rows = sorted((_build_row(work, event) for work in works for event in work.events), key=itemgetter("subject"))
    later = Counter(row["subject"] for row in rows)
    for row in rows:
        later[row["subject"]] -= 1
        row["later"] = later[row["subject"]]
    return rows


def _build_row(work: UnitOfWork, event: Event) -> dict[str, Any]:
    data = event.model_dump_json().encode()
    if len(data) > MAX_EVENT_BYTES:
        raise EventTooLarge(f"{type(event).__name__} would hold {len(data)} bytes, and may hold {MAX_EVENT_BYTES}.")
    return {
        "id": new_id(),
        "type": event.ce_type(),
        "subject": event.subject,
        "time": work.now,
        "data": data,
        "correlation": work.correlation,
        "causation": work.causation,
    }


@cache
def _statement(tables: MachineryTables) -> str:
    return f"""
        WITH trail AS (
            INSERT INTO {tables.audit} (at, actor, request, action, entity, entity_id, before, after)
            SELECT at, actor, request, action, entity, entity_id, CAST(before AS jsonb), CAST(after AS jsonb)
            FROM unnest(CAST($1 AS timestamptz[]), CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS text[]),
                CAST($5 AS text[]), CAST($6 AS text[]), CAST($7 AS text[]), CAST($8 AS text[])) WITH ORDINALITY
                AS t(at, actor, request, action, entity, entity_id, before, after, place)
            ORDER BY place
        ), emitted AS (
            SELECT * FROM unnest(CAST($9 AS uuid[]), CAST($10 AS text[]), CAST($11 AS text[]), CAST($12 AS bigint[]),
                CAST($13 AS timestamptz[]), CAST($14 AS bytea[]), CAST($15 AS text[]), CAST($16 AS text[]))
                WITH ORDINALITY AS e(id, type, subject, later, time, data, correlation, causation, place)
        ), head AS (
            INSERT INTO {tables.outbox_heads} AS h (subject, version, oldest)
            SELECT subject, count(*), 1 FROM emitted GROUP BY subject ORDER BY subject COLLATE "C"
            ON CONFLICT (subject) DO UPDATE SET version = h.version + excluded.version
            RETURNING subject, version
        ), event AS (
            INSERT INTO {tables.outbox} (id, type, subject, version, time, data, correlation, causation)
            SELECT id, type, subject, head.version - later, time, data, correlation, causation
            FROM emitted JOIN head USING (subject) ORDER BY place
            RETURNING seq
        )
        INSERT INTO {tables.outbox_pending} (seq) SELECT seq FROM event
    """  # noqa: S608 - the names come from the metadata
