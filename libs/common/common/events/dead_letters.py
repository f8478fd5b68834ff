"""Dead letters: events set aside because their reaction keeps failing, until a person retries or discards them."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from common.database.machinery_tables import MachineryTables
from common.database.transient_errors import is_transient, storable_text
from common.events.envelope import UNREADABLE_TYPE, Envelope
from common.events.inbox import Inbox, InboxOutcome
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork

MAX_REASON_LENGTH = 4000
"""A longer reason keeps its end, which says what went wrong."""

log = structlog.get_logger(__name__)


async def add_dead_letter(
    work: UnitOfWork, tables: MachineryTables, envelope: Envelope, reason: str, attempts: int
) -> None:
    """Set a failing event aside. Its aggregate's version stays, so that later events wait for it."""
    letters, early = tables.dead_letters, tables.inbox_held
    reason = storable_text(reason)[-MAX_REASON_LENGTH:]
    letter = insert(letters).values(
        event_id=envelope.id,
        source=envelope.source,
        subject=envelope.subject,
        version=envelope.version,
        type=envelope.type,
        envelope=envelope.to_dict(),
        reason=reason,
        attempts=attempts,
    )
    again = {"reason": reason, "attempts": letters.c.attempts + attempts}
    await work.session.execute(letter.on_conflict_do_update(index_elements=["event_id"], set_=again))
    is_same = (early.c.source == envelope.source) & (early.c.subject == envelope.subject)
    await work.session.execute(delete(early).where(is_same, early.c.version == envelope.version))


async def list_dead_letters(work: UnitOfWork, tables: MachineryTables) -> list[dict[str, Any]]:
    """List the rows of dead letters, oldest first."""
    rows = await work.session.execute(select(tables.dead_letters).order_by(tables.dead_letters.c.since))
    return [dict(row) for row in rows.mappings()]


async def retry_dead_letters(runtime: Runtime, inbox: Inbox, event_id: UUID | None) -> int:
    """Retry one dead letter or all, oldest first, each in a unit of its own; return how many were applied.

    A letter that fails again stays with its new reason. A record that is no event can only be discarded.
    """
    async with runtime.begin() as work:
        letters = await list_dead_letters(work, runtime.tables)
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
            await add_dead_letter(work, runtime.tables, envelope, f"{type(error).__name__}: {error}", 1)
    return False


async def discard_dead_letter(runtime: Runtime, inbox: Inbox, event_id: UUID) -> bool:
    """Discard one dead letter: its reaction is skipped, and the events behind it continue; false when there is none."""
    letters = runtime.tables.dead_letters
    async with runtime.begin() as work:
        document = await work.session.scalar(select(letters.c.envelope).where(letters.c.event_id == event_id))
        if document is None:
            return False
        await inbox.skip(work, Envelope.from_dict(document))
        await work.session.execute(delete(letters).where(letters.c.event_id == event_id))
    await apply_ready_events(runtime, inbox)
    return True


async def apply_ready_events(runtime: Runtime, inbox: Inbox) -> None:
    """Apply the held events whose turn has come."""
    while True:
        async with runtime.begin() as work:
            envelope = await inbox.find_ready_event(work.session)
            if envelope is None:
                return
            await inbox.receive(work, envelope)
