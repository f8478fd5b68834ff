"""The inbox: applies each event once, in the order of its aggregate, in one transaction with its effect."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from prometheus_client import Counter
from sqlalchemy import TextClause, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.database.machinery_tables import MachineryTables
from common.database.transient_errors import storable_text
from common.events.envelope import Envelope
from common.unit_of_work import UnitOfWork
from published.event import Event


@dataclass(frozen=True, slots=True)
class Reaction:
    """A service's reaction to an event of another one, applied exactly once per event."""

    name: str
    """Kept beside the id of each event it was applied to, so it outlives the name of the function."""
    apply: Callable[[UnitOfWork, Any], Awaitable[None]]


Subscriptions = Mapping[type[Event], Reaction]

MAX_REASON_LENGTH = 4000
"""A longer reason keeps its end, which says what went wrong."""

OUTCOMES = Counter("rapport_inbox_events_total", "Events received, by outcome", ["service", "outcome"])


class InboxOutcome(Enum):
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Inbox:
    service: str
    tables: MachineryTables
    subscriptions: Subscriptions

    async def receive(self, work: UnitOfWork, envelope: Envelope) -> InboxOutcome:
        """Apply `envelope` if it is its turn; hold it while its predecessor is missing."""
        last = await self._lock_version(work, envelope)
        if envelope.version <= last:
            return InboxOutcome.DUPLICATE
        if envelope.version > last + 1:
            await self._hold(work, envelope)
            return InboxOutcome.HELD
        await self._apply(work, envelope)
        return InboxOutcome.APPLIED

    async def find_ready_event(self, session: AsyncSession) -> Envelope | None:
        """Find a held event whose turn has come."""
        held_events, versions = self.tables.inbox_held, self.tables.inbox_versions
        is_same = (held_events.c.source == versions.c.source) & (held_events.c.subject == versions.c.subject)
        query = (
            select(held_events.c.envelope)
            .join(versions, is_same & (held_events.c.version == versions.c.version + 1))
            .limit(1)
        )
        document = await session.scalar(query)
        return Envelope.from_dict(document) if document else None

    async def skip(self, work: UnitOfWork, envelope: Envelope) -> None:
        """Pass over an event if it is its turn: its reaction never happens, and the events behind it continue."""
        if await self._lock_version(work, envelope) == envelope.version - 1:
            await self._record(work, envelope, None)

    async def add_dead_letter(self, work: UnitOfWork, envelope: Envelope, reason: str, attempts: int) -> None:
        """Set a failing event aside. Its aggregate's version stays, so that later events wait for it."""
        letters, early = self.tables.dead_letters, self.tables.inbox_held
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

    async def _lock_version(self, work: UnitOfWork, envelope: Envelope) -> int:
        """Lock the aggregate's row and return the last version applied or no longer available."""
        statement = _statements(self.tables).lock
        parameters = {"source": envelope.source, "subject": envelope.subject, "version": envelope.oldest - 1}
        return int(await work.session.scalar(statement, parameters) or 0)

    async def _apply(self, work: UnitOfWork, envelope: Envelope) -> None:
        event = envelope.parse_event()
        reaction = self.subscriptions.get(type(event)) if event else None
        if await self._record(work, envelope, reaction.name if reaction else None) and reaction is not None:
            await reaction.apply(work, event)
            await work.flush()

    async def _record(self, work: UnitOfWork, envelope: Envelope, reaction: str | None) -> bool:
        """Advance the aggregate's version; return true if this event has not had this reaction."""
        parameters: dict[str, Any] = {
            "source": envelope.source,
            "subject": envelope.subject,
            "version": envelope.version,
            "id": envelope.id,
        }
        if reaction is not None:
            parameters["reaction"] = reaction
        statements = _statements(self.tables)
        statement = statements.record if reaction is not None else statements.record_without_reaction
        return bool((await work.session.execute(statement, parameters)).scalar())

    async def _hold(self, work: UnitOfWork, envelope: Envelope) -> None:
        row = {"source": envelope.source, "subject": envelope.subject, "version": envelope.version}
        early = insert(self.tables.inbox_held).values(**row, envelope=envelope.to_dict())
        await work.session.execute(early.on_conflict_do_nothing())


class _Statements(NamedTuple):
    lock: TextClause
    record: TextClause
    record_without_reaction: TextClause


@cache
def _statements(tables: MachineryTables) -> _Statements:
    """Build the statements that every event needs, once."""
    where = "source = :source AND subject = :subject"
    lock = f"""
        INSERT INTO {tables.inbox_versions} AS v (source, subject, version) VALUES (:source, :subject, :version)
        ON CONFLICT (source, subject) DO UPDATE SET version = greatest(v.version, excluded.version)
        RETURNING version
    """  # noqa: S608 - the names come from the metadata
    record = f"""
        WITH moved AS (UPDATE {tables.inbox_versions} SET version = :version WHERE {where} RETURNING 1),
             released AS (DELETE FROM {tables.inbox_held} WHERE {where} AND version <= :version),
             healed AS (DELETE FROM {tables.dead_letters} WHERE event_id = :id)
    """  # noqa: S608
    applied = f"""
        INSERT INTO {tables.inbox} (event_id, reaction) VALUES (:id, :reaction) ON CONFLICT DO NOTHING RETURNING 1
    """  # noqa: S608
    passed_over = "SELECT 1 FROM moved"
    return _Statements(text(lock), text(f"{record} {applied}"), text(f"{record} {passed_over}"))
