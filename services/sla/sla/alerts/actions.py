"""Recording what Alertmanager reports: firings, the incidents they open, and corrections of closed periods."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog

from common.errors import DomainError, Invalid
from common.http.request_bodies import RequestBody, decode_body
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork
from sla.alerts import posted_alerts, store
from sla.alerts.alert_documents import MAX_DECODED_BYTES
from sla.alerts.alertmanager_webhook import WebhookNotification, parse_alerts, parse_notification
from sla.alerts.errors import AlertsRefused
from sla.alerts.firings import Correction, record_corrections, record_reports
from sla.alerts.incidents_of_alerts import update_incidents
from sla.alerts.model import AlertFiring, AlertPriorities
from sla.alerts.reports import ReportedAlert, split_reports
from sla.alerts.views import AlertsAccepted
from sla.incidents.errors import IncidentServiceUnknown
from sla.incidents.store import load_service_ids_by_offering

log = structlog.get_logger(__name__)


async def ingest_notification(work: UnitOfWork, runtime: Runtime, body: RequestBody) -> AlertsAccepted | AlertsRefused:
    """Record all alerts that break no rule, in any order and however often they are sent. Raise AlertsUnreadable.

    A refusal is returned, not raised: the other alerts are recorded.
    """

    def decode(raw: bytes) -> tuple[WebhookNotification, list[ReportedAlert], list[str]]:
        notification = parse_notification(raw)
        return notification, *parse_alerts(notification.alerts, work.now)

    notification, alerts, refusals = await decode_body(runtime, body, MAX_DECODED_BYTES, decode)
    await store.lock_alerts(work)
    if notification.truncated:
        log.warning("alerts_truncated_by_alertmanager", count=notification.truncated)
    outcome = await _answer_alerts(work, notification.source, alerts, refusals)
    if isinstance(outcome, AlertsAccepted):
        outcome.truncated_alerts = notification.truncated
    return outcome


async def ingest_posted_alerts(work: UnitOfWork, runtime: Runtime, body: RequestBody) -> AlertsAccepted | AlertsRefused:
    """Record all alerts of a ruler that break no rule. Raise AlertsUnreadable. A refusal is returned, not raised."""
    posted, refusals = await decode_body(runtime, body, MAX_DECODED_BYTES, posted_alerts.parse_posted_alerts)
    await store.lock_alerts(work, runtime.clock)
    alerts, untimely = posted_alerts.build_reports(posted, work.now)
    return await _answer_alerts(work, "alertmanager", alerts, [*refusals, *untimely])


async def _answer_alerts(
    work: UnitOfWork, source: str, alerts: Sequence[ReportedAlert], refusals: list[str]
) -> AlertsAccepted | AlertsRefused:
    incident_ids = await record_reports_or_refuse(work, source, alerts, refusals)
    if refusals:
        reason, place = describe_refusals(refusals)
        return AlertsRefused(reason, field=place)
    firing = sum(alert.ends_at is None for alert in alerts)
    return AlertsAccepted(firing=firing, resolved=len(alerts) - firing, incidents=sorted(incident_ids))


async def record_reports_or_refuse(
    work: UnitOfWork, source: str, alerts: Sequence[ReportedAlert], refusals: list[str]
) -> set[UUID]:
    """Record reports while the alerts are locked, and return the incidents that change.

    Those that break a rule are added to the refusals.
    """
    incident_ids = set[UUID]()
    for group in split_reports(alerts):
        try:
            async with work.attempt():
                incident_ids.update(await record_reports(work, source, group))
        except DomainError as rule:
            if len(group) == 1:
                refusals.append(f"alerts: {group[0].fingerprint}: {rule.message}")
                continue
            for alert in group:
                incident_ids.update(await record_reports_or_refuse(work, source, [alert], refusals))
    return incident_ids


def describe_refusals(refusals: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with the first of them, with the number of others, and its field."""
    place, _, reason = refusals[0].partition(": ")
    return reason + (f"; and {len(refusals) - 1} more" if len(refusals) > 1 else ""), place


async def end_firing(work: UnitOfWork, firing_id: UUID, match: int, ended_at: datetime, reason: str) -> AlertFiring:
    """End a firing by hand, where Alertmanager will not resolve it any more."""
    await store.lock_alerts(work)
    firing = await work.get(AlertFiring, firing_id, match=match)
    if ended_at > work.now:
        raise Invalid("must not be in the future", field="ended_at")
    before = firing.interval(work.now)
    firing.end(ended_at, work.principal.subject, reason)
    await record_corrections(work, [Correction(firing, before, firing.interval(work.now))])
    await update_incidents(work, [firing])
    return firing


async def set_alert_priorities(work: UnitOfWork, service_id: UUID, priorities: Mapping[str, int]) -> AlertPriorities:
    if service_id not in (await load_service_ids_by_offering(work, [service_id])).values():
        raise IncidentServiceUnknown("Service", service_id, field="service_id", since="published")
    await store.lock_alerts(work)
    existing = (await work.session.scalars(store.select_alert_priorities(service_id))).first()
    alert_priorities = existing or AlertPriorities(service_id=service_id)
    alert_priorities.priorities = dict(priorities)
    work.add(alert_priorities)
    await work.flush()
    return alert_priorities
