"""Assigns a service's partitions to its replicas, by advisory locks in the service's own database."""

# The position in each partition is in that database as well. A replica that dies frees its partitions with its
# connection, and one that starts reads at once. Slot n stands for partition n of every topic.

import math

import asyncpg

from common.database.locks import LockSession

MEMBER_KEY = 1_000_000
"""The second key of the shared lock by which replicas are counted; slots have the small numbers."""

COUNT_MEMBERS = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock' AND objsubid = 2 AND objid = $1
      AND classid = hashtext($2)::bit(32)::bigint::oid
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class PartitionAssignment:
    def __init__(self, locks: LockSession, service: str, slots: int) -> None:
        self._locks = locks
        self._key = f"consume:{service}"
        self._slots = slots
        self._own_slots: set[int] = set()
        self._joined = False

    async def rebalance(self) -> frozenset[int]:
        """Return the slots of this replica from now on: its fair share, as soon as slots are free."""
        if not self._joined:
            await self._locks.fetch_value("SELECT pg_advisory_lock_shared(hashtext($1), $2)", self._key, MEMBER_KEY)
            self._joined = True
        members = await self._locks.fetch_value(COUNT_MEMBERS, MEMBER_KEY, self._key)
        fair = math.ceil(self._slots / max(members, 1))
        for slot in sorted(self._own_slots)[fair:]:
            await self._release(slot)
        if len(self._own_slots) < fair:
            await self._acquire(fair)
        return frozenset(self._own_slots)

    async def release_all(self) -> None:
        """Release all slots, as the connection lives on."""
        try:
            for slot in sorted(self._own_slots):
                await self._release(slot)
            if self._joined:
                await self._locks.fetch_value(
                    "SELECT pg_advisory_unlock_shared(hashtext($1), $2)", self._key, MEMBER_KEY
                )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._locks.connection.terminate()

    async def _release(self, slot: int) -> None:
        await self._locks.fetch_value("SELECT pg_advisory_unlock(hashtext($1), $2)", self._key, slot)
        self._own_slots.discard(slot)

    async def _acquire(self, fair: int) -> None:
        for slot in range(self._slots):
            if len(self._own_slots) == fair:
                return
            if slot not in self._own_slots and await self._locks.fetch_value(
                "SELECT pg_try_advisory_lock(hashtext($1), $2)", self._key, slot
            ):
                self._own_slots.add(slot)
