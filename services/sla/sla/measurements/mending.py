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
from common.service import Runtime
from common.setbacks import resting
from sla.measurements.minutes import EPOCH

NAME = "fold-measurements"
LATEST = datetime(9999, 1, 1, tzinfo=UTC)

_ASK = """
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
_OLDEST = """
SELECT id, indicator_id, after_batch, window_from, window_to FROM sla.refolds
WHERE done_at IS NULL AND id::text <> ALL($1) ORDER BY id LIMIT 1 FOR UPDATE
"""
_GONE_THROUGH = """
UPDATE sla.refolds SET after_batch = $2, batches = batches + $3, hours_changed = hours_changed + $4 WHERE id = $1
"""
_FINISHED = """
WITH healed AS (DELETE FROM sla.setbacks WHERE duty = $2 AND item = $1::uuid::text)
UPDATE sla.refolds SET done_at = now() WHERE id = $1
"""
_SET_ASIDE = "SELECT batch_id FROM sla.push_pending WHERE problem IS NOT NULL"
_AGAIN = "UPDATE sla.push_pending SET problem = NULL WHERE batch_id = ANY($1)"
_HEALED = """
DELETE FROM sla.setbacks WHERE duty = $1 AND item = ANY($2)
AND item <> ALL(SELECT 'batch ' || batch_id FROM sla.push_pending)
"""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    id: UUID
    indicator_id: UUID
    after_batch: int
    window_from: datetime
    window_to: datetime


async def ask(connection: asyncpg.Connection, failed: Mapping[UUID, Exception], first_batch: int) -> None:
    for indicator_id, error in failed.items():
        logger.error("indicator_not_folded", indicator=str(indicator_id), reason=repr(error), exc_info=error)
        await connection.execute(_ASK, indicator_id, SYSTEM.subject, first_batch - 1, new_id())


async def oldest(connection: asyncpg.Connection, left_alone: Collection[str]) -> Request | None:
    row = await connection.fetchrow(_OLDEST, list(left_alone))
    if row is None:
        return None
    window = row["window_from"] or EPOCH, row["window_to"] or LATEST
    return Request(row["id"], row["indicator_id"], row["after_batch"], *window)


async def go_on(connection: asyncpg.Connection, request: Request, last_batch: int, batches: int, changed: int) -> None:
    await connection.execute(_GONE_THROUGH, request.id, last_batch, batches, changed)


async def finish(connection: asyncpg.Connection, request: Request) -> None:
    await connection.execute(_FINISHED, request.id, NAME)


async def take_up_again(runtime: Runtime) -> list[str]:
    """Let batches be folded again that were set aside, where their time has come."""
    async with (await runtime.pool()).acquire() as connection:
        set_aside = [row["batch_id"] for row in await connection.fetch(_SET_ASIDE)]
        left_alone = await resting(runtime, NAME) if set_aside else frozenset[str]()
        due = [batch for batch in set_aside if item_of(batch) not in left_alone]
        if due:
            await connection.execute(_AGAIN, due)
    return [item_of(batch) for batch in due]


async def heal(runtime: Runtime, items: Collection[str]) -> None:
    """Those of the batches that are folded now."""
    if items:
        await (await runtime.pool()).execute(_HEALED, NAME, list(items))


def item_of(batch: int) -> str:
    return f"batch {batch}"
