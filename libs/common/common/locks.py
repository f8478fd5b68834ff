"""Advisory locks: one replica at a time does what only one may do; its death frees the lock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from common.database import Database


@asynccontextmanager
async def held(database: Database, name: str, retry: float) -> AsyncIterator[asyncpg.Connection]:
    """Wait for the lock `name`, asking every `retry` seconds. It is held as long as the connection given lives."""
    connection = await database.connect()
    try:
        while True:
            if await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name):
                break
            await asyncio.sleep(retry)
        yield connection
    finally:
        connection.terminate()
