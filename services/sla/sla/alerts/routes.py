"""HTTP: what Alertmanager tells, and which alerts fired when."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from common.door import AsManager, AsMonitor, AsStaff, IfMatch, Router
from common.paging import Page, Paging, paginate
from common.problems import to_response
from sla.alerts import actions, notification, store
from sla.alerts.model import AlertFiring
from sla.alerts.views import AlertsTaken, FiringView, NewEnd

router = Router(tags=["alerts"])


@router.post(
    "/push/alertmanager",
    response_model=AlertsTaken,
    summary="Tell alerts as Alertmanager does",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": notification.schema()}},
        }
    },
)
async def push_alerts(work: AsMonitor, request: Request) -> AlertsTaken | Response:
    """A webhook's notification, version 4; `send_resolved` must stay on. In any order, late or repeated.

    An alert whose label `service` names a known service opens incidents, and an availability bound to
    `rapport_alert{alertname="…"}` is down from its start to its end. If an alert breaks a rule the answer is 400 and
    names it; the others are kept.
    """
    taken = await actions.take(work, await request.body())
    if taken.problem:
        return to_response("sla", taken.problem)
    return AlertsTaken(
        firing=taken.firing, resolved=taken.resolved, incidents=sorted(taken.incidents), left_out=taken.left_out
    )


@router.get("/alerts", summary="List which alerts fired")
async def list_alerts(
    work: AsStaff,
    paging: Paging,
    firing: bool | None = None,
    fingerprint: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[FiringView]:
    """In the order in which they were first told; `firing=true` are those that have not ended."""
    query = store.firings(firing=firing, fingerprint=fingerprint)
    return (await paginate(work.session, query, paging, key=AlertFiring.id)).map(FiringView.model_validate)


@router.get("/alerts/{firing_id}", summary="Read one firing of an alert")
async def read_alert(work: AsStaff, firing_id: UUID) -> FiringView:
    firing = await work.get(AlertFiring, firing_id)
    work.tag(firing)
    return FiringView.model_validate(firing)


@router.post("/alerts/{firing_id}/end", summary="End an alert by hand")
async def end_alert(work: AsManager, firing_id: UUID, match: IfMatch, body: NewEnd) -> FiringView:
    """For one that Alertmanager will not resolve any more; until it ends it is downtime where it is so bound."""
    firing = await actions.end(work, firing_id, match, body.ended_at, body.reason)
    work.tag(firing)
    return FiringView.model_validate(firing)
