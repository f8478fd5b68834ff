"""Queries for the limits of push keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.unit_of_work import UnitOfWork
from sla.indicators.model import Indicator
from sla.push_keys.model import ApiKey, PushLimits

_LOCK_ROOM = "SELECT max_series - series_added FROM sla.push_limits WHERE key_id = $1 FOR UPDATE"
_COUNT_ADDED = "UPDATE sla.push_limits SET series_added = series_added + $2 WHERE key_id = $1"


async def find_limits(work: UnitOfWork, key_id: UUID) -> PushLimits | None:
    limits: PushLimits | None = await work.session.get(PushLimits, key_id)
    return limits


async def find_limits_by_prefix(session: AsyncSession, prefix: str) -> PushLimits | None:
    query = select(PushLimits).join(ApiKey).where(ApiKey.prefix == prefix)
    limits: PushLimits | None = await session.scalar(query)
    return limits


async def list_expiring_keys(session: AsyncSession, since: datetime, until: datetime) -> Sequence[ApiKey]:
    """List the keys that end in this time without a longer-lived key of the same name."""
    successor = aliased(ApiKey)
    is_replaced = exists().where(
        successor.name == ApiKey.name, successor.revoked_at.is_(None), successor.expires_at > ApiKey.expires_at
    )
    ends = (ApiKey.revoked_at.is_(None), ApiKey.expires_at.between(since, until), ~is_replaced)
    return (await session.scalars(select(ApiKey).where(*ends).order_by(ApiKey.expires_at))).all()


async def list_indicators(session: AsyncSession, indicator_ids: Sequence[UUID]) -> Sequence[Indicator]:
    if not indicator_ids:
        return []
    return (await session.scalars(select(Indicator).where(Indicator.id.in_(indicator_ids)))).all()


async def lock_room_for_series(connection: asyncpg.Connection, key_id: UUID) -> int | None:
    """Lock the limits of a key, and return how many more series it may add; None if that is not limited."""
    room: int | None = await connection.fetchval(_LOCK_ROOM, key_id)
    return None if room is None else max(room, 0)


async def count_series_added(connection: asyncpg.Connection, key_id: UUID, count: int) -> None:
    await connection.execute(_COUNT_ADDED, key_id, count)
