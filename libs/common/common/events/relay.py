"""The relay: sends pending events to the broker in order, and confirms them only if it is still that broker."""

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
"""The seconds between checks of the pending list when nothing wakes the relay."""
CLUSTER_CHECK_INTERVAL = timedelta(seconds=5)
"""The time between checks of the cluster's id."""
CANARY_CHECK_INTERVAL = timedelta(seconds=30)

PUBLISHED = Counter("rapport_relay_published_total", "Events acknowledged by the broker", ["service"])
REFILLS = Counter("rapport_relay_refills_total", "Times a lost or replaced broker was refilled", ["service"])
FENCED = Counter("rapport_relay_fenced_total", "Acknowledgements of a broker that was replaced meanwhile", ["service"])
IS_OWNER = Gauge("rapport_relay_owner", "1 where this process relays", ["service"])

log = structlog.get_logger(__name__)


class BrokerReplaced(BrokerLost):
    """The broker was replaced while events were sent: its acknowledgements do not count."""


@dataclass(slots=True)
class CheckTimes:
    cluster: datetime
    canary: datetime


class Relay:
    """Sends a service's events. It runs in every replica; the one that holds the advisory lock works."""

    def __init__(
        self, service: str, database: Database, tables: MachineryTables, kafka: KafkaSettings, events: EventSettings
    ) -> None:
        self._service = service
        self._database = database
        self._tables = tables
        self._kafka = kafka
        self._events = events
        self._wake = asyncio.Event()
        self._epoch = 0

    def wake(self) -> None:
        """Check the pending list now, as events were committed."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until the broker or the database is lost; then run it again."""
        async with self._database.locks.acquire(f"relay:{self._service}", POLL_SECONDS) as lock:
            IS_OWNER.labels(self._service).set(1)
            try:
                async with BrokerConnection(self._kafka, topic_name(self._service)) as broker:
                    await self._relay(broker, lock)
            finally:
                IS_OWNER.labels(self._service).set(0)

    async def _relay(self, broker: BrokerConnection, lock: LockSession) -> None:
        await self._check_broker(broker, with_canary=True)
        checked = CheckTimes(_now(), _now())
        while True:
            self._wake.clear()
            count = await self._send_pending(broker)
            if _now() - checked.cluster > CLUSTER_CHECK_INTERVAL:
                checked.cluster = _now()
                due = checked.cluster - checked.canary > CANARY_CHECK_INTERVAL
                checked.canary = checked.cluster if due else checked.canary
                await lock.check_alive()
                await self._check_broker(broker, with_canary=due)
            if count < BATCH_SIZE:
                await self._wait()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
        except TimeoutError:
            return

    async def _send_pending(self, broker: BrokerConnection) -> int:
        async with self._database.sessions() as session:
            rows = await self._list_pending(session)
        if not rows:
            return 0
        canary = await broker.publish([self._envelope(row) for row in rows], self._epoch)
        async with self._database.sessions() as session, session.begin():
            await self._confirm(session, [row.seq for row in rows], canary)
        PUBLISHED.labels(self._service).inc(len(rows))
        return len(rows)

    async def _list_pending(self, session: AsyncSession) -> list[Row[tuple[object, ...]]]:
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
        """Confirm the events if the epoch still holds: a relay that slept through a replacement must not confirm."""
        state, pending = self._tables.relay_state, self._tables.outbox_pending
        change = (
            update(state)
            .where(state.c.epoch == self._epoch)
            .values(
                canary_partition=canary.partition,
                canary_offset=canary.offset,
                canary_event=canary.event_id,
                canary_at=func.now(),
            )
        )
        if (await session.execute(change)).rowcount != 1:  # type: ignore[attr-defined]
            FENCED.labels(self._service).inc()
            raise BrokerReplaced(f"epoch {self._epoch} has ended")
        await session.execute(delete(pending).where(pending.c.seq.in_(seqs)))

    async def _check_broker(self, broker: BrokerConnection, *, with_canary: bool) -> None:
        """Check that the broker is the known one; if not, queue again all events that it may have lost."""
        cluster_id = await broker.get_cluster_id()
        async with self._database.sessions() as session:
            state = (await session.execute(select(self._tables.relay_state))).first()
        is_same = state is not None and state.incarnation == cluster_id
        if is_same and state is not None and (not with_canary or await self._has_canary(broker, state)):
            self._epoch = state.epoch
            return
        async with self._database.sessions() as session, session.begin():
            self._epoch = await self._refill(session, cluster_id)
        REFILLS.labels(self._service).inc()
        log.warning("broker_refilled", service=self._service, cluster_id=cluster_id, epoch=self._epoch)

    async def _has_canary(self, broker: BrokerConnection, state: Row[tuple[object, ...]]) -> bool:
        is_recent = state.canary_at is not None and _now() - state.canary_at < self._events.replay_window / 2
        if not is_recent:
            return True
        return await broker.has_record(Canary(state.canary_partition, state.canary_offset, state.canary_event))

    async def _refill(self, session: AsyncSession, cluster_id: str) -> int:
        t = self._tables
        state = upsert(t.relay_state).values(id=1, incarnation=cluster_id, epoch=1)
        next_epoch = {"incarnation": cluster_id, "epoch": t.relay_state.c.epoch + 1, "canary_at": None}
        epoch = await session.scalar(
            state.on_conflict_do_update(index_elements=["id"], set_=next_epoch).returning(t.relay_state.c.epoch)
        )
        since = _now() - self._events.replay_window
        again = select(t.outbox.c.seq).where(t.outbox.c.created_at >= since)
        await session.execute(upsert(t.outbox_pending).from_select(["seq"], again).on_conflict_do_nothing())
        return int(epoch or 0)


def _now() -> datetime:
    return datetime.now(UTC)
