"""HTTP: report events of incidents, read incidents with their clocks, and set the priorities of alerts."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from common.auth import Role
from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsManager, AsReader, AsStaff, IfMatch, RequireRole, Router
from common.unit_of_work import UnitOfWork
from sla.incidents import actions, store
from sla.incidents.clocks.store import load_incident_evidence
from sla.incidents.model import AlertPriorities, Incident, IncidentEvent, IncidentFilter
from sla.incidents.views import (
    AlertPrioritiesChange,
    AlertPrioritiesView,
    ClockKind,
    ClockTimelineView,
    IncidentClockView,
    IncidentEventView,
    IncidentReference,
    IncidentReport,
    IncidentReportReceipt,
    IncidentSummary,
    IncidentView,
    NewAlertPriorities,
)

router = Router(tags=["incidents"])

AsReporter = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, Role.manager, Role.owner, scope="push"))]


@router.post("/incidents", status_code=202, summary="Report events of incidents")
async def report_incidents(work: AsReporter, body: IncidentReport) -> IncidentReportReceipt:
    """Events may come in any order, late or repeated: an incident follows from all that was reported of it. Events that
    are reported before the opening take effect with it.
    """
    result = await actions.record_events(work, body.source, body.events)
    references = [IncidentReference(incident=name, id=incident.id) for name, incident in result.incidents.items()]
    return IncidentReportReceipt(accepted=result.accepted, repeated=result.repeated, incidents=references)


@router.get("/incidents", summary="List incidents")
async def list_incidents(
    work: AsReader,
    paging: Paging,
    conditions: Annotated[IncidentFilter, Depends()],
    has_sla: Annotated[bool | None, Query(description="Whether an agreement sets the incident a time.")] = None,
) -> Page[IncidentSummary]:
    """Incidents come in the order in which they were first reported. A customer sees its own."""
    query = store.select_incidents(work, conditions, has_sla=has_sla)
    page = await paginate(work.session, query, paging, key=Incident.id)
    return page.to_page(IncidentSummary.model_validate)


@router.get("/incidents/{incident_id}", summary="Read an incident with its clocks")
async def read_incident(work: AsReader, incident_id: UUID) -> IncidentView:
    """There is one clock per objective whose priorities are, or were, the incident's."""
    incident = await store.get_incident(work, incident_id)
    evidence = await load_incident_evidence(work, [incident.id])
    work.set_etag(incident)
    clocks = [
        IncidentClockView.from_clock(clock, evidence.terms[clock.terms_sha256])
        for clock in evidence.clocks.get(incident.id, ())
        if clock.entered_at is not None
    ]
    return IncidentView.from_entity(incident, clocks=clocks)


@router.get("/incidents/{incident_id}/events", summary="List the events of an incident as they were reported")
async def list_incident_events(work: AsStaff, paging: Paging, incident_id: UUID) -> Page[IncidentEventView]:
    """Events come in the order in which they were reported, which need not be the order in which they occurred."""
    incident = await store.get_incident(work, incident_id)
    history = (await load_incident_evidence(work, [incident.id])).history(incident.id)
    page = await paginate(work.session, store.select_incident_events(incident.id), paging, key=IncidentEvent.id)
    return page.to_page(
        lambda event: IncidentEventView.from_entity(event, effective=history.is_effective(event.event_id))
    )


@router.get("/incidents/{incident_id}/clocks/{kind}/timeline", summary="Explain every second of an incident's clocks")
async def read_timelines(work: AsReader, incident_id: UUID, kind: ClockKind) -> list[ClockTimelineView]:
    """The answer has one timeline per objective that sets a time for a response, or for a resolution."""
    return await actions.list_clock_timelines(work, await store.get_incident(work, incident_id), kind)


@router.post("/alert-priorities", status_code=201, summary="Set the priorities of alerts on a service")
async def set_alert_priorities(work: AsManager, body: NewAlertPriorities) -> AlertPrioritiesView:
    """The priorities hold for alerts that fire from now on, by their label `severity`. A severity that is not named has
    its default: critical and page 1; error, high and major 2; warning 3; minor and low 4; info and none 5; any other 3.
    """
    return _to_view(work, await actions.create_alert_priorities(work, body.service_id, body.priorities))


@router.get("/alert-priorities", summary="List the priorities of alerts by service")
async def list_alert_priorities(
    work: AsStaff, paging: Paging, service_id: UUID | None = None
) -> Page[AlertPrioritiesView]:
    """The list has only services with priorities of their own."""
    page = await paginate(work.session, store.select_alert_priorities(service_id), paging, key=AlertPriorities.id)
    return page.to_page(AlertPrioritiesView.model_validate)


@router.get("/alert-priorities/{priorities_id}", summary="Read the priorities of alerts on a service")
async def read_alert_priorities(work: AsStaff, priorities_id: UUID) -> AlertPrioritiesView:
    return _to_view(work, await work.get(AlertPriorities, priorities_id))


@router.put("/alert-priorities/{priorities_id}", summary="Replace the priorities of alerts on a service")
async def change_alert_priorities(
    work: AsManager, priorities_id: UUID, match: IfMatch, body: AlertPrioritiesChange
) -> AlertPrioritiesView:
    """Open incidents keep their priorities."""
    return _to_view(work, await actions.replace_alert_priorities(work, priorities_id, match, body.priorities))


def _to_view(work: UnitOfWork, alert_priorities: AlertPriorities) -> AlertPrioritiesView:
    work.set_etag(alert_priorities)
    return AlertPrioritiesView.model_validate(alert_priorities)
