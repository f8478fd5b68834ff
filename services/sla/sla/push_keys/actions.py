"""Limiting what may be pushed with a key, and lifting the limits."""

from uuid import UUID

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.indicators.model import Indicator
from sla.push_keys import errors, store
from sla.push_keys.model import PUSH_SCOPE, SAMPLES_SCOPE, ApiKey, PushLimits
from sla.push_keys.views import NewPushLimits


async def set_limits(work: UnitOfWork, key_id: UUID, new_limits: NewPushLimits) -> PushLimits:
    """Set the limits of a key in place of those it had; how many series it added stays known."""
    key = await _lock_live_key(work, key_id)
    await _check_indicators(work, new_limits.indicators)
    limits = await store.find_limits(work, key_id)
    if limits is None:
        limits = PushLimits(key_id=key_id, series_added=0)
        work.add(limits)
    limits.selectors = list(new_limits.series)
    limits.indicator_ids = [str(indicator_id) for indicator_id in new_limits.indicators]
    limits.samples_per_minute = new_limits.samples_per_minute
    limits.max_series = new_limits.max_series
    key.scopes = [SAMPLES_SCOPE]
    await work.flush()
    return limits


async def get_limits(work: UnitOfWork, key_id: UUID) -> PushLimits:
    await work.get(ApiKey, key_id)
    limits = await store.find_limits(work, key_id)
    if limits is None:
        raise NotFound("limit of the key", key_id)
    return limits


async def lift_limits(work: UnitOfWork, key_id: UUID) -> None:
    key = await _lock_live_key(work, key_id)
    if limits := await store.find_limits(work, key_id):
        await work.session.delete(limits)
    key.scopes = [PUSH_SCOPE]


async def _lock_live_key(work: UnitOfWork, key_id: UUID) -> ApiKey:
    key = await work.get(ApiKey, key_id, lock=True)
    if key.revoked_at is not None:
        raise errors.KeyRevoked(f"The key was revoked at {key.revoked_at.isoformat()}.")
    return key


async def _check_indicators(work: UnitOfWork, indicator_ids: list[UUID]) -> None:
    unknown_ids = await work.find_unknown_ids(Indicator.id, indicator_ids)
    for place, indicator_id in enumerate(indicator_ids):
        if indicator_id in unknown_ids:
            raise errors.LimitedIndicatorNotDefined(
                f"There is no indicator {indicator_id}.", field=f"indicators.{place}"
            )
