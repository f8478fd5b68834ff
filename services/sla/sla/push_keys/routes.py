"""HTTP: the limits of what may be pushed with an API key."""

from uuid import UUID

from common.http.request_scope import AsAdmin, AsManager, Router
from sla.push_keys import actions
from sla.push_keys.views import NewPushLimits, PushLimitsView

router = Router(prefix="/api-keys", tags=["api keys"])


@router.get("/{key_id}/limits", summary="Read the limits of an API key")
async def read_push_limits(work: AsManager, key_id: UUID) -> PushLimitsView:
    """A key without limits answers 404."""
    return PushLimitsView.from_limits(await actions.get_limits(work, key_id))


@router.put("/{key_id}/limits", summary="Limit what may be pushed with an API key")
async def set_push_limits(work: AsAdmin, key_id: UUID, body: NewPushLimits) -> PushLimitsView:
    """A key with limits may push samples only, no alerts and no incidents: its scope is `push:samples`.

    Series that the limits do not include, and new ones beyond `max_series`, are refused by name with 400 while the
    others are written; too many samples a minute are answered 429 with `Retry-After`. A push has at most
    a minute's samples. Limits hold within a minute.
    """
    return PushLimitsView.from_limits(await actions.set_limits(work, key_id, body))


@router.delete("/{key_id}/limits", status_code=204, summary="Lift the limits of an API key")
async def lift_push_limits(work: AsAdmin, key_id: UUID) -> None:
    """The key may push anything again, within a minute."""
    await actions.lift_limits(work, key_id)
