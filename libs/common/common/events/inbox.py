"""The inbox: records in few statements which events of a batch are applied, each once and in its turn."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import TopicPartition
from sqlalchemy import Executable, delete, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.database.machinery_tables import MachineryTables
from common.database.transient_errors import storable_text
from common.events.envelope import Envelope
from common.events.inbox_plan import Aggregate, AggregateProgress, InboxPlan
from common.events.reactions import Delivery, Subscriptions

MAX_REASON_LENGTH = 4000
"""A longer reason keeps its end, which says what went wrong."""

MAX_COUNTED = 10**12
"""Missed events beyond this are not counted: whoever can write to a topic may claim any number of them."""

MAX_HELD = 500
"""The held events that are looked at together, of one aggregate or in one transaction."""


class MissedBecause(StrEnum):
    """Why events can no longer come."""

    DELETED = "deleted"
    """Their service deleted them, after its time of retention."""
    EXPIRED = "expired"
    """The broker deleted them, after its own, before they were read; their service may still have them."""


@dataclass(frozen=True, slots=True)
class ReadPosition:
    """The position in a partition, stored in the transaction of the records before it."""

    partition: TopicPartition
    cluster_id: str
    epoch: int
    next_offset: int
    """The offset of the next record."""


@dataclass(frozen=True, slots=True)
class Inbox:
    service: str
    tables: MachineryTables
    subscriptions: Subscriptions

    def address(self, envelopes: Iterable[Envelope]) -> list[Delivery]:
        """Find the reaction to each event; events of a class that is unknown here, or not subscribed to, have none."""
        deliveries = []
        for envelope in envelopes:
            event = envelope.parse_event()
            reaction = self.subscriptions.get(type(event)) if event else None
            if event is not None and reaction is not None:
                deliveries.append(Delivery(envelope, event, reaction))
        return deliveries

    async def lock_aggregates(
        self, session: AsyncSession, envelopes: Iterable[Envelope]
    ) -> dict[Aggregate, AggregateProgress]:
        """Lock the rows of the events' aggregates until the transaction ends, in the order of their ids."""
        aggregates = sorted({envelope.aggregate for envelope in envelopes})
        rows = await session.execute(_statements(self.tables).lock, _aggregate_parameters(aggregates))
        return {(row.source, row.subject): AggregateProgress(row.version, row.held) for row in rows}

    async def record(
        self,
        session: AsyncSession,
        plan: InboxPlan,
        deliveries: Sequence[Delivery],
        positions: Iterable[ReadPosition],
    ) -> frozenset[UUID]:
        """Record the plan, and the positions after its events; return the events whose reaction is new."""
        parameters = _plan_parameters(plan, deliveries) | _position_parameters(positions)
        return frozenset(await session.scalars(_statements(self.tables).record, parameters))

    async def find_ready_events(
        self, session: AsyncSession, aggregates: Collection[Aggregate] | None = None
    ) -> list[Envelope]:
        """Find held events of these aggregates (all) the next of which has its turn, in the order of their versions."""
        statements = _statements(self.tables)
        if aggregates is None:
            documents = await session.scalars(statements.find_ready)
        else:
            documents = await session.scalars(statements.find_ready_of, _aggregate_parameters(aggregates))
        return [Envelope.from_dict(document) for document in documents]

    async def add_missed_events(self, session: AsyncSession, cause: MissedBecause, counts: Mapping[str, int]) -> None:
        """Count events that can no longer come, by the service that emitted them, for an operator to see."""
        missed, now = self.tables.missed_events, func.clock_timestamp()
        for source, claimed in sorted(counts.items()):
            count = min(claimed, MAX_COUNTED)
            row = insert(missed).values(source=source, cause=cause, count=count, noticed_at=now)
            more = {"count": missed.c.count + count, "noticed_at": now}
            await session.execute(row.on_conflict_do_update(index_elements=["source", "cause"], set_=more))

    async def skip(self, session: AsyncSession, envelope: Envelope) -> None:
        """Pass over an event if it is its turn: its reaction never happens, and the events behind it continue."""
        progress = await self.lock_aggregates(session, [envelope])
        if progress[envelope.aggregate].version == envelope.version - 1:
            await self.record(session, InboxPlan([], [envelope], [], {envelope.aggregate: envelope.version}), [], [])

    async def add_dead_letter(self, session: AsyncSession, envelope: Envelope, reason: str, attempts: int) -> None:
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
        await session.execute(letter.on_conflict_do_update(index_elements=["event_id"], set_=again))
        is_same = (early.c.source == envelope.source) & (early.c.subject == envelope.subject)
        await session.execute(delete(early).where(is_same, early.c.version == envelope.version))


def _aggregate_parameters(aggregates: Collection[Aggregate]) -> dict[str, Any]:
    return {
        "sources": [source for source, _ in aggregates],
        "subjects": [subject for _, subject in aggregates],
    }


def _plan_parameters(plan: InboxPlan, deliveries: Sequence[Delivery]) -> dict[str, Any]:
    return _aggregate_parameters(plan.versions.keys()) | {
        "versions": list(plan.versions.values()),
        "held_sources": [envelope.source for envelope in plan.held_events],
        "held_subjects": [envelope.subject for envelope in plan.held_events],
        "held_versions": [envelope.version for envelope in plan.held_events],
        "held_envelopes": [json.dumps(envelope.to_dict()) for envelope in plan.held_events],
        "applied": [envelope.id for envelope in plan.applied],
        "ids": [delivery.envelope.id for delivery in deliveries],
        "reactions": [delivery.reaction.name for delivery in deliveries],
    }


def _position_parameters(positions: Iterable[ReadPosition]) -> dict[str, Any]:
    last = list({position.partition: position for position in positions}.values())
    return {
        "topics": [position.partition.topic for position in last],
        "partitions": [position.partition.partition for position in last],
        "clusters": [position.cluster_id for position in last],
        "epochs": [position.epoch for position in last],
        "offsets": [position.next_offset for position in last],
    }


class _Statements(NamedTuple):
    lock: Executable
    record: Executable
    find_ready: Executable
    find_ready_of: Executable


@cache
def _statements(tables: MachineryTables) -> _Statements:
    """Build the statements of the inbox, once."""
    held_events, versions = tables.inbox_held, tables.inbox_versions
    lock = f"""
        INSERT INTO {versions} AS v (source, subject, version)
        SELECT source, subject, 0 FROM unnest(CAST(:sources AS text[]), CAST(:subjects AS text[])) AS a(source, subject)
        ORDER BY source, subject
        ON CONFLICT (source, subject) DO UPDATE SET version = v.version
        RETURNING source, subject, version,
            ARRAY(SELECT h.version FROM {held_events} h WHERE h.source = v.source AND h.subject = v.subject
                ORDER BY h.version LIMIT {MAX_HELD}) AS held
    """  # noqa: S608 - the names come from the metadata
    record = f"""
        WITH moved AS (
            UPDATE {versions} v SET version = n.version
            FROM unnest(CAST(:sources AS text[]), CAST(:subjects AS text[]), CAST(:versions AS bigint[]))
                AS n(source, subject, version)
            WHERE v.source = n.source AND v.subject = n.subject AND v.version <> n.version
            RETURNING v.source, v.subject, v.version
        ), released AS (
            DELETE FROM {held_events} h USING moved m
            WHERE h.source = m.source AND h.subject = m.subject AND h.version <= m.version
        ), held AS (
            INSERT INTO {held_events} (source, subject, version, envelope)
            SELECT source, subject, version, CAST(envelope AS jsonb)
            FROM unnest(CAST(:held_sources AS text[]), CAST(:held_subjects AS text[]), CAST(:held_versions AS bigint[]),
                CAST(:held_envelopes AS text[])) AS e(source, subject, version, envelope)
            ON CONFLICT DO NOTHING
        ), healed AS (
            DELETE FROM {tables.dead_letters} WHERE event_id = ANY(CAST(:applied AS uuid[]))
        ), positions AS (
            INSERT INTO {tables.inbox_positions} AS p (topic, partition, incarnation, epoch, next_offset)
            SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:clusters AS text[]),
                CAST(:epochs AS int[]), CAST(:offsets AS bigint[]))
            ON CONFLICT (topic, partition) DO UPDATE
            SET incarnation = excluded.incarnation, epoch = excluded.epoch, next_offset = excluded.next_offset
        )
        INSERT INTO {tables.inbox} (event_id, reaction)
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:reactions AS text[]))
        ON CONFLICT DO NOTHING RETURNING event_id
    """  # noqa: S608
    restriction = (
        "JOIN unnest(CAST(:sources AS text[]), CAST(:subjects AS text[])) AS a(source, subject) USING (source, subject)"
    )
    find_ready, find_ready_of = _build_find_ready(tables), _build_find_ready(tables, restriction)
    return _Statements(text(lock), text(record), find_ready, find_ready_of)


def _build_find_ready(tables: MachineryTables, restriction: str = "") -> Executable:
    held_events = tables.inbox_held
    query = f"""
        WITH next AS (
            SELECT source, subject, min(version) AS version, max(CAST(envelope ->> 'oldest' AS bigint)) AS oldest
            FROM {held_events} {restriction} GROUP BY source, subject
        ), ready AS (
            SELECT source, subject FROM next JOIN {tables.inbox_versions} v USING (source, subject)
            WHERE next.version <= greatest(v.version + 1, next.oldest)
        )
        SELECT envelope FROM {held_events} JOIN ready USING (source, subject)
        ORDER BY source, subject, version LIMIT {MAX_HELD}
    """  # noqa: S608
    return text(query).columns(held_events.c.envelope)
