"""Refolds: samples rolled up again from the log of pushes, after a failure or on request; and retries of pushes."""

# An indicator that fails holds up no other: the transaction that goes on without it adds a refold, from its first push
# on. A push that cannot be read is tried again with growing delays.

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import structlog

from common.auth.principal import SYSTEM
from common.ids import new_id
from common.jobs.retries import list_items_on_hold
from common.runtime import Runtime
from sla.measurements.minutes import EPOCH

JOB_NAME = "roll-up-measurements"
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)

_UPSERT_REFOLD = """
WITH extended AS (
    UPDATE sla.refolds SET after_batch = least(after_batch, $3)
    WHERE id = (
        SELECT id FROM sla.refolds
        WHERE indicator_id = $1 AND requested_by = $2 AND done_at IS NULL AND window_from IS NULL AND window_to IS NULL
        ORDER BY id LIMIT 1
    )
    RETURNING id
)
INSERT INTO sla.refolds (id, indicator_id, requested_by, after_batch, batches, hours_changed)
SELECT $4, $1, $2, $3, 0, 0 WHERE NOT EXISTS (SELECT FROM extended)
"""
_LOCK_OLDEST_REFOLD = """
SELECT id, indicator_id, after_batch, window_from, window_to FROM sla.refolds
WHERE done_at IS NULL AND id::text <> ALL($1) ORDER BY id LIMIT 1 FOR UPDATE
"""
_SAVE_PROGRESS = """
UPDATE sla.refolds SET after_batch = $2, batches = batches + $3, hours_changed = hours_changed + $4 WHERE id = $1
"""
_MARK_DONE = """
WITH resolved AS (DELETE FROM sla.setbacks WHERE duty = $2 AND item = $1::uuid::text)
UPDATE sla.refolds SET done_at = now() WHERE id = $1
"""
_LIST_BATCHES_WITH_PROBLEM = "SELECT batch_id FROM sla.push_pending WHERE problem IS NOT NULL"
_CLEAR_PROBLEM = "UPDATE sla.push_pending SET problem = NULL WHERE batch_id = ANY($1)"
_DELETE_RESOLVED_RETRIES = """
DELETE FROM sla.setbacks WHERE duty = $1 AND item = ANY($2)
AND item <> ALL(SELECT 'batch ' || batch_id FROM sla.push_pending)
"""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PendingRefold:
    id: UUID
    indicator_id: UUID
    after_batch: int
    window_from: datetime
    window_to: datetime


async def upsert_refolds(
    connection: asyncpg.Connection, failed_indicators: Mapping[UUID, Exception], first_push: int
) -> None:
    """Request a refold, from a push on, for each indicator that failed; extend the one it has, if any."""
    for indicator_id, error in failed_indicators.items():
        logger.error("indicator_rollup_failed", indicator=str(indicator_id), reason=repr(error), exc_info=error)
        await connection.execute(_UPSERT_REFOLD, indicator_id, SYSTEM.subject, first_push - 1, new_id())


async def lock_oldest_refold(connection: asyncpg.Connection, on_hold: Collection[str]) -> PendingRefold | None:
    row = await connection.fetchrow(_LOCK_OLDEST_REFOLD, list(on_hold))
    if row is None:
        return None
    window = row["window_from"] or EPOCH, row["window_to"] or END_OF_TIME
    return PendingRefold(row["id"], row["indicator_id"], row["after_batch"], *window)


async def save_refold_progress(
    connection: asyncpg.Connection, refold: PendingRefold, last_push: int, pushes: int, hours_changed: int
) -> None:
    await connection.execute(_SAVE_PROGRESS, refold.id, last_push, pushes, hours_changed)


async def mark_refold_done(connection: asyncpg.Connection, refold: PendingRefold) -> None:
    await connection.execute(_MARK_DONE, refold.id, JOB_NAME)


async def mark_due_batches_pending(runtime: Runtime) -> list[str]:
    """Make pushes that were set aside pending again when their retry is due; return them as items of the job."""
    async with (await runtime.get_pool()).acquire() as connection:
        set_aside = [row["batch_id"] for row in await connection.fetch(_LIST_BATCHES_WITH_PROBLEM)]
        on_hold = await list_items_on_hold(runtime, JOB_NAME) if set_aside else frozenset[str]()
        due = [push_id for push_id in set_aside if retry_item(push_id) not in on_hold]
        if due:
            await connection.execute(_CLEAR_PROBLEM, due)
    return [retry_item(push_id) for push_id in due]


async def delete_resolved_retries(runtime: Runtime, items: Collection[str]) -> None:
    """Delete the retries of pushes that are no longer pending."""
    if items:
        await (await runtime.get_pool()).execute(_DELETE_RESOLVED_RETRIES, JOB_NAME, list(items))


def retry_item(push_id: int) -> str:
    """Return the name under which retries know a push; stored, and matched in SQL."""
    return f"batch {push_id}"
