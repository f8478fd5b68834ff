"""Recording what Alertmanager reports: firings, the incidents they open, and corrections of closed periods."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from common.errors import DomainError, Invalid
from common.unit_of_work import UnitOfWork
from sla.alerts import store
from sla.alerts.alertmanager_webhook import AlertState, WebhookAlert, parse_alerts, parse_notification
from sla.alerts.errors import AlertsRefused
from sla.alerts.incidents_of_alerts import report_alert
from sla.alerts.model import AlertFiring, AlertPriorities, FiringInterval, changed_interval
from sla.alerts.views import AlertsAccepted
from sla.corrections.store import record_correction
from sla.incidents.errors import IncidentServiceUnknown
from sla.incidents.store import load_service_ids_by_offering

MIN_CLOSING_DELAY = timedelta(minutes=10)
"""No period is closed so soon after its end."""
LATE_ALERT_REASON = "An alert that counts as downtime was reported, or ended, after the period was closed."

log = structlog.get_logger(__name__)


async def ingest_notification(work: UnitOfWork, body: bytes) -> AlertsAccepted | AlertsRefused:
    """Record all alerts that break no rule, in any order and however often they are sent. Raise AlertsUnreadable.

    A refusal is returned, not raised: the other alerts are recorded.
    """
    notification = parse_notification(body)
    if notification.truncated:
        log.warning("alerts_truncated_by_alertmanager", count=notification.truncated)
    alerts, refusals = parse_alerts(notification.alerts, work.now)
    incident_ids = set[UUID]()
    await store.lock_alerts(work)
    for alert in alerts:
        try:
            async with work.session.begin_nested():
                incident_ids.update(await report_alert(work, await _record_firing(work, alert)))
        except DomainError as rule:
            refusals.append(f"alerts: {alert.fingerprint}: {rule.message}")
    if refusals:
        place, _, reason = refusals[0].partition(": ")
        more = f"; and {len(refusals) - 1} more" if len(refusals) > 1 else ""
        return AlertsRefused(reason + more, field=place)
    firing = sum(alert.status is AlertState.FIRING for alert in alerts)
    return AlertsAccepted(
        firing=firing,
        resolved=len(alerts) - firing,
        incidents=sorted(incident_ids),
        truncated_alerts=notification.truncated,
    )


async def _record_firing(work: UnitOfWork, alert: WebhookAlert) -> AlertFiring:
    firing = await store.find_firing(work, alert.fingerprint, alert.starts_at, alert.ends_at)
    before = firing.interval(work.now) if firing else None
    if firing and firing.is_after_reported_end(alert.ends_at):
        firing.starts_at = firing.first_starts_at
        await _record_corrections(work, firing, before)
        firing = before = None
    if firing:
        firing.merge_report(alert.starts_at, alert.ends_at)
    else:
        columns = alert.model_dump(include={"fingerprint", "starts_at", "labels", "annotations"})
        firing = AlertFiring(first_starts_at=alert.starts_at, ends_at=alert.ends_at, **columns)
        work.add(firing)
    await work.flush()
    await _record_corrections(work, firing, before)
    return firing


async def end_firing(work: UnitOfWork, firing_id: UUID, match: int, ended_at: datetime, reason: str) -> AlertFiring:
    """End a firing by hand, where Alertmanager will not resolve it any more."""
    await store.lock_alerts(work)
    firing = await work.get(AlertFiring, firing_id, match=match)
    if ended_at > work.now:
        raise Invalid("must not be in the future", field="ended_at")
    before = firing.interval(work.now)
    firing.end(ended_at, work.principal.subject, reason)
    await work.flush()
    await _record_corrections(work, firing, before)
    await report_alert(work, firing)
    return firing


async def _record_corrections(work: UnitOfWork, firing: AlertFiring, before: FiringInterval | None) -> None:
    """Have the closed periods restated whose downtime changed."""
    changed = changed_interval(before, firing.interval(work.now))
    if changed is None or not changed[0] < min(changed[1], work.now - MIN_CLOSING_DELAY):
        return
    for agreement_id in await store.list_affected_agreement_ids(work, firing.labels):
        record_correction(work, agreement_id, *changed, LATE_ALERT_REASON)


async def set_alert_priorities(work: UnitOfWork, service_id: UUID, priorities: Mapping[str, int]) -> AlertPriorities:
    if service_id not in (await load_service_ids_by_offering(work, [service_id])).values():
        raise IncidentServiceUnknown(f"Service {service_id} is not published in the catalog.", field="service_id")
    await store.lock_alerts(work)
    existing = (await work.session.scalars(store.select_alert_priorities(service_id))).first()
    alert_priorities = existing or AlertPriorities(service_id=service_id)
    alert_priorities.priorities = dict(priorities)
    work.add(alert_priorities)
    await work.flush()
    return alert_priorities
