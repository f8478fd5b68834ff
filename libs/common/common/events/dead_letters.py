"""Dead letters: events set aside because their reaction keeps failing, until a person retries or discards them."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from common.database.machinery_tables import MachineryTables
from common.events.envelope import UNREADABLE_TYPE, Envelope
from common.events.event_processor import EventProcessor
from common.events.inbox import Inbox
from common.events.inbox_plan import InboxOutcome
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork


async def list_dead_letters(work: UnitOfWork, tables: MachineryTables) -> list[dict[str, Any]]:
    """List the rows of dead letters, oldest first."""
    rows = await work.session.execute(select(tables.dead_letters).order_by(tables.dead_letters.c.since))
    return [dict(row) for row in rows.mappings()]


async def retry_dead_letters(runtime: Runtime, inbox: Inbox, event_id: UUID | None) -> int:
    """Retry one dead letter or all, oldest first, each in a unit of its own; return how many were applied.

    A letter that fails again stays with its new reason. A record that is no event can only be discarded.
    """
    processor = EventProcessor(runtime, inbox)
    async with runtime.begin() as work:
        letters = await list_dead_letters(work, runtime.tables)
    envelopes = [Envelope.from_dict(letter["envelope"]) for letter in letters]
    selected = [envelope for envelope in envelopes if event_id in (None, envelope.id)]
    readable = [envelope for envelope in selected if envelope.type != UNREADABLE_TYPE]
    outcomes = [await processor.process_event(envelope) for envelope in readable]
    await processor.process_ready_events()
    return outcomes.count(InboxOutcome.APPLIED)


async def discard_dead_letter(runtime: Runtime, inbox: Inbox, event_id: UUID) -> bool:
    """Discard one dead letter: its reaction is skipped, and the events behind it continue; false when there is none."""
    letters = runtime.tables.dead_letters
    async with runtime.begin() as work:
        document = await work.session.scalar(select(letters.c.envelope).where(letters.c.event_id == event_id))
        if document is None:
            return False
        await inbox.skip(work.session, Envelope.from_dict(document))
        await work.session.execute(delete(letters).where(letters.c.event_id == event_id))
    await EventProcessor(runtime, inbox).process_ready_events()
    return True
