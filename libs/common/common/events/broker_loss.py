"""Broker loss: how a service notices that the broker lost its records, and refills it from the outbox."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.database.connections import Database
from common.database.locks import LockSession
from common.database.machinery_tables import MachineryTables
from common.events.broker import BrokerConnection, BrokerLost, Canary

REFILLS = Counter("rapport_relay_refills_total", "Times a lost or replaced broker was refilled", ["service"])
FENCED = Counter("rapport_relay_fenced_total", "Acknowledgements of a broker that was replaced meanwhile", ["service"])

log = structlog.get_logger(__name__)


class BrokerReplaced(BrokerLost):
    """The broker was replaced while events were sent: its acknowledgements do not count."""


class BrokerLossWatch:
    """Remembers which broker got the events: its cluster's id, the last record sent, and an epoch for both."""

    def __init__(self, service: str, database: Database, tables: MachineryTables, replay_window: timedelta) -> None:
        self._service = service
        self._database = database
        self._tables = tables
        self._replay_window = replay_window
        self._confirmation = f"""
            WITH state AS (
                UPDATE {tables.relay_state}
                SET canary_partition = $1, canary_offset = $2, canary_event = $3, canary_at = now()
                WHERE epoch = $4 RETURNING epoch
            ), confirmed AS (
                DELETE FROM {tables.outbox_pending} USING state WHERE seq = ANY(CAST($5 AS bigint[]))
            )
            SELECT count(*) FROM state
        """  # noqa: S608 - the names come from the metadata
        self.epoch = 0
        """Counts the brokers; a record of an earlier epoch may be lost."""

    async def check(self, broker: BrokerConnection, *, with_canary: bool) -> None:
        """Check that the broker is the known one; if not, queue again all events that it may have lost."""
        cluster_id = await broker.get_cluster_id()
        async with self._database.sessions() as session:
            state = (await session.execute(select(self._tables.relay_state))).first()
        if (
            state is not None
            and state.cluster_id == cluster_id
            and (not with_canary or await self._has_canary(broker, state))
        ):
            self.epoch = state.epoch
            return
        async with self._database.sessions() as session, session.begin():
            self.epoch = await self._refill(session, cluster_id)
        REFILLS.labels(self._service).inc()
        log.warning("broker_refilled", service=self._service, cluster_id=cluster_id, epoch=self.epoch)

    async def confirm(self, lock: LockSession, canary: Canary, seqs: Sequence[int]) -> None:
        """Take the events up to `canary` off the pending list, and record it as the last record sent.

        Raise BrokerReplaced, and take none off, if the epoch has ended while this relay slept.
        """
        values = canary.partition, canary.offset, canary.event_id, self.epoch, seqs
        if not await lock.fetch_value(self._confirmation, *values):
            FENCED.labels(self._service).inc()
            raise BrokerReplaced(f"epoch {self.epoch} has ended")

    async def _has_canary(self, broker: BrokerConnection, state: Row[tuple[object, ...]]) -> bool:
        is_recent = state.canary_at is not None and datetime.now(UTC) - state.canary_at < self._replay_window / 2
        if not is_recent:
            return True
        return await broker.has_record(Canary(state.canary_partition, state.canary_offset, state.canary_event))

    async def _refill(self, session: AsyncSession, cluster_id: str) -> int:
        """Put all events of the replay window on the pending list again, in a new epoch, and return it."""
        t = self._tables
        state = insert(t.relay_state).values(id=1, cluster_id=cluster_id, epoch=1)
        next_epoch = {"cluster_id": cluster_id, "epoch": t.relay_state.c.epoch + 1, "canary_at": None}
        epoch = await session.scalar(
            state.on_conflict_do_update(index_elements=["id"], set_=next_epoch).returning(t.relay_state.c.epoch)
        )
        since = datetime.now(UTC) - self._replay_window
        again = select(t.outbox.c.seq).where(t.outbox.c.created_at >= since)
        await session.execute(insert(t.outbox_pending).from_select(["seq"], again).on_conflict_do_nothing())
        return int(epoch or 0)
