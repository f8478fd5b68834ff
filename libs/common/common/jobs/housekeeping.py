"""The housekeeping of every service: seal the audit trail and delete expired rows of the machinery."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, func, select, update

from common import audit
from common.runtime import Runtime
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork

BATCH_SIZE = 5000
"""The rows deleted per run, so that no run takes long."""
ABANDONED_AFTER = timedelta(days=1)
"""The time after its retry was due when a failed item counts as abandoned."""
MISSED_EVENTS_SHOWN = timedelta(days=30)
"""How long an operator is told that events can no longer come."""


async def seal_audit_trail(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        await audit.seal(work.session, runtime.tables.audit)


async def delete_expired(runtime: Runtime) -> None:
    settings, tables = runtime.settings, runtime.tables
    async with runtime.begin() as work:
        await _delete_older(
            work, tables.idempotency, tables.idempotency.c.at, work.now - settings.limits.idempotency_retention
        )
        await _delete_older(work, tables.inbox, tables.inbox.c.applied_at, work.now - settings.events.inbox_retention)
        await _delete_older(work, tables.failed_items, tables.failed_items.c.again_at, work.now - ABANDONED_AFTER)
        await _delete_older(
            work, tables.missed_events, tables.missed_events.c.noticed_at, work.now - MISSED_EVENTS_SHOWN
        )
    async with runtime.begin() as work:
        await _delete_old_events(work, runtime, work.now - settings.events.retention)


async def _delete_older(work: UnitOfWork, table: Table, at: ColumnElement[datetime], before: datetime) -> None:
    key = func.row(*table.primary_key.columns) if len(table.primary_key.columns) > 1 else next(iter(table.primary_key))
    old = select(*table.primary_key.columns).where(at < before).limit(BATCH_SIZE)
    await work.session.execute(delete(table).where(key.in_(old)))


async def _delete_old_events(work: UnitOfWork, runtime: Runtime, before: datetime) -> None:
    """Delete old events that the broker has; their aggregates record the oldest version that is left.

    Aggregates with a pending event, perhaps of a replay, keep theirs: consumers would take it for one that is gone.
    """
    outbox, heads, pending = runtime.tables.outbox, runtime.tables.outbox_heads, runtime.tables.outbox_pending
    sibling = outbox.alias()
    pending_siblings = select(sibling.c.seq).join(pending, pending.c.seq == sibling.c.seq)
    has_pending = pending_siblings.where(sibling.c.subject == outbox.c.subject).exists()
    old = (
        select(outbox.c.seq).where(outbox.c.created_at < before, ~has_pending).order_by(outbox.c.seq).limit(BATCH_SIZE)
    )
    deleted = await work.session.execute(
        delete(outbox).where(outbox.c.seq.in_(old)).returning(outbox.c.subject, outbox.c.version)
    )
    newest: dict[str, int] = {}
    for subject, version in deleted:
        newest[subject] = max(version, newest.get(subject, 0))
    for subject in sorted(newest):
        raised = func.greatest(heads.c.oldest, newest[subject] + 1)
        await work.session.execute(update(heads).where(heads.c.subject == subject).values(oldest=raised))


HOUSEKEEPING_JOBS = (
    PeriodicJob("seal_audit_trail", timedelta(seconds=5), seal_audit_trail, acts_by_clock=False),
    PeriodicJob("delete_expired", timedelta(minutes=10), delete_expired),
)
