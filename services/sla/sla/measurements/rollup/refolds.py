"""What could not be folded: indicators whose samples are folded again from the log, and batches that were set aside."""

# An indicator that fails keeps no other from being folded: a refold is asked for in the transaction that goes on
# without it, from the batches of that transaction on. A batch that cannot be read is tried again with growing patience.

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import structlog

from common.auth.principal import SYSTEM
from common.ids import new_id
from common.jobs.retries import list_items_on_hold
from common.service import Runtime
from sla.measurements.minutes import EPOCH

JOB_NAME = "fold-measurements"
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)

_UPSERT_REFOLD = """
WITH known AS (
    UPDATE sla.refolds SET after_batch = least(after_batch, $3)
    WHERE id = (
        SELECT id FROM sla.refolds
        WHERE indicator_id = $1 AND requested_by = $2 AND done_at IS NULL AND window_from IS NULL AND window_to IS NULL
        ORDER BY id LIMIT 1
    )
    RETURNING id
)
INSERT INTO sla.refolds (id, indicator_id, requested_by, after_batch, batches, hours_changed)
SELECT $4, $1, $2, $3, 0, 0 WHERE NOT EXISTS (SELECT FROM known)
"""
_LOCK_OLDEST_REFOLD = """
SELECT id, indicator_id, after_batch, window_from, window_to FROM sla.refolds
WHERE done_at IS NULL AND id::text <> ALL($1) ORDER BY id LIMIT 1 FOR UPDATE
"""
_SAVE_PROGRESS = """
UPDATE sla.refolds SET after_batch = $2, batches = batches + $3, hours_changed = hours_changed + $4 WHERE id = $1
"""
_MARK_DONE = """
WITH healed AS (DELETE FROM sla.setbacks WHERE duty = $2 AND item = $1::uuid::text)
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


async def upsert_refolds(connection: asyncpg.Connection, failed: Mapping[UUID, Exception], first_batch: int) -> None:
    for indicator_id, error in failed.items():
        logger.error("indicator_not_folded", indicator=str(indicator_id), reason=repr(error), exc_info=error)
        await connection.execute(_UPSERT_REFOLD, indicator_id, SYSTEM.subject, first_batch - 1, new_id())


async def lock_oldest_refold(connection: asyncpg.Connection, left_alone: Collection[str]) -> PendingRefold | None:
    row = await connection.fetchrow(_LOCK_OLDEST_REFOLD, list(left_alone))
    if row is None:
        return None
    window = row["window_from"] or EPOCH, row["window_to"] or END_OF_TIME
    return PendingRefold(row["id"], row["indicator_id"], row["after_batch"], *window)


async def save_refold_progress(
    connection: asyncpg.Connection, request: PendingRefold, last_batch: int, batches: int, changed: int
) -> None:
    await connection.execute(_SAVE_PROGRESS, request.id, last_batch, batches, changed)


async def mark_refold_done(connection: asyncpg.Connection, request: PendingRefold) -> None:
    await connection.execute(_MARK_DONE, request.id, JOB_NAME)


async def mark_due_batches_pending(runtime: Runtime) -> list[str]:
    """Let batches be folded again that were set aside, where their time has come."""
    async with (await runtime.get_pool()).acquire() as connection:
        set_aside = [row["batch_id"] for row in await connection.fetch(_LIST_BATCHES_WITH_PROBLEM)]
        left_alone = await list_items_on_hold(runtime, JOB_NAME) if set_aside else frozenset[str]()
        due = [batch for batch in set_aside if retry_item(batch) not in left_alone]
        if due:
            await connection.execute(_CLEAR_PROBLEM, due)
    return [retry_item(batch) for batch in due]


async def delete_resolved_retries(runtime: Runtime, items: Collection[str]) -> None:
    """Those of the batches that are folded now."""
    if items:
        await (await runtime.get_pool()).execute(_DELETE_RESOLVED_RETRIES, JOB_NAME, list(items))


def retry_item(batch: int) -> str:
    return f"batch {batch}"
