"""Verifies API keys against the service's table, with a cache of some seconds."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.api_keys import ISSUING_KEYS, ApiKeyEntity, parse_key
from common.auth.principal import Principal
from common.error_descriptions import describe_error
from common.errors import Unauthenticated, Unavailable


class ApiKeyVerifier:
    """Verifies API keys, and records their last use."""

    cache_lifetime = timedelta(seconds=20)
    """How long a revoked key may still work; the cache spares each push a query."""
    cache_size = 10_000
    last_used_resolution = timedelta(minutes=5)

    def __init__(
        self, sessions: async_sessionmaker[AsyncSession], entity: type[ApiKeyEntity], clock: Callable[[], datetime]
    ) -> None:
        self._sessions, self._entity, self._clock = sessions, entity, clock
        self._cache: OrderedDict[str, tuple[datetime, ApiKeyEntity | None]] = OrderedDict()

    async def verify(self, text: str) -> Principal:
        """Return the monitor. Raise Unauthenticated, or Unavailable while the database does not answer."""
        parts = parse_key(text)
        key = await self._find(parts[0]) if parts else None
        if parts is None or key is None or not key.is_proved_by(parts[1]) or not key.is_live(self._clock()):
            raise Unauthenticated(f"This API key is misspelt, expired or revoked: {ISSUING_KEYS}.")
        return key.principal

    async def _find(self, prefix: str) -> ApiKeyEntity | None:
        now = self._clock()
        cached = self._cache.get(prefix)
        if cached is not None and now - cached[0] < self.cache_lifetime:
            return cached[1]
        key = await self._read(prefix, now)
        self._cache[prefix] = (now, key)
        self._cache.move_to_end(prefix)
        while len(self._cache) > self.cache_size:
            self._cache.popitem(last=False)
        return key

    async def _read(self, prefix: str, now: datetime) -> ApiKeyEntity | None:
        try:
            async with self._sessions() as session:
                key = await session.scalar(select(self._entity).where(self._entity.prefix == prefix))
                if key is not None and key.is_live(now) and self._is_use_due(key, now):
                    await self._record_use(session, key, now)
                return key
        except (SQLAlchemyError, OSError) as error:
            structlog.get_logger().warning("api_key_lookup_failed", reason=describe_error(error))
            raise Unavailable("API keys cannot be checked right now.") from error

    def _is_use_due(self, key: ApiKeyEntity, now: datetime) -> bool:
        return key.last_used_at is None or now - key.last_used_at >= self.last_used_resolution

    async def _record_use(self, session: AsyncSession, key: ApiKeyEntity, now: datetime) -> None:
        entity = self._entity
        is_outdated = or_(entity.last_used_at.is_(None), entity.last_used_at <= now - self.last_used_resolution)
        change = update(entity).where(entity.id == key.id, is_outdated).values(last_used_at=now)
        await session.execute(change.execution_options(synchronize_session=False))
        await session.commit()
