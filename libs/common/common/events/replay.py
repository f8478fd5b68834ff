"""Replays: send events again, clear read models to rebuild them, and retry or discard dead letters."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from common.database.machinery_tables import MachineryTables
from common.database.transient_errors import is_transient, storable_text
from common.events.envelope import UNREADABLE_TYPE, Envelope
from common.events.inbox import Inbox, InboxOutcome
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EventSelection:
    """A selection of the outbox's events; fields without a value do not restrict it."""

    since: datetime | None = None
    until: datetime | None = None
    type: str | None = None
    """A CloudEvents type, rapport.sla.StatementIssued.v1."""
    subject: str | None = None

    def conditions(self, tables: MachineryTables) -> list[ColumnElement[bool]]:
        outbox = tables.outbox.c
        conditions = [
            column == value for column, value in ((outbox.type, self.type), (outbox.subject, self.subject)) if value
        ]
        if self.since:
            conditions.append(outbox.time >= self.since)
        if self.until:
            conditions.append(outbox.time < self.until)
        return conditions


async def count_events(work: UnitOfWork, tables: MachineryTables, selection: EventSelection) -> int:
    """Count the events that `requeue_events` would send."""
    query = select(func.count()).select_from(tables.outbox).where(*selection.conditions(tables))
    return await work.session.scalar(query) or 0


async def requeue_events(work: UnitOfWork, tables: MachineryTables, selection: EventSelection) -> int:
    """Put events on the pending list again. Consumers that had them drop them as duplicates."""
    again = select(tables.outbox.c.seq).where(*selection.conditions(tables))
    pending = insert(tables.outbox_pending).from_select(["seq"], again).on_conflict_do_nothing()
    return len((await work.session.execute(pending.returning(tables.outbox_pending.c.seq))).all())


async def clear_projections(work: UnitOfWork, service: ServiceDefinition, tables: MachineryTables) -> None:
    """Empty the service's read models and its inbox; requeue the events at their sources afterwards.

    The service's consumer must restart afterwards, so that it reads from the start of the log.
    """
    for table in (*service.projections, tables.inbox_versions, tables.inbox_positions, tables.inbox_held):
        await work.session.execute(text(f"TRUNCATE {table}"))
    await work.session.execute(delete(tables.inbox))


async def retry_dead_letters(runtime: Runtime, inbox: Inbox, event_id: UUID | None) -> int:
    """Retry one dead letter or all, oldest first, each in a unit of its own; return how many were applied.

    A letter that fails again stays with its new reason. A record that is no event can only be discarded.
    """
    async with runtime.begin() as work:
        letters = await inbox.list_dead_letters(work)
    envelopes = [Envelope.from_dict(letter["envelope"]) for letter in letters]
    selected = [envelope for envelope in envelopes if event_id in (None, envelope.id)]
    readable = [envelope for envelope in selected if envelope.type != UNREADABLE_TYPE]
    count = sum([await _retry(runtime, inbox, envelope) for envelope in readable])
    await apply_ready_events(runtime, inbox)
    return count


async def _retry(runtime: Runtime, inbox: Inbox, envelope: Envelope) -> bool:
    try:
        async with runtime.begin(correlation=envelope.correlation, causation=str(envelope.id)) as work:
            return await inbox.receive(work, envelope) is InboxOutcome.APPLIED
    except Exception as error:
        if is_transient(error):
            raise
        log.warning("dead_letter_failed_again", service=runtime.name, id=str(envelope.id), exc_info=error)
        async with runtime.begin(correlation=envelope.correlation) as work:
            await inbox.add_dead_letter(work, envelope, storable_text(f"{type(error).__name__}: {error}")[-4000:], 1)
    return False


async def discard_dead_letter(runtime: Runtime, inbox: Inbox, event_id: UUID) -> bool:
    """Discard one dead letter, so that the events behind it continue; return false when there is none."""
    async with runtime.begin() as work:
        letters = [letter for letter in await inbox.list_dead_letters(work) if letter["event_id"] == event_id]
        for letter in letters:
            await inbox.discard_dead_letter(work, Envelope.from_dict(letter["envelope"]))
    await apply_ready_events(runtime, inbox)
    return bool(letters)


async def apply_ready_events(runtime: Runtime, inbox: Inbox) -> None:
    """Apply the held events whose turn has come."""
    while True:
        async with runtime.begin() as work:
            envelope = await inbox.find_ready_event(work.session)
            if envelope is None:
                return
            await inbox.receive(work, envelope)
