"""The incidents of alerts, one for each customer that an alert concerns: they start and end as the alert does."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from common.names import clean_name
from common.unit_of_work import UnitOfWork
from sla.alerts import store
from sla.alerts.model import AlertFiring
from sla.alerts.severities import priority_of_severity
from sla.alerts.store import ConcernedCustomer
from sla.incidents.actions import record_events
from sla.incidents.history import IncidentEventKind
from sla.incidents.model import IncidentEvent
from sla.incidents.views import AnyIncidentEvent, OpenedEvent, StepEvent

LONGEST_TITLE = 200
EVALUATION_ALERTS = {"DatasourceNoData": "no data", "DatasourceError": "error"}
"""Alerts of Grafana that a rule could not be evaluated; the label `rulename` names the rule."""
ENDINGS = (IncidentEventKind.RESOLVED, IncidentEventKind.REOPENED)


class AlertOpenedEvent(OpenedEvent):
    replaces: str | None = None
    """The id of the event that it corrects, as the alert was reported anew."""


class AlertStepEvent(StepEvent):
    replaces: str | None = None
    """The id of the event that it corrects, as the alert was reported anew."""


async def update_incidents(work: UnitOfWork, firings: Sequence[AlertFiring]) -> set[UUID]:
    """Bring the incidents of alerts of one source in line with them, open those that are missing, and return those that
    changed.

    The label `service` gives the id or name of the service, `customer_id` the customer; without it, the alert concerns
    every customer that has an agreement on the service. An incident follows its alert also when that has changed.
    """
    firings = [firing for firing in firings if firing.has_length or firing.incident_ids]
    if not firings:
        return set()
    concerned = await store.list_concerned_customers(work, [firing.labels for firing in firings])
    names = [
        [_incident_name(firing, customer.customer_id) for customer in customers]
        for firing, customers in zip(firings, concerned, strict=True)
    ]
    incident_ids = [incident_id for firing in firings for incident_id in firing.incident_ids or []]
    reported = await store.load_events_of_incidents(work, firings[0].source, incident_ids, chain.from_iterable(names))
    names_by_id = {str(events[0].incident_id): name for name, events in reported.items()}
    changes = []
    for firing, customers, opening_names in zip(firings, concerned, names, strict=True):
        own_names = dict.fromkeys(
            [names_by_id[key] for key in firing.incident_ids or [] if key in names_by_id] + opening_names
        )
        own_events = {name: reported[name] for name in own_names if name in reported}
        changes.append((firing, _list_events(work, firing, customers, own_events)))
    return await _record(work, changes)


def _list_events(
    work: UnitOfWork,
    firing: AlertFiring,
    customers: Iterable[ConcernedCustomer],
    reported: Mapping[str, Sequence[IncidentEvent]],
) -> list[AnyIncidentEvent]:
    """List what changes of the incidents of an alert, and opens those of customers that have none."""
    events: list[AnyIncidentEvent] = []
    customer_ids = set[UUID]()
    for name, earlier_events in reported.items():
        events += _list_changes(work, firing, name, earlier_events)
        customer_ids.update(opened.subject.customer_id for opened in _openings(earlier_events))
    for customer in customers:
        if customer.customer_id not in customer_ids:
            customer_ids.add(customer.customer_id)
            events += _build_events(firing, customer)
    return events


async def cancel_incidents(work: UnitOfWork, firing: AlertFiring) -> set[UUID]:
    """Cancel the incidents of a firing that turned out to be a part of another one."""
    reported = await store.load_events_of_incidents(work, firing.source, firing.incident_ids, [])
    events = [_build_step(name, IncidentEventKind.CANCELLED, "/cancelled", occurred_at=work.now) for name in reported]
    return await _record(work, [(firing, events)])


async def _record(work: UnitOfWork, changes: Sequence[tuple[AlertFiring, Sequence[AnyIncidentEvent]]]) -> set[UUID]:
    """Record the events of incidents, and which incidents each alert has."""
    all_events = [event for _, events in changes for event in events]
    if not all_events:
        return set()
    receipt = await record_events(work, changes[0][0].source, all_events)
    ids = {reference.incident: reference.id for reference in receipt.incidents}
    for firing, events in changes:
        if events:
            incident_ids = {str(ids[event.incident]) for event in events}
            firing.incident_ids = sorted({*(firing.incident_ids or []), *incident_ids})
    return set(ids.values())


def _incident_name(firing: AlertFiring, customer_id: UUID) -> str:
    return f"{firing.fingerprint}@{firing.first_starts_at.isoformat()}/{customer_id}"


def _build_title(labels: Mapping[str, str]) -> str:
    title = clean_name(labels.get("alertname", ""))
    if title in EVALUATION_ALERTS and "rulename" in labels:
        title = f"{clean_name(labels['rulename'])}: {EVALUATION_ALERTS[title]}"
    return clean_name(title, LONGEST_TITLE)


def _openings(events: Iterable[IncidentEvent]) -> list[IncidentEvent]:
    return [event for event in events if event.kind is IncidentEventKind.OPENED]


def _build_events(firing: AlertFiring, customer: ConcernedCustomer) -> list[AnyIncidentEvent]:
    name = _incident_name(firing, customer.customer_id)
    opened = AlertOpenedEvent(
        kind=IncidentEventKind.OPENED,
        incident=name,
        event_id=f"{name}/opened",
        occurred_at=firing.starts_at,
        customer_id=customer.customer_id,
        service_id=customer.service_id,
        priority=priority_of_severity(firing.labels.get("severity", ""), customer.own_priorities or {}),
        title=_build_title(firing.labels) or firing.fingerprint,
    )
    if firing.ends_at is None:
        return [opened]
    return [opened, _build_step(name, IncidentEventKind.RESOLVED, "/resolved", occurred_at=firing.ends_at)]


def _list_changes(
    work: UnitOfWork, firing: AlertFiring, name: str, events: Sequence[IncidentEvent]
) -> list[AnyIncidentEvent]:
    """List the events after which an incident starts and ends as its alert does."""
    own_events = [event for event in events if event.event_id.startswith(f"{name}/")]
    replaced_ids = {event.content.get("replaces") for event in own_events}
    standing = [event for event in own_events if event.event_id not in replaced_ids]
    changes: list[AnyIncidentEvent] = []
    for opened in _openings(standing):
        if opened.occurred_at != firing.starts_at:
            fields = opened.content | {"occurred_at": firing.starts_at, "replaces": opened.event_id}
            event_id = f"{name}/opened/{len(own_events)}"
            changes.append(AlertOpenedEvent(kind=opened.kind, incident=name, event_id=event_id, **fields))
    ending = next((event for event in standing if event.kind in ENDINGS), None)
    ends_at = ending.occurred_at if ending and ending.kind is IncidentEventKind.RESOLVED else None
    if firing.ends_at != ends_at:
        kind = IncidentEventKind.REOPENED if firing.ends_at is None else IncidentEventKind.RESOLVED
        path = f"/{kind}/{len(own_events)}" if ending else f"/{kind}"
        instant, replaces = firing.ends_at or work.now, ending.event_id if ending else None
        changes.append(_build_step(name, kind, path, occurred_at=instant, replaces=replaces))
    return changes


def _build_step(name: str, kind: IncidentEventKind, path: str, **fields: Any) -> AnyIncidentEvent:
    return AlertStepEvent.model_validate({"kind": kind, "incident": name, "event_id": name + path} | fields)
