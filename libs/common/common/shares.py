"""Shares a service's partitions out among its replicas, by advisory locks in the service's own database."""

# The position in each partition lies in that database as well, so that who reads what is decided where it is needed: a
# replica that dies gives its partitions away with its connection, and one that starts reads at once. Slot n stands for
# partition n of every topic.

import math

import asyncpg

MEMBERS = 1_000_000
"""The second key of the shared lock that each replica holds to be counted; slots have the small numbers."""

COUNT = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock' AND objsubid = 2 AND objid = $1
      AND classid = hashtext($2)::bit(32)::bigint::oid
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Shares:
    def __init__(self, connection: asyncpg.Connection, service: str, slots: int) -> None:
        self._connection = connection
        self._key = f"consume:{service}"
        self._slots = slots
        self._held: set[int] = set()
        self._joined = False

    async def settle(self) -> frozenset[int]:
        """The slots that are this replica's from now on: as many as its fair share, as soon as they are free."""
        if not self._joined:
            await self._connection.execute("SELECT pg_advisory_lock_shared(hashtext($1), $2)", self._key, MEMBERS)
            self._joined = True
        members = await self._connection.fetchval(COUNT, MEMBERS, self._key)
        fair = math.ceil(self._slots / max(members, 1))
        for slot in sorted(self._held)[fair:]:
            await self._connection.execute("SELECT pg_advisory_unlock(hashtext($1), $2)", self._key, slot)
            self._held.discard(slot)
        if len(self._held) < fair:
            await self._take(fair)
        return frozenset(self._held)

    async def _take(self, fair: int) -> None:
        for slot in range(self._slots):
            if len(self._held) == fair:
                return
            if slot not in self._held and await self._connection.fetchval(
                "SELECT pg_try_advisory_lock(hashtext($1), $2)", self._key, slot
            ):
                self._held.add(slot)
