"""Waiting roll-ups: input of one indicator that is taken off the pending pushes and is still to be rolled up."""

# What takes long is stored apart by indicator and by stretch of time, in the transaction that takes its pushes off the
# pending list. A worker locks an indicator and rolls up all that waits in one stretch: each of its hours is written
# once, however many pushes it came in, and no transaction touches more hours than a stretch has. While a backfill is
# pushed, its input gathers for some seconds: to write each hour again for every push would cost more than all else.

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

STEP_SAMPLES = 250_000
"""Waiting samples, histograms and buckets that one transaction rolls up, about."""

_ADD = """
INSERT INTO sla.waiting_rollups
    (indicator_id, stretch, first_at, last_at, samples, packed, first_push, received_at)
SELECT waiting.*, $7, $8
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::bytea[]) AS waiting
"""
# A stretch is ready when nothing came for a second, or something waits for five, or enough has gathered. Clocks may be
# wrong: what was received in the future does not gather.
_LOCK_READY_STRETCH = """
SELECT indicators.id, stretch FROM sla.indicators JOIN (
    SELECT indicator_id, stretch FROM sla.waiting_rollups GROUP BY indicator_id, stretch
    HAVING bool_and(received_at NOT BETWEEN now() - interval '1 second' AND now())
        OR min(received_at) < now() - interval '5 seconds' OR sum(samples) >= $1
) AS ready ON ready.indicator_id = indicators.id
ORDER BY random() LIMIT 1 FOR NO KEY UPDATE OF indicators SKIP LOCKED
"""
_LIST_STRETCH = """
SELECT id, first_push, received_at, packed FROM sla.waiting_rollups JOIN (
    SELECT id, sum(samples) OVER (ORDER BY id) - samples AS samples_before
    FROM sla.waiting_rollups WHERE indicator_id = $1 AND stretch = $2
) AS waiting USING (id)
WHERE samples_before < $3 ORDER BY id
"""
_DELETE = "DELETE FROM sla.waiting_rollups WHERE id = ANY($1)"


class Stretch(NamedTuple):
    """A stretch of time in which input of an indicator waits."""

    indicator_id: UUID
    start: datetime


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
            (indicator_id, to_hour_start(stretch * STRETCH_HOURS), *_extent(points), points.entry_count, points.pack())
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


async def lock_ready_stretch(connection: asyncpg.Connection) -> Stretch | None:
    """Lock the indicator of any stretch that is ready, skipping those that another transaction holds.

    It is a random one: what is behind on one indicator holds up no other.
    """
    row = await connection.fetchrow(_LOCK_READY_STRETCH, STEP_SAMPLES)
    return Stretch(*row) if row else None


async def list_waiting(connection: asyncpg.Connection, stretch: Stretch) -> list[WaitingInput]:
    """List what waits in the stretch: about as many samples as one transaction rolls up, oldest first."""
    return [WaitingInput(*row) for row in await connection.fetch(_LIST_STRETCH, *stretch, STEP_SAMPLES)]


async def delete_waiting_rollups(connection: asyncpg.Connection, waiting: Iterable[WaitingInput]) -> None:
    await connection.execute(_DELETE, [waiting_input.id for waiting_input in waiting])
