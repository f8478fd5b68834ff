"""HTTP: the notifications of Alertmanager, which alerts fired when, and the priorities of alerts on a service."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.problems import to_response
from common.http.request_bodies import read_body
from common.http.request_scope import AsManager, AsMonitor, AsStaff, IfMatch, Router, get_runtime
from sla.alerts import actions, alertmanager_webhook, posted_alerts, store
from sla.alerts.model import AlertFiring, AlertPriorities
from sla.alerts.views import AlertEnd, AlertFiringView, AlertPrioritiesView, AlertsAccepted, NewAlertPriorities

router = Router(tags=["alerts"])
AlertPaging = Annotated[
    PageRequest, listing(AlertFiring.id, changed=AlertFiring.modified_at, sort=(AlertFiring.starts_at,))
]
AlertPrioritiesPaging = Annotated[PageRequest, listing(AlertPriorities.service_id, changed=AlertPriorities.modified_at)]


@router.post(
    "/push/alertmanager",
    response_model=AlertsAccepted,
    summary="Push alerts with Alertmanager or Grafana",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": alertmanager_webhook.notification_schema()}},
        }
    },
)
async def push_alerts(work: AsMonitor, request: Request) -> AlertsAccepted | Response:
    """Accepts the notifications of a webhook of Alertmanager (version 4) or Grafana (version 1), in any order, late or
    repeated; leave `send_resolved` on. Texts that are too long are cut.

    An alert whose label `service` names a known service opens incidents, and an availability indicator bound to
    `rapport_alert{alertname="…"}` is down from its start to its end. If an alert breaks a rule the answer is 400 and
    names it; the others are recorded.
    """
    outcome = await actions.ingest_notification(work, get_runtime(request), await read_body(request))
    return outcome if isinstance(outcome, AlertsAccepted) else to_response("sla", outcome)


@router.post(
    "/push/api/v2/alerts",
    response_model=AlertsAccepted,
    summary="Push alerts as to Alertmanager's API v2",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": posted_alerts.posted_alerts_schema()}},
        }
    },
)
async def push_alertmanager_alerts(work: AsMonitor, request: Request) -> AlertsAccepted | Response:
    """Accepts what rulers without an Alertmanager post, again and again as long as an alert fires: Prometheus
    (`path_prefix: /sla/v1/push`), vmalert, the rulers of Mimir and Loki.

    An alert fires until its `endsAt`, or for five minutes if it has none, and ends then unless it is posted again. If
    an alert breaks a rule the answer is 400 and names it; the others are recorded.
    """
    outcome = await actions.ingest_posted_alerts(work, get_runtime(request), await read_body(request))
    return outcome if isinstance(outcome, AlertsAccepted) else to_response("sla", outcome)


@router.get("/alerts", summary="List which alerts fired")
async def list_alerts(
    work: AsStaff,
    paging: AlertPaging,
    firing: bool | None = None,
    fingerprint: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[AlertFiringView]:
    """Sorted by their first report; `firing=true` lists those that have not ended."""
    query = store.select_firings(firing=firing, fingerprint=fingerprint)
    return (await paginate(work.session, query, paging, key=AlertFiring.id)).to_page(AlertFiringView.model_validate)


@router.get("/alerts/{firing_id}", summary="Read one firing of an alert")
async def read_alert(work: AsStaff, firing_id: UUID) -> AlertFiringView:
    return AlertFiringView.model_validate(work.set_etag(await work.get(AlertFiring, firing_id)))


@router.post("/alerts/{firing_id}/end", summary="End an alert by hand")
async def end_alert(work: AsManager, firing_id: UUID, match: IfMatch, body: AlertEnd) -> AlertFiringView:
    """Ends a firing that Alertmanager will not resolve any more; until then it counts as downtime."""
    firing = await actions.end_firing(work, firing_id, match, body.ended_at, body.reason)
    return AlertFiringView.model_validate(work.set_etag(firing))


@router.get("/alert-priorities", summary="List the priorities of alerts by service")
async def list_alert_priorities(
    work: AsStaff, paging: AlertPrioritiesPaging, service_id: UUID | None = None
) -> Page[AlertPrioritiesView]:
    """The list has only services with priorities of their own."""
    page = await paginate(work.session, store.select_alert_priorities(service_id), paging, key=AlertPriorities.id)
    return page.to_page(AlertPrioritiesView.model_validate)


@router.put("/alert-priorities/{service_id}", summary="Set the priorities of alerts on a service")
async def set_alert_priorities(work: AsManager, service_id: UUID, body: NewAlertPriorities) -> AlertPrioritiesView:
    """The priorities hold for alerts that fire from now on, by their label `severity`. A severity that is not named has
    its default: critical and page 1; error, high and major 2; warning 3; minor and low 4; info and none 5; any other 3.
    """
    return AlertPrioritiesView.model_validate(await actions.set_alert_priorities(work, service_id, body.priorities))
