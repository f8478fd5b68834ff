"""Replays: hand events to the broker again, and let a service forget what it read so that it reads it again."""

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
    """Which events of the outbox; what is not given does not restrict."""

    since: datetime | None = None
    until: datetime | None = None
    type: str | None = None
    """A CloudEvents type, rapport.sla.StatementIssued.v1."""
    subject: str | None = None

    def conditions(self, tables: MachineryTables) -> list[ColumnElement[bool]]:
        outbox = tables.outbox.c
        found = [
            column == value for column, value in ((outbox.type, self.type), (outbox.subject, self.subject)) if value
        ]
        if self.since:
            found.append(outbox.time >= self.since)
        if self.until:
            found.append(outbox.time < self.until)
        return found


async def count_events(work: UnitOfWork, tables: MachineryTables, selection: EventSelection) -> int:
    """How many events `requeue` would send."""
    query = select(func.count()).select_from(tables.outbox).where(*selection.conditions(tables))
    return await work.session.scalar(query) or 0


async def requeue_events(work: UnitOfWork, tables: MachineryTables, selection: EventSelection) -> int:
    """Put events on the pending list again. Whoever has had them drops them as duplicates."""
    again = select(tables.outbox.c.seq).where(*selection.conditions(tables))
    pending = insert(tables.outbox_pending).from_select(["seq"], again).on_conflict_do_nothing()
    return len((await work.session.execute(pending.returning(tables.outbox_pending.c.seq))).all())


async def clear_projections(work: UnitOfWork, service: ServiceDefinition, tables: MachineryTables) -> None:
    """Empty the service's read models and its memory of what it has read; to be followed by a requeue at the sources.

    The service's consumer must be built again afterwards, so that it reads from the start of the log.
    """
    for table in (*service.projections, tables.inbox_versions, tables.inbox_positions, tables.inbox_held):
        await work.session.execute(text(f"TRUNCATE {table}"))
    await work.session.execute(delete(tables.inbox))


async def retry_dead_letters(runtime: Runtime, inbox: Inbox, event_id: UUID | None) -> int:
    """Give one dead letter, or all of them, another chance; each in a unit of its own, what failed before it first.

    What fails again stays, with its new reason, and so does a record that is no event: it can only be discarded.
    """
    async with runtime.begin() as work:
        letters = await inbox.list_dead_letters(work)
    envelopes = [Envelope.from_dict(letter["envelope"]) for letter in letters]
    wanted = [one for one in envelopes if event_id in (None, one.id) and one.type != UNREADABLE_TYPE]
    done = sum([await _once_more(runtime, inbox, one) for one in wanted])
    await apply_ready_events(runtime, inbox)
    return done


async def _once_more(runtime: Runtime, inbox: Inbox, envelope: Envelope) -> bool:
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
    """Give one dead letter up and let go on what waited behind it; false when there is no such letter."""
    async with runtime.begin() as work:
        found = [letter for letter in await inbox.list_dead_letters(work) if letter["event_id"] == event_id]
        for letter in found:
            await inbox.discard_dead_letter(work, Envelope.from_dict(letter["envelope"]))
    await apply_ready_events(runtime, inbox)
    return bool(found)


async def apply_ready_events(runtime: Runtime, inbox: Inbox) -> None:
    """Apply held events whose turn has come."""
    while True:
        async with runtime.begin() as work:
            held = await inbox.find_ready_event(work.session)
            if held is None:
                return
            await inbox.receive(work, held)
