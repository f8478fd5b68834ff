"""HTTP: the notifications of Alertmanager, and which alerts fired when."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from common.http.paging import Page, Paging, paginate
from common.http.problems import to_response
from common.http.request_scope import AsManager, AsMonitor, AsStaff, IfMatch, Router
from sla.alerts import actions, alertmanager_webhook, store
from sla.alerts.model import AlertFiring
from sla.alerts.views import AlertEnd, AlertFiringView, AlertsAccepted

router = Router(tags=["alerts"])


@router.post(
    "/push/alertmanager",
    response_model=AlertsAccepted,
    summary="Push alerts with Alertmanager",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": alertmanager_webhook.notification_schema()}},
        }
    },
)
async def push_alerts(work: AsMonitor, request: Request) -> AlertsAccepted | Response:
    """Accepts the notifications of a webhook, version 4, in any order, late or repeated; leave `send_resolved` on.

    An alert whose label `service` names a known service opens incidents, and an availability indicator bound to
    `rapport_alert{alertname="…"}` is down from its start to its end. If an alert breaks a rule the answer is 400 and
    names it; the others are recorded.
    """
    result = await actions.ingest_notification(work, await request.body())
    if result.problem:
        return to_response("sla", result.problem)
    return AlertsAccepted(
        firing=result.firing,
        resolved=result.resolved,
        incidents=sorted(result.incident_ids),
        truncated_alerts=result.truncated,
    )


@router.get("/alerts", summary="List which alerts fired")
async def list_alerts(
    work: AsStaff,
    paging: Paging,
    firing: bool | None = None,
    fingerprint: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[AlertFiringView]:
    """Sorted by their first report; `firing=true` lists those that have not ended."""
    query = store.select_firings(firing=firing, fingerprint=fingerprint)
    return (await paginate(work.session, query, paging, key=AlertFiring.id)).to_page(AlertFiringView.model_validate)


@router.get("/alerts/{firing_id}", summary="Read one firing of an alert")
async def read_alert(work: AsStaff, firing_id: UUID) -> AlertFiringView:
    firing = await work.get(AlertFiring, firing_id)
    work.set_etag(firing)
    return AlertFiringView.model_validate(firing)


@router.post("/alerts/{firing_id}/end", summary="End an alert by hand")
async def end_alert(work: AsManager, firing_id: UUID, match: IfMatch, body: AlertEnd) -> AlertFiringView:
    """Ends a firing that Alertmanager will not resolve any more; until then it counts as downtime."""
    firing = await actions.end_firing(work, firing_id, match, body.ended_at, body.reason)
    work.set_etag(firing)
    return AlertFiringView.model_validate(firing)
