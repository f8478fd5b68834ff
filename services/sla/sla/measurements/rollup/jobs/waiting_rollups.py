"""Waiting roll-ups: input of one indicator that is taken off the pending pushes and is still to be rolled up."""

# What takes long is stored apart by indicator and by stretch of time, in the transaction that takes its pushes off the
# pending list. A worker locks an indicator and rolls up all that waits in one stretch: each of its hours is written
# once, however many pushes it came in, and no transaction touches more hours than a stretch has.

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from sla.measurements.data_points import DataPoints
from sla.measurements.minutes import HOUR_MS, from_milliseconds, to_hour_start

STRETCH_HOURS = 10 * 24
"""The hours that one transaction of a worker touches at most."""

_ADD = """
INSERT INTO sla.waiting_rollups
    (indicator_id, stretch, first_at, last_at, samples, packed, first_push, received_at)
SELECT waiting.*, $7, $8
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::bytea[]) AS waiting
"""
_LOCK_WAITING_INDICATOR = """
SELECT id FROM sla.indicators
WHERE id IN (SELECT indicator_id FROM sla.waiting_rollups)
ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""
_LIST_STRETCH = """
WITH first AS (SELECT stretch FROM sla.waiting_rollups WHERE indicator_id = $1 ORDER BY id LIMIT 1),
waiting AS (
    SELECT id, sum(samples) OVER (ORDER BY id) - samples AS samples_before
    FROM sla.waiting_rollups WHERE indicator_id = $1 AND stretch = (SELECT stretch FROM first)
)
SELECT id, first_push, received_at, packed FROM waiting JOIN sla.waiting_rollups USING (id)
WHERE samples_before < $2 ORDER BY id
"""
_DELETE = "DELETE FROM sla.waiting_rollups WHERE id = ANY($1)"


class WaitingInput(NamedTuple):
    id: int
    first_push: int
    """The first of the pushes it came in, from which a refold would begin."""
    received_at: datetime
    packed: bytes


async def add_waiting_rollups(
    connection: asyncpg.Connection, arrived: Mapping[UUID, DataPoints], first_push: int, received_at: datetime
) -> None:
    """Store the input of each indicator, by stretch of time, for the workers."""

    def pack() -> list[tuple[UUID, datetime, datetime, datetime, int, bytes]]:
        return [
            (indicator_id, to_hour_start(stretch * STRETCH_HOURS), *_extent(points), len(points), points.pack())
            for indicator_id, input_points in arrived.items()
            for stretch, points in _split_by_stretch(input_points)
        ]

    if rows := await asyncio.to_thread(pack) if arrived else []:
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(_ADD, *columns, first_push, received_at)


def _split_by_stretch(points: DataPoints) -> Iterator[tuple[int, DataPoints]]:
    stretches = sorted(set((points.at // (STRETCH_HOURS * HOUR_MS)).tolist()))
    pieces = points.split([stretch * STRETCH_HOURS * HOUR_MS for stretch in stretches])[1:]
    return zip(stretches, pieces, strict=True)


def _extent(points: DataPoints) -> tuple[datetime, datetime]:
    return from_milliseconds(int(points.at.min())), from_milliseconds(int(points.at.max()))


async def lock_waiting_indicator(connection: asyncpg.Connection) -> UUID | None:
    """Lock any indicator with waiting input that nobody has locked.

    It is a random one: what is behind on one indicator holds up no other.
    """
    indicator_id: UUID | None = await connection.fetchval(_LOCK_WAITING_INDICATOR)
    return indicator_id


async def list_next_stretch(connection: asyncpg.Connection, indicator_id: UUID, samples: int) -> list[WaitingInput]:
    """List what waits in the stretch of the oldest input: about so many samples, oldest first."""
    return [WaitingInput(*row) for row in await connection.fetch(_LIST_STRETCH, indicator_id, samples)]


async def delete_waiting_rollups(connection: asyncpg.Connection, waiting: Iterable[WaitingInput]) -> None:
    await connection.execute(_DELETE, [waiting_input.id for waiting_input in waiting])
