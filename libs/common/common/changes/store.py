"""Queries of the outbox, as streams of changes read it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from common.changes.positions import TAG_LENGTH, Gap, Position
from common.database.connections import Database
from common.database.machinery_tables import MachineryTables

BATCH_SIZE = 500
COLUMNS = "o.seq, o.id, o.type, o.subject, o.version, o.time, o.data"


@dataclass(frozen=True, slots=True)
class OutboxView:
    """A snapshot of the outbox, as one statement sees it."""

    rows: list[asyncpg.Record]
    """In the order of their numbers."""
    oldest_transaction: int
    """All transactions before it are over."""
    next_transaction: int
    """All transactions from it on began later."""

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= BATCH_SIZE


class OutboxReader:
    """Reads the outbox for all streams of a process. It holds no connection between two queries."""

    def __init__(self, database: Database, tables: MachineryTables) -> None:
        self._database = database
        self._tables = tables

    async def list_after(self, position: Position, up_to: int | None = None) -> OutboxView:
        """Read the events after a position, those in its gaps first, and what transactions are under way meanwhile."""
        # One statement has one snapshot: no transaction is over by it whose events its rows could lack.
        query = f"""
            SELECT s.oldest, s.next, o.*
            FROM (
                SELECT CAST(CAST(pg_snapshot_xmin(c) AS text) AS bigint) AS oldest,
                    CAST(CAST(pg_snapshot_xmax(c) AS text) AS bigint) AS next
                FROM pg_current_snapshot() AS c
            ) s
            LEFT JOIN (
                SELECT {COLUMNS} FROM unnest(CAST($3 AS bigint[]), CAST($4 AS bigint[])) AS g(first, last)
                JOIN {self._tables.outbox} o ON o.seq BETWEEN g.first AND g.last
                UNION ALL
                (SELECT {COLUMNS} FROM {self._tables.outbox} o WHERE o.seq > $1 AND o.seq <= $2
                    ORDER BY o.seq LIMIT {BATCH_SIZE})
                ORDER BY seq LIMIT {BATCH_SIZE}
            ) o ON true
            ORDER BY o.seq
        """  # noqa: S608 - the names come from the metadata
        first, last = [gap.first for gap in position.gaps], [gap.last for gap in position.gaps]
        highest = 2**63 - 1 if up_to is None else up_to
        pool = await self._database.get_pool()
        rows = await pool.fetch(query, position.number, highest, first, last)
        events = [row for row in rows if row["seq"] is not None]
        return OutboxView(events, rows[0]["oldest"], rows[0]["next"])

    async def get_newest_position(self) -> Position:
        """Return the position after all committed events, with the numbers of transactions that may be under way."""
        # An event's transaction is over after the time limit of transactions, and what was drawn later is younger.
        query = f"""
            WITH recent AS (
                SELECT seq, lag(seq) OVER (ORDER BY seq) AS earlier FROM {self._tables.outbox}
                WHERE seq >= COALESCE(
                    (SELECT max(seq) FROM {self._tables.outbox} WHERE created_at < now() - CAST($1 AS interval)), 0)
            )
            SELECT (SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)) AS next,
                ARRAY(SELECT earlier + 1 FROM recent WHERE seq > earlier + 1 ORDER BY seq) AS first,
                ARRAY(SELECT seq - 1 FROM recent WHERE seq > earlier + 1 ORDER BY seq) AS last,
                newest.seq, newest.id
            FROM (SELECT 1) one LEFT JOIN (
                SELECT seq, id FROM {self._tables.outbox} ORDER BY seq DESC LIMIT 1
            ) newest ON true
        """  # noqa: S608 - the names come from the metadata
        pool = await self._database.get_pool()
        row = await pool.fetchrow(query, 2 * self._database.settings.transaction_timeout)
        if row["seq"] is None:
            return Position()
        edges = zip(row["first"], row["last"], strict=True)
        return Position(row["seq"], tag_of(row), tuple(Gap(first, last, row["next"]) for first, last in edges))

    async def has_position(self, position: Position, retention: timedelta, now: datetime) -> bool:
        """Tell whether the outbox is the one of the position, and still has all events after it."""
        pool = await self._database.get_pool()
        if not position.number:
            missed = f"SELECT EXISTS (SELECT FROM {self._tables.outbox_heads} WHERE oldest > 1)"  # noqa: S608
            return not await pool.fetchval(missed)
        query = f"SELECT id, created_at FROM {self._tables.outbox} WHERE seq = $1"  # noqa: S608
        row = await pool.fetchrow(query, position.number)
        return row is not None and tag_of(row) == position.tag and row["created_at"] >= now - retention

    async def count_after(self, position: Position, most: int) -> int:
        """Count the events after a position, at most `most`, without those in its gaps."""
        query = f"SELECT count(*) FROM (SELECT FROM {self._tables.outbox} WHERE seq > $1 LIMIT $2) o"  # noqa: S608
        pool = await self._database.get_pool()
        return int(await pool.fetchval(query, position.number, most))


def tag_of(row: asyncpg.Record) -> str:
    """Return the part of an event's id that is random."""
    return str(row["id"].hex[-TAG_LENGTH:])
