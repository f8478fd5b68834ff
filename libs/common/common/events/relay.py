"""The relay: sends pending events to the broker in order, and confirms them only if it is still that broker."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prometheus_client import Counter, Gauge
from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.database.connections import Database
from common.database.locks import LockSession
from common.database.machinery_tables import MachineryTables
from common.events.broker import BrokerConnection
from common.events.broker_loss import BrokerLossWatch
from common.events.envelope import Envelope
from common.events.sent_records import SentRecords, wait_for_signal
from common.settings import EventSettings, KafkaSettings
from published.event import topic_name

BATCH_SIZE = 500
POLL_SECONDS = 1.0
"""The seconds between checks of the pending list when nothing wakes the relay."""
CLUSTER_CHECK_INTERVAL = timedelta(seconds=5)
"""The time between checks of the cluster's id."""
CANARY_CHECK_INTERVAL = timedelta(seconds=30)

PUBLISHED = Counter("rapport_relay_published_total", "Events acknowledged by the broker", ["service"])
IS_OWNER = Gauge("rapport_relay_owner", "1 where this process relays", ["service"])


@dataclass(slots=True)
class CheckTimes:
    cluster: datetime
    canary: datetime


class Relay:
    """Sends a service's events. It runs in every replica; the one that holds the advisory lock works."""

    def __init__(
        self,
        service: str,
        database: Database,
        tables: MachineryTables,
        kafka: KafkaSettings,
        events: EventSettings,
        sent_records: SentRecords | None = None,
    ) -> None:
        self._service = service
        self._database = database
        self._tables = tables
        self._kafka = kafka
        self._watch = BrokerLossWatch(service, database, tables, events.replay_window)
        self._sent_records = sent_records
        self._wake = asyncio.Event()

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
        await self._watch.check(broker, with_canary=True)
        checked = CheckTimes(_now(), _now())
        has_pending = f"SELECT EXISTS (SELECT FROM {self._tables.outbox_pending})"  # noqa: S608 - a name of ours
        is_due, count = True, 0
        while True:
            if is_due:
                self._wake.clear()
                count = await self._send_pending(broker)
            if _now() - checked.cluster > CLUSTER_CHECK_INTERVAL:
                checked.cluster = _now()
                due = checked.cluster - checked.canary > CANARY_CHECK_INTERVAL
                checked.canary = checked.cluster if due else checked.canary
                await lock.check_alive()
                await self._watch.check(broker, with_canary=due)
            if count < BATCH_SIZE and not await wait_for_signal(self._wake, POLL_SECONDS):
                # Asked on the lock's own connection, which costs a tenth of opening a transaction to find nothing.
                is_due = await lock.fetch_value(has_pending)
            else:
                is_due = True

    async def _send_pending(self, broker: BrokerConnection) -> int:
        async with self._database.sessions() as session:
            rows = await self._list_pending(session)
        if not rows:
            return 0
        canary = await broker.publish([self._envelope(row) for row in rows], self._watch.epoch)
        if self._sent_records is not None:
            self._sent_records.announce(topic_name(self._service))
        pending = self._tables.outbox_pending
        async with self._database.sessions() as session, session.begin():
            await self._watch.record_canary(session, canary)
            await session.execute(delete(pending).where(pending.c.seq.in_([row.seq for row in rows])))
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


def _now() -> datetime:
    return datetime.now(UTC)
