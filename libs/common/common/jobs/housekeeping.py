"""What every service does for its own machinery: seal the audit trail, and let go of what was kept long enough."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, func, select, update

from common import audit
from common.runtime import Runtime
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork

BATCH_SIZE = 5000
"""Rows per run, so that no run takes long."""
ABANDONED_AFTER = timedelta(days=1)
"""After which a setback that nobody tried again is of something that is not to be done any more."""


async def seal_audit_trail(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        await audit.seal(work.session, runtime.tables.audit)


async def delete_expired(runtime: Runtime) -> None:
    settings, tables = runtime.settings, runtime.tables
    async with runtime.begin() as work:
        await _drop(work, tables.idempotency, tables.idempotency.c.at, work.now - settings.limits.idempotency)
        await _drop(work, tables.inbox, tables.inbox.c.applied_at, work.now - settings.events.inbox_retention)
        await _drop(work, tables.failed_items, tables.failed_items.c.again_at, work.now - ABANDONED_AFTER)
    async with runtime.begin() as work:
        await _drop_events(work, runtime, work.now - settings.events.retention)


async def _drop(work: UnitOfWork, table: Table, at: ColumnElement[datetime], before: datetime) -> None:
    key = func.row(*table.primary_key.columns) if len(table.primary_key.columns) > 1 else next(iter(table.primary_key))
    old = select(*table.primary_key.columns).where(at < before).limit(BATCH_SIZE)
    await work.session.execute(delete(table).where(key.in_(old)))


async def _drop_events(work: UnitOfWork, runtime: Runtime, before: datetime) -> None:
    """Old events that the broker has; their aggregates remember which version is now the oldest one held.

    None of an aggregate of which one waits, perhaps for a replay: consumers would take it for one that is gone.
    """
    outbox, heads, pending = runtime.tables.outbox, runtime.tables.outbox_heads, runtime.tables.outbox_pending
    other = outbox.alias()
    same = select(other.c.seq).join(pending, pending.c.seq == other.c.seq).where(other.c.subject == outbox.c.subject)
    waiting = same.exists()
    old = select(outbox.c.seq).where(outbox.c.created_at < before, ~waiting).order_by(outbox.c.seq).limit(BATCH_SIZE)
    gone = await work.session.execute(
        delete(outbox).where(outbox.c.seq.in_(old)).returning(outbox.c.subject, outbox.c.version)
    )
    newest: dict[str, int] = {}
    for subject, version in gone:
        newest[subject] = max(version, newest.get(subject, 0))
    for subject in sorted(newest):
        raised = func.greatest(heads.c.oldest, newest[subject] + 1)
        await work.session.execute(update(heads).where(heads.c.subject == subject).values(oldest=raised))


HOUSEKEEPING_JOBS = (
    PeriodicJob("seal_trail", timedelta(seconds=5), seal_audit_trail),
    PeriodicJob("let_go", timedelta(minutes=10), delete_expired),
)
