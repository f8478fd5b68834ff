"""HTTP: what is told of incidents, and how they and their clocks stand."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from common.auth import Role
from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsManager, AsReader, AsStaff, IfMatch, RequireRole, Router
from common.unit_of_work import UnitOfWork
from sla.incidents import actions, store
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


@router.post("/incidents", status_code=202, summary="Tell what happened to incidents")
async def report_incidents(work: AsReporter, body: IncidentReport) -> IncidentReportReceipt:
    """In any order, late or repeated: an incident is what all that was told of it says. What is told before the opening
    waits for it.
    """
    taken = await actions.record_events(work, body.source, body.events)
    named = [IncidentReference(incident=name, id=one.id) for name, one in taken.incidents.items()]
    return IncidentReportReceipt(accepted=taken.accepted, repeated=taken.repeated, incidents=named)


@router.get("/incidents", summary="List incidents, in the order in which they were first heard of")
async def list_incidents(
    work: AsReader,
    paging: Paging,
    wanted: Annotated[IncidentFilter, Depends()],
    sla: Annotated[bool | None, Query(description="Whether an agreement sets it a time.")] = None,
) -> Page[IncidentSummary]:
    """A customer sees its own. `sla=false` are those without an SLA."""
    query = store.select_incidents(work, wanted, with_clocks=sla)
    page = await paginate(work.session, query, paging, key=Incident.id)
    return page.to_page(IncidentSummary.model_validate)


@router.get("/incidents/{incident_id}", summary="Read an incident with its clocks")
async def read_incident(work: AsReader, incident_id: UUID) -> IncidentView:
    """One clock per objective whose priorities are, or were, the incident's."""
    incident = await store.get_incident(work, incident_id)
    known = await store.load_incident_evidence(work, [incident.id])
    work.set_etag(incident)
    clocks = [
        IncidentClockView.from_entity(clock, known.terms[clock.terms_sha256])
        for clock in known.clocks.get(incident.id, ())
        if clock.entered_at is not None
    ]
    return IncidentView.from_entity(incident, clocks)


@router.get("/incidents/{incident_id}/events", summary="List what was told of an incident, as it was told")
async def list_incident_events(work: AsStaff, paging: Paging, incident_id: UUID) -> Page[IncidentEventView]:
    """In the order in which it was told, which need not be the one in which it happened."""
    incident = await store.get_incident(work, incident_id)
    history = (await store.load_incident_evidence(work, [incident.id])).history(incident.id)
    page = await paginate(work.session, store.select_incident_events(incident.id), paging, key=IncidentEvent.id)
    return page.to_page(
        lambda event: IncidentEventView.from_entity(event, effective=history.is_effective(event.event_id))
    )


@router.get("/incidents/{incident_id}/clocks/{kind}/timeline", summary="Explain every second of an incident's clocks")
async def read_timelines(work: AsReader, incident_id: UUID, kind: ClockKind) -> list[ClockTimelineView]:
    """Of the clocks of response or of resolution: one per objective that sets a time."""
    return await actions.list_clock_timelines(work, await store.get_incident(work, incident_id), kind)


@router.post("/alert-priorities", status_code=201, summary="Set which priority alerts on a service have")
async def set_alert_priorities(work: AsManager, body: NewAlertPriorities) -> AlertPrioritiesView:
    """Of alerts that fire from now on, by their label `severity`. What is not named here has: critical and page 1;
    error, high and major 2; warning 3; minor and low 4; info and none 5; anything else 3.
    """
    return _shown(work, await actions.create_alert_priorities(work, body.service_id, body.priorities))


@router.get("/alert-priorities", summary="List which priority alerts have, by service")
async def list_alert_priorities(
    work: AsStaff, paging: Paging, service_id: UUID | None = None
) -> Page[AlertPrioritiesView]:
    """Only services with priorities of their own."""
    page = await paginate(work.session, store.select_alert_priorities(service_id), paging, key=AlertPriorities.id)
    return page.to_page(AlertPrioritiesView.model_validate)


@router.get("/alert-priorities/{priorities_id}", summary="Read which priority alerts on a service have")
async def read_alert_priorities(work: AsStaff, priorities_id: UUID) -> AlertPrioritiesView:
    return _shown(work, await work.get(AlertPriorities, priorities_id))


@router.put("/alert-priorities/{priorities_id}", summary="Replace which priority alerts on a service have")
async def change_alert_priorities(
    work: AsManager, priorities_id: UUID, match: IfMatch, body: AlertPrioritiesChange
) -> AlertPrioritiesView:
    """Incidents that are open keep theirs."""
    return _shown(work, await actions.replace_alert_priorities(work, priorities_id, match, body.priorities))


def _shown(work: UnitOfWork, own: AlertPriorities) -> AlertPrioritiesView:
    work.set_etag(own)
    return AlertPrioritiesView.model_validate(own)
