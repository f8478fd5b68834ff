"""The relay: gives pending events to the broker in order, and takes them off only if it is still that broker."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from common.database.entities import Database
from common.database.locks import LockSession
from common.database.machinery_tables import MachineryTables
from common.events.broker import BrokerConnection, BrokerLost, Canary
from common.events.envelope import Envelope
from common.settings import EventSettings, KafkaSettings
from published.event import topic_name

BATCH_SIZE = 500
POLL_SECONDS = 1.0
"""Seconds between looks at the pending list when no hint comes."""
CLUSTER_CHECK_INTERVAL = timedelta(seconds=5)
"""Between looks at the cluster's id."""
CANARY_CHECK_INTERVAL = timedelta(seconds=30)

PUBLISHED = Counter("rapport_relay_published_total", "Events acknowledged by the broker", ["service"])
REFILLS = Counter("rapport_relay_refills_total", "Times a lost or replaced broker was refilled", ["service"])
FENCED = Counter("rapport_relay_fenced_total", "Acknowledgements of a broker that was replaced meanwhile", ["service"])
IS_OWNER = Gauge("rapport_relay_owner", "1 where this process relays", ["service"])

log = structlog.get_logger(__name__)


class BrokerReplaced(BrokerLost):
    """The broker was replaced while events were given to it: what it acknowledged does not count."""


@dataclass(slots=True)
class CheckTimes:
    cluster: datetime
    canary: datetime


class Relay:
    """Runs in every replica; the one that holds the service's advisory lock works, the others wait for it."""

    def __init__(
        self, service: str, database: Database, tables: MachineryTables, kafka: KafkaSettings, events: EventSettings
    ) -> None:
        self._service = service
        self._database = database
        self._tables = tables
        self._kafka = kafka
        self._events = events
        self._hint = asyncio.Event()
        self._epoch = 0

    def wake(self) -> None:
        """Something was committed to the outbox just now."""
        self._hint.set()

    async def run(self) -> None:
        """Until the broker or the database is lost; then it is to be run again."""
        async with self._database.locks.acquire(f"relay:{self._service}", POLL_SECONDS) as lock:
            IS_OWNER.labels(self._service).set(1)
            try:
                async with BrokerConnection(self._kafka, topic_name(self._service)) as broker:
                    await self._relay(broker, lock)
            finally:
                IS_OWNER.labels(self._service).set(0)

    async def _relay(self, broker: BrokerConnection, lock: LockSession) -> None:
        await self._recognise(broker, with_canary=True)
        patrol = CheckTimes(_now(), _now())
        while True:
            self._hint.clear()
            sent = await self._pass_on(broker)
            if _now() - patrol.cluster > CLUSTER_CHECK_INTERVAL:
                patrol.cluster = _now()
                due = patrol.cluster - patrol.canary > CANARY_CHECK_INTERVAL
                patrol.canary = patrol.cluster if due else patrol.canary
                await lock.check_alive()
                await self._recognise(broker, with_canary=due)
            if sent < BATCH_SIZE:
                await self._wait()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._hint.wait(), POLL_SECONDS)
        except TimeoutError:
            return

    async def _pass_on(self, broker: BrokerConnection) -> int:
        async with self._database.sessions() as session:
            rows = await self._pending(session)
        if not rows:
            return 0
        canary = await broker.publish([self._envelope(row) for row in rows], self._epoch)
        async with self._database.sessions() as session, session.begin():
            await self._confirm(session, [row.seq for row in rows], canary)
        PUBLISHED.labels(self._service).inc(len(rows))
        return len(rows)

    async def _pending(self, session: AsyncSession) -> list[Row[tuple[object, ...]]]:
        t = self._tables
        query = (
            select(t.outbox, t.outbox_heads.c.oldest)
            .join(t.outbox_pending, t.outbox_pending.c.seq == t.outbox.c.seq)
            .join(t.outbox_heads, t.outbox_heads.c.subject == t.outbox.c.subject)
            .order_by(t.outbox.c.seq)
            .limit(BATCH_SIZE)
        )
        return list((await session.execute(query)).all())

    def _envelope(self, row: Row[tuple[object, ...]]) -> Envelope:
        return Envelope(
            id=row.id,
            source=self._service,
            type=row.type,
            subject=row.subject,
            version=row.version,
            oldest=row.oldest,
            time=row.time,
            correlation=row.correlation,
            causation=row.causation,
            data=row.data.decode(),
        )

    async def _confirm(self, session: AsyncSession, seqs: list[int], canary: Canary) -> None:
        """Fenced by the epoch: a relay that slept through the replacement must not take the refilled rows away."""
        state, pending = self._tables.relay_state, self._tables.outbox_pending
        kept = (
            update(state)
            .where(state.c.epoch == self._epoch)
            .values(
                canary_partition=canary.partition,
                canary_offset=canary.offset,
                canary_event=canary.event_id,
                canary_at=func.now(),
            )
        )
        if (await session.execute(kept)).rowcount != 1:  # type: ignore[attr-defined]
            FENCED.labels(self._service).inc()
            raise BrokerReplaced(f"epoch {self._epoch} is over")
        await session.execute(delete(pending).where(pending.c.seq.in_(seqs)))

    async def _recognise(self, broker: BrokerConnection, *, with_canary: bool) -> None:
        """Make sure that the broker is the one we know; if it is not, queue again all it may have lost."""
        incarnation = await broker.get_cluster_id()
        async with self._database.sessions() as session:
            known = (await session.execute(select(self._tables.relay_state))).first()
        same = known is not None and known.incarnation == incarnation
        if same and known is not None and (not with_canary or await self._canary_alive(broker, known)):
            self._epoch = known.epoch
            return
        async with self._database.sessions() as session, session.begin():
            self._epoch = await self._refill(session, incarnation)
        REFILLS.labels(self._service).inc()
        log.warning("broker_refilled", service=self._service, incarnation=incarnation, epoch=self._epoch)

    async def _canary_alive(self, broker: BrokerConnection, known: Row[tuple[object, ...]]) -> bool:
        fresh = known.canary_at is not None and _now() - known.canary_at < self._events.replay_window / 2
        if not fresh:
            return True
        return await broker.has_record(Canary(known.canary_partition, known.canary_offset, known.canary_event))

    async def _refill(self, session: AsyncSession, incarnation: str) -> int:
        t = self._tables
        state = upsert(t.relay_state).values(id=1, incarnation=incarnation, epoch=1)
        risen = {"incarnation": incarnation, "epoch": t.relay_state.c.epoch + 1, "canary_at": None}
        epoch = await session.scalar(
            state.on_conflict_do_update(index_elements=["id"], set_=risen).returning(t.relay_state.c.epoch)
        )
        since = _now() - self._events.replay_window
        again = select(t.outbox.c.seq).where(t.outbox.c.created_at >= since)
        await session.execute(upsert(t.outbox_pending).from_select(["seq"], again).on_conflict_do_nothing())
        return int(epoch or 0)


def _now() -> datetime:
    return datetime.now(UTC)
