"""Refolds: samples rolled up again from the log of pushes, after a failure or on request; and retries of pushes."""

# An indicator that fails, or whose definition cannot be read, holds up no other: the transaction that goes on without
# it adds a refold, from its first push on. A push that cannot be read is tried again with growing delays.

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog

from common.auth.principal import SYSTEM
from common.ids import new_id
from common.jobs.retries import list_items_on_hold
from common.runtime import Runtime

JOB_NAME = "roll-up-measurements"

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
SELECT refolds.id, indicator_id, after_batch, coalesce(window_from, 'epoch'), coalesce(window_to, '9999-01-01Z')
FROM sla.refolds JOIN sla.indicators ON indicators.id = indicator_id
WHERE done_at IS NULL AND refolds.id::text <> ALL($1)
ORDER BY refolds.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""
_SAVE_PROGRESS = """
UPDATE sla.refolds SET after_batch = $2, batches = batches + $3, hours_changed = hours_changed + $4 WHERE id = $1
"""
_MARK_DONE = "UPDATE sla.refolds SET done_at = now() WHERE id = $1"
_MARK_DUE_PUSHES_PENDING = """
UPDATE sla.push_pending SET problem = NULL WHERE problem IS NOT NULL AND 'batch ' || batch_id <> ALL($1)
"""
_DELETE_RETRIES = "DELETE FROM sla.setbacks WHERE duty = $1 AND item = ANY($2)"

logger = structlog.get_logger(__name__)


class PendingRefold(NamedTuple):
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
        logger.error("indicator_rollup_failed", indicator=str(indicator_id), exc_info=error)
        await connection.execute(_UPSERT_REFOLD, indicator_id, SYSTEM.subject, first_push - 1, new_id())


async def lock_oldest_refold(connection: asyncpg.Connection, on_hold: Collection[str]) -> PendingRefold | None:
    """Lock the oldest refold that is due, with its indicator, skipping those that another transaction holds."""
    row = await connection.fetchrow(_LOCK_OLDEST_REFOLD, list(on_hold))
    return PendingRefold(*row) if row else None


async def save_refold_progress(
    connection: asyncpg.Connection, refold: PendingRefold, last_push: int, pushes: int, hours_changed: int
) -> None:
    await connection.execute(_SAVE_PROGRESS, refold.id, last_push, pushes, hours_changed)


async def mark_refold_done(connection: asyncpg.Connection, refold: PendingRefold) -> None:
    await connection.execute(_MARK_DONE, refold.id)
    await delete_retries(connection, [str(refold.id)])


async def mark_due_pushes_pending(runtime: Runtime) -> None:
    """Make pushes that were set aside pending again when their retry is due."""
    on_hold = await list_items_on_hold(runtime, JOB_NAME)
    await (await runtime.get_pool()).execute(_MARK_DUE_PUSHES_PENDING, list(on_hold))


async def delete_retries(connection: asyncpg.Connection, items: Collection[str]) -> None:
    """Delete the records of pushes and refolds that have succeeded."""
    await connection.execute(_DELETE_RETRIES, JOB_NAME, items)


def retry_item(push_id: int) -> str:
    """Return the name under which retries know a push; stored, and matched in SQL."""
    return f"batch {push_id}"
