"""Recording what Alertmanager reports: firings, the incidents they open, and corrections of closed periods."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from common.errors import DomainError, Invalid
from common.unit_of_work import UnitOfWork
from sla.alerts import alertmanager_webhook, store
from sla.alerts.errors import AlertsRefused
from sla.alerts.model import AlertFiring, FiringInterval, changed_interval
from sla.corrections.actions import record_correction
from sla.incidents.actions import record_alert
from sla.incidents.alert import Alert, AlertState

MIN_CLOSING_DELAY = timedelta(minutes=10)
"""No period is closed so soon after its end."""
LATE_ALERT_REASON = "An alert that counts as downtime was reported, or ended, after the period was closed."

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class AlertPushResult:
    firing: int = 0
    resolved: int = 0
    truncated: int = 0
    """Alerts that Alertmanager itself left out of the notification."""
    incident_ids: set[UUID] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)

    @property
    def problem(self) -> AlertsRefused | None:
        if not self.refusals:
            return None
        place, _, reason = self.refusals[0].partition(": ")
        more = f"; and {len(self.refusals) - 1} more" if len(self.refusals) > 1 else ""
        return AlertsRefused(reason + more, field=place)


async def ingest_notification(work: UnitOfWork, body: bytes) -> AlertPushResult:
    """Record all alerts that break no rule, in any order and however often they are sent. Raise AlertsUnreadable."""
    notification = alertmanager_webhook.parse_notification(body, work.now)
    result = AlertPushResult(truncated=notification.truncated, refusals=list(notification.refusals))
    if notification.truncated:
        log.warning("alerts_truncated_by_alertmanager", count=notification.truncated)
    await store.lock_alerts(work)
    for alert in notification.alerts:
        await _record_alert(work, alert, result)
    return result


async def _record_alert(work: UnitOfWork, alert: Alert, result: AlertPushResult) -> None:
    try:
        async with work.session.begin_nested():
            firing = await _record_firing(work, alert)
            incidents = await record_alert(work, replace(alert, starts_at=firing.first_starts_at))
    except DomainError as rule:
        result.refusals.append(f"alerts: {alert.fingerprint}: {rule.message}")
        return
    result.incident_ids |= {incident.id for incident in incidents}
    result.firing += alert.state is AlertState.FIRING
    result.resolved += alert.state is AlertState.RESOLVED


async def _record_firing(work: UnitOfWork, alert: Alert) -> AlertFiring:
    firing = await store.find_firing(work, alert.fingerprint, alert.starts_at, alert.ends_at)
    before = firing.interval(work.now) if firing else None
    if firing and firing.is_after_reported_end(alert.ends_at):
        firing.starts_at = firing.first_starts_at
        await _record_corrections(work, firing, before)
        firing = before = None
    if firing:
        firing.merge_report(alert.starts_at, alert.ends_at)
    else:
        firing = _build_firing(alert)
        work.add(firing)
    await work.flush()
    await _record_corrections(work, firing, before)
    return firing


def _build_firing(alert: Alert) -> AlertFiring:
    return AlertFiring(
        fingerprint=alert.fingerprint,
        first_starts_at=alert.starts_at,
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        labels=dict(alert.labels),
        annotations=dict(alert.annotations),
    )


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
    resolved = Alert(firing.fingerprint, firing.first_starts_at, ended_at, AlertState.RESOLVED, firing.label_texts, {})
    await record_alert(work, resolved)
    return firing


async def _record_corrections(work: UnitOfWork, firing: AlertFiring, before: FiringInterval | None) -> None:
    """Have the closed periods restated whose downtime changed."""
    changed = changed_interval(before, firing.interval(work.now))
    if changed is None or not changed[0] < min(changed[1], work.now - MIN_CLOSING_DELAY):
        return
    for agreement_id in await store.list_affected_agreement_ids(work, firing.label_texts):
        record_correction(work, agreement_id, *changed, LATE_ALERT_REASON)
