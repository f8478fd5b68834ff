"""Replays: hand events to the broker again, and let a service forget what it read so that it reads it again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from common.envelope import UNREADABLE, Envelope
from common.failures import is_transient, printable
from common.inbox import Inbox, Outcome
from common.runtime import Runtime
from common.service import Service
from common.tables import Tables
from common.work import Work

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events of the outbox; what is not given does not restrict."""

    since: datetime | None = None
    until: datetime | None = None
    type: str | None = None
    """A CloudEvents type, rapport.sla.StatementIssued.v1."""
    subject: str | None = None

    def conditions(self, tables: Tables) -> list[ColumnElement[bool]]:
        outbox = tables.outbox.c
        found = [
            column == value for column, value in ((outbox.type, self.type), (outbox.subject, self.subject)) if value
        ]
        if self.since:
            found.append(outbox.time >= self.since)
        if self.until:
            found.append(outbox.time < self.until)
        return found


async def count(work: Work, tables: Tables, selection: Selection) -> int:
    """How many events `requeue` would send."""
    query = select(func.count()).select_from(tables.outbox).where(*selection.conditions(tables))
    return await work.session.scalar(query) or 0


async def requeue(work: Work, tables: Tables, selection: Selection) -> int:
    """Put events on the pending list again. Whoever has had them drops them as duplicates."""
    again = select(tables.outbox.c.seq).where(*selection.conditions(tables))
    pending = insert(tables.outbox_pending).from_select(["seq"], again).on_conflict_do_nothing()
    return len((await work.session.execute(pending.returning(tables.outbox_pending.c.seq))).all())


async def forget(work: Work, service: Service, tables: Tables) -> None:
    """Empty the service's read models and its memory of what it has read; to be followed by a requeue at the sources.

    The service's consumer must be built again afterwards, so that it reads from the start of the log.
    """
    for table in (*service.projections, tables.inbox_versions, tables.inbox_positions, tables.inbox_held):
        await work.session.execute(text(f"TRUNCATE {table}"))
    await work.session.execute(delete(tables.inbox))


async def retry(runtime: Runtime, inbox: Inbox, event_id: UUID | None) -> int:
    """Give one dead letter, or all of them, another chance; each in a unit of its own, what failed before it first.

    What fails again stays, with its new reason, and so does a record that is no event: it can only be discarded.
    """
    async with runtime.begin() as work:
        letters = await inbox.dead_letters(work)
    envelopes = [Envelope.from_document(letter["envelope"]) for letter in letters]
    wanted = [one for one in envelopes if event_id in (None, one.id) and one.type != UNREADABLE]
    done = sum([await _once_more(runtime, inbox, one) for one in wanted])
    await follow(runtime, inbox)
    return done


async def _once_more(runtime: Runtime, inbox: Inbox, envelope: Envelope) -> bool:
    try:
        async with runtime.begin(correlation=envelope.correlation, causation=str(envelope.id)) as work:
            return await inbox.receive(work, envelope) is Outcome.APPLIED
    except Exception as error:
        if is_transient(error):
            raise
        log.warning("dead_letter_failed_again", service=runtime.name, id=str(envelope.id), exc_info=error)
        async with runtime.begin(correlation=envelope.correlation) as work:
            await inbox.bury(work, envelope, printable(f"{type(error).__name__}: {error}")[-4000:], 1)
    return False


async def discard(runtime: Runtime, inbox: Inbox, event_id: UUID) -> bool:
    """Give one dead letter up and let go on what waited behind it; false when there is no such letter."""
    async with runtime.begin() as work:
        found = [letter for letter in await inbox.dead_letters(work) if letter["event_id"] == event_id]
        for letter in found:
            await inbox.discard(work, Envelope.from_document(letter["envelope"]))
    await follow(runtime, inbox)
    return bool(found)


async def follow(runtime: Runtime, inbox: Inbox) -> None:
    """Apply held events whose turn has come."""
    while True:
        async with runtime.begin() as work:
            held = await inbox.ready(work.session)
            if held is None:
                return
            await inbox.receive(work, held)
