"""Taking what Alertmanager tells: firings are kept, incidents follow, and closed periods that saw it otherwise."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from common.errors import DomainError, Invalid, Malformed
from common.unit_of_work import UnitOfWork
from sla.alerts import alertmanager_webhook, store
from sla.alerts.model import AlertFiring, FiringInterval, changed_interval
from sla.corrections.actions import record_correction
from sla.incidents.actions import record_alert
from sla.incidents.alert import Alert, AlertState

MIN_CLOSING_DELAY = timedelta(minutes=10)
"""No period is closed so soon after its end."""
LATE_ALERT_REASON = "An alert that is taken for downtime was told, or ended, after the period was closed."

log = structlog.get_logger(__name__)


class AlertsRefused(Malformed, slug="alerts-refused"):
    """Some alerts break a rule; all others are kept, and sending these again does not help."""


@dataclass(slots=True)
class AlertPushResult:
    firing: int = 0
    resolved: int = 0
    truncated: int = 0
    incident_ids: set[UUID] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)

    @property
    def problem(self) -> AlertsRefused | None:
        if not self.refusals:
            return None
        named, _, why = self.refusals[0].partition(": ")
        more = f"; and {len(self.refusals) - 1} more" if len(self.refusals) > 1 else ""
        return AlertsRefused(why + more, field=named)


async def ingest_notification(work: UnitOfWork, body: bytes) -> AlertPushResult:
    """Raise AlertsUnreadable. Whatever breaks no rule is kept, in any order and however often it is told."""
    told = alertmanager_webhook.parse_notification(body, work.now)
    taken = AlertPushResult(truncated=told.truncated, refusals=list(told.refusals))
    if told.truncated:
        log.warning("alerts_left_out_by_alertmanager", count=told.truncated)
    await store.lock_alerts(work)
    for alert in told.alerts:
        await _take_one(work, alert, taken)
    return taken


async def _take_one(work: UnitOfWork, alert: Alert, taken: AlertPushResult) -> None:
    try:
        async with work.session.begin_nested():
            firing = await _keep(work, alert)
            incidents = await record_alert(work, replace(alert, starts_at=firing.told_from))
    except DomainError as rule:
        taken.refusals.append(f"alerts: {alert.fingerprint}: {rule.message}")
        return
    taken.incident_ids |= {incident.id for incident in incidents}
    taken.firing += alert.state is AlertState.FIRING
    taken.resolved += alert.state is AlertState.RESOLVED


async def _keep(work: UnitOfWork, alert: Alert) -> AlertFiring:
    firing = await store.find_firing(work, alert.fingerprint, alert.starts_at, alert.ends_at)
    before = firing.interval(work.now) if firing else None
    if firing and firing.is_after_reported_end(alert.ends_at):
        firing.starts_at = firing.told_from
        await _correct(work, firing, before)
        firing = before = None
    if firing:
        firing.merge_report(alert.starts_at, alert.ends_at)
    else:
        firing = _new(alert)
        work.add(firing)
    await work.flush()
    await _correct(work, firing, before)
    return firing


def _new(alert: Alert) -> AlertFiring:
    return AlertFiring(
        fingerprint=alert.fingerprint,
        told_from=alert.starts_at,
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        labels=dict(alert.labels),
        annotations=dict(alert.annotations),
    )


async def end_firing(work: UnitOfWork, firing_id: UUID, match: int, ended_at: datetime, reason: str) -> AlertFiring:
    """By hand, where Alertmanager will not tell it any more."""
    await store.lock_alerts(work)
    firing = await work.get(AlertFiring, firing_id, match=match)
    if ended_at > work.now:
        raise Invalid("lies ahead", field="ended_at")
    before = firing.interval(work.now)
    firing.end(ended_at, work.principal.subject, reason)
    await work.flush()
    await _correct(work, firing, before)
    over = Alert(firing.fingerprint, firing.told_from, ended_at, AlertState.RESOLVED, firing.label_texts, {})
    await record_alert(work, over)
    return firing


async def _correct(work: UnitOfWork, firing: AlertFiring, before: FiringInterval | None) -> None:
    """Have closed periods looked at again that took something else for downtime."""
    changed = changed_interval(before, firing.interval(work.now))
    if changed is None or not changed[0] < min(changed[1], work.now - MIN_CLOSING_DELAY):
        return
    for agreement_id in await store.list_affected_agreement_ids(work, firing.label_texts):
        record_correction(work, agreement_id, *changed, LATE_ALERT_REASON)
