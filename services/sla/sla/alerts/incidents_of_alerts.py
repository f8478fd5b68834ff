"""Opens and resolves the incidents of an alert: one for each customer that it concerns."""

from collections.abc import Mapping
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.alerts import store
from sla.alerts.model import AlertFiring
from sla.alerts.severities import priority_of_severity
from sla.incidents.actions import record_events
from sla.incidents.history import IncidentEventKind
from sla.incidents.store import load_events_by_id
from sla.incidents.views import AnyIncidentEvent, OpenedEvent, StepEvent

INCIDENT_SOURCE = "alertmanager"
LONGEST_TITLE = 200


async def report_alert(work: UnitOfWork, firing: AlertFiring) -> list[UUID]:
    """Report that the alert fires and, if so, that it is over; return the incidents to which this is new.

    The label `service` gives the id or name of the service, `customer_id` the customer; without it, the alert concerns
    every customer that has an agreement on the service. What was reported before stands.
    """
    events: list[AnyIncidentEvent] = []
    for service_id, customer_id, own_priorities in await store.list_concerned_customers(work, firing.labels):
        events += _build_events(firing, service_id, customer_id, own_priorities or {})
    recorded = await load_events_by_id(work, INCIDENT_SOURCE, (event.event_id for event in events))
    new_events = [event for event in events if event.event_id not in recorded]
    if not new_events:
        return []
    receipt = await record_events(work, INCIDENT_SOURCE, new_events)
    return [reference.id for reference in receipt.incidents]


def _build_events(
    firing: AlertFiring, service_id: UUID, customer_id: UUID, own_priorities: Mapping[str, int]
) -> list[AnyIncidentEvent]:
    incident = f"{firing.fingerprint}@{firing.first_starts_at.isoformat()}/{customer_id}"
    opened = OpenedEvent(
        kind=IncidentEventKind.OPENED,
        incident=incident,
        event_id=f"{incident}/opened",
        occurred_at=firing.first_starts_at,
        customer_id=customer_id,
        service_id=service_id,
        priority=priority_of_severity(firing.labels.get("severity", ""), own_priorities),
        title=firing.labels.get("alertname", "").strip()[:LONGEST_TITLE] or firing.fingerprint,
    )
    if firing.ends_at is None:
        return [opened]
    resolved = StepEvent(
        kind=IncidentEventKind.RESOLVED,
        incident=incident,
        event_id=f"{incident}/resolved",
        occurred_at=firing.ends_at,
    )
    return [opened, resolved]
