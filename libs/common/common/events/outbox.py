"""The outbox: events are written in the transaction of the change they describe, numbered per aggregate."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.database.machinery_tables import MachineryTables
from common.errors import TooLarge
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from published.event import Event

MAX_EVENT_BYTES = 256 * 1024
"""The bytes of an event's JSON that every broker accepts. A larger event would block the relay."""


class EventTooLarge(TooLarge, slug="event-too-large"):
    """The data of a change must fit into an event."""


async def write_events(session: AsyncSession, works: Sequence[UnitOfWork], tables: MachineryTables) -> int:
    """Write the events that the session's `works` emitted, and return their number; call it right before the commit.

    The aggregate's head row is locked until the commit, and the sequence is drawn under that lock: events of one
    aggregate are in the outbox in the order they happened. Aggregates are locked in the order of their ids, so that
    two transactions with the same ones cannot wait for each other.
    """
    events = sorted(((work, event) for work in works for event in work.events), key=lambda pair: pair[1].subject)
    if events:
        await session.execute(_statement(tables), [_parameters(work, event) for work, event in events])
    return len(events)


def _parameters(work: UnitOfWork, event: Event) -> dict[str, object]:
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
def _statement(tables: MachineryTables) -> TextClause:
    return text(f"""
        WITH head AS (
            INSERT INTO {tables.outbox_heads} AS h (subject, version, oldest) VALUES (:subject, 1, 1)
            ON CONFLICT (subject) DO UPDATE SET version = h.version + 1
            RETURNING version
        ), event AS (
            INSERT INTO {tables.outbox} (id, type, subject, version, time, data, correlation, causation)
            SELECT :id, :type, :subject, head.version, :time, :data, :correlation, :causation FROM head
            RETURNING seq
        )
        INSERT INTO {tables.outbox_pending} (seq) SELECT seq FROM event
    """)  # noqa: S608 - the names come from the metadata
