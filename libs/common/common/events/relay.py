"""The relay: sends pending events to the broker in order, and confirms them only if it is still that broker."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
from prometheus_client import Counter, Gauge

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
DATABASE_SECONDS = 30.0
"""The seconds in which the pending events must be read."""
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
        self._select_pending = f"""
            SELECT o.seq, o.id, o.type, o.subject, o.version, h.oldest, o.time, o.correlation, o.causation, o.data
            FROM {tables.outbox_pending} p
            JOIN {tables.outbox} o USING (seq)
            JOIN {tables.outbox_heads} h USING (subject)
            ORDER BY o.seq LIMIT $1
        """  # noqa: S608 - the names come from the metadata

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
        while True:
            self._wake.clear()
            count = await self._send_pending(broker, lock)
            if _now() - checked.cluster > CLUSTER_CHECK_INTERVAL:
                checked.cluster = _now()
                due = checked.cluster - checked.canary > CANARY_CHECK_INTERVAL
                checked.canary = checked.cluster if due else checked.canary
                await lock.check_alive()
                await self._watch.check(broker, with_canary=due)
            if count < BATCH_SIZE:
                await wait_for_signal(self._wake, POLL_SECONDS)

    async def _send_pending(self, broker: BrokerConnection, lock: LockSession) -> int:
        # On the connection of the lock: it costs a tenth of a pool's session, and shows that the lock stands.
        rows = await lock.fetch(self._select_pending, BATCH_SIZE, seconds=DATABASE_SECONDS)
        if not rows:
            return 0
        canary = await broker.publish([self._envelope(row) for row in rows], self._watch.epoch)
        if self._sent_records is not None:
            self._sent_records.announce(topic_name(self._service))
        await self._watch.confirm(lock, canary, [row["seq"] for row in rows])
        PUBLISHED.labels(self._service).inc(len(rows))
        return len(rows)

    def _envelope(self, row: asyncpg.Record) -> Envelope:
        return Envelope(
            id=row["id"],
            source=self._service,
            type=row["type"],
            subject=row["subject"],
            version=row["version"],
            oldest=row["oldest"],
            time=row["time"],
            correlation=row["correlation"],
            causation=row["causation"],
            data=row["data"].decode(),
        )


def _now() -> datetime:
    return datetime.now(UTC)
