"""Bugs to plant into a replica: each breaks one of the promises, and the checker must see it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest.mock import patch
from uuid import UUID

from common.events.broker import BrokerConnection
from common.events.broker_loss import BrokerLossWatch
from common.events.consumer import Consumer
from common.events.envelope import Envelope
from common.events.inbox import Inbox
from common.events.inbox_plan import Aggregate, AggregateProgress, InboxOutcome, InboxPlan
from sla.measurements.ingest.push_log import PushLog, PushLogEntry

SLOWNESS = 1.0
"""Seconds by which a commit comes too late."""


def broker_is_never_refilled() -> None:
    """The relay takes every broker for the one it knew."""
    check = BrokerLossWatch.check

    async def trusting(self: BrokerLossWatch, broker: BrokerConnection, *, with_canary: bool) -> None:
        if not self.epoch:
            await check(self, broker, with_canary=with_canary)

    patch.object(BrokerLossWatch, "check", trusting).start()


def inbox_is_skipped() -> None:
    """Every record that comes has its effect, whether it came before or not."""
    record = Inbox.record

    def plan_all(envelopes: Sequence[Envelope], progress: Mapping[Aggregate, AggregateProgress]) -> InboxPlan:
        versions = {key: aggregate.version for key, aggregate in progress.items()}
        return InboxPlan([InboxOutcome.APPLIED] * len(envelopes), list(envelopes), [], versions)

    async def record_as_new(self: Inbox, *arguments: Any) -> frozenset[UUID]:
        await record(self, *arguments)
        return frozenset(delivery.envelope.id for delivery in arguments[2])

    patch("common.events.event_processor.plan_batch", plan_all).start()
    patch.object(Inbox, "record", record_as_new).start()


def offsets_are_bare() -> None:
    """The position in a log is believed whatever log it is, and the epoch in the records is not looked at."""
    assign = Consumer._assign  # noqa: SLF001

    async def as_if_the_same(self: Any, consumer: Any, _cluster_id: str, numbers: frozenset[int]) -> None:
        await assign(self, consumer, "the only one", numbers)

    patch.object(Consumer, "_assign", as_if_the_same).start()
    patch("common.events.consumer.parse_epoch", lambda _headers: 0).start()


def pushes_are_acknowledged_too_early() -> None:
    """A push is acknowledged when its commit is planned."""
    append, tasks = PushLog.append, set[asyncio.Task[None]]()

    async def later(self: PushLog, entry: PushLogEntry) -> None:
        await asyncio.sleep(SLOWNESS)
        await append(self, entry)

    async def promise(self: PushLog, entry: PushLogEntry) -> None:
        tasks.add(asyncio.create_task(later(self, entry)))

    patch.object(PushLog, "append", promise).start()


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (
        broker_is_never_refilled,
        inbox_is_skipped,
        offsets_are_bare,
        pushes_are_acknowledged_too_early,
    )
}


def plant(name: str | None) -> None:
    if name:
        BUGS[name]()
