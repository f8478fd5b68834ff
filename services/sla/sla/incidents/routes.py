"""HTTP: what is told of incidents, and how they and their clocks stand."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from common.auth import Role
from common.door import AllowedTo, AsManager, AsReader, AsStaff, IfMatch, Router
from common.paging import Page, Paging, paginate
from common.work import Work
from sla.incidents import actions, store
from sla.incidents.model import AlertPriorities, Incident, IncidentEvent, Wanted
from sla.incidents.views import (
    AlertPrioritiesView,
    ClockKind,
    ClockView,
    IncidentReference,
    IncidentSummary,
    IncidentView,
    LogEntry,
    NewAlertPriorities,
    Receipt,
    Report,
    SetAlertPriorities,
    TimelineView,
)

router = Router(tags=["incidents"])

AsReporter = Annotated[Work, Depends(AllowedTo(Role.admin, Role.manager, Role.owner, scope="push"))]


@router.post("/incidents", status_code=202, summary="Tell what happened to incidents")
async def report_incidents(work: AsReporter, body: Report) -> Receipt:
    """In any order, late or repeated: an incident is what all that was told of it says. What is told before the opening
    waits for it.
    """
    taken = await actions.take(work, body.source, body.events)
    named = [IncidentReference(incident=name, id=one.id) for name, one in taken.incidents.items()]
    return Receipt(accepted=taken.accepted, repeated=taken.repeated, incidents=named)


@router.get("/incidents", summary="List incidents, in the order in which they were first heard of")
async def list_incidents(
    work: AsReader,
    paging: Paging,
    wanted: Annotated[Wanted, Depends()],
    sla: Annotated[bool | None, Query(description="Whether an agreement sets it a time.")] = None,
) -> Page[IncidentSummary]:
    """A customer sees its own. `sla=false` are those without an SLA."""
    query = store.incidents(work, wanted, with_clocks=sla)
    page = await paginate(work.session, query, paging, key=Incident.id)
    return page.map(IncidentSummary.model_validate)


@router.get("/incidents/{incident_id}", summary="Read an incident with its clocks")
async def read_incident(work: AsReader, incident_id: UUID) -> IncidentView:
    """One clock per objective whose priorities are, or were, the incident's."""
    incident = await store.incident(work, incident_id)
    known = await store.evidence(work, [incident.id])
    work.tag(incident)
    clocks = [
        ClockView.of(clock, known.terms[clock.terms_sha256])
        for clock in known.clocks.get(incident.id, ())
        if clock.entered_at is not None
    ]
    return IncidentView.with_clocks(incident, clocks)


@router.get("/incidents/{incident_id}/events", summary="List what was told of an incident, as it was told")
async def list_incident_events(work: AsStaff, paging: Paging, incident_id: UUID) -> Page[LogEntry]:
    """In the order in which it was told, which need not be the one in which it happened."""
    incident = await store.incident(work, incident_id)
    history = (await store.evidence(work, [incident.id])).history(incident.id)
    page = await paginate(work.session, store.log(incident.id), paging, key=IncidentEvent.id)
    return page.map(lambda event: LogEntry.of(event, effective=history.follows_from(event.event_id)))


@router.get("/incidents/{incident_id}/clocks/{kind}/timeline", summary="Explain every second of an incident's clocks")
async def read_timelines(work: AsReader, incident_id: UUID, kind: ClockKind) -> list[TimelineView]:
    """Of the clocks of response or of resolution: one per objective that sets a time."""
    return await actions.explain(work, await store.incident(work, incident_id), kind)


@router.post("/alert-priorities", status_code=201, summary="Set which priority alerts on a service have")
async def set_alert_priorities(work: AsManager, body: NewAlertPriorities) -> AlertPrioritiesView:
    """Of alerts that fire from now on, by their label `severity`. What is not named here has: critical and page 1;
    error, high and major 2; warning 3; minor and low 4; info and none 5; anything else 3.
    """
    return _shown(work, await actions.set_priorities(work, body.service_id, body.priorities))


@router.get("/alert-priorities", summary="List which priority alerts have, by service")
async def list_alert_priorities(
    work: AsStaff, paging: Paging, service_id: UUID | None = None
) -> Page[AlertPrioritiesView]:
    """Only services with priorities of their own."""
    page = await paginate(work.session, store.all_priorities(service_id), paging, key=AlertPriorities.id)
    return page.map(AlertPrioritiesView.model_validate)


@router.get("/alert-priorities/{priorities_id}", summary="Read which priority alerts on a service have")
async def read_alert_priorities(work: AsStaff, priorities_id: UUID) -> AlertPrioritiesView:
    return _shown(work, await work.get(AlertPriorities, priorities_id))


@router.put("/alert-priorities/{priorities_id}", summary="Replace which priority alerts on a service have")
async def change_alert_priorities(
    work: AsManager, priorities_id: UUID, match: IfMatch, body: SetAlertPriorities
) -> AlertPrioritiesView:
    """Incidents that are open keep theirs."""
    return _shown(work, await actions.change_priorities(work, priorities_id, match, body.priorities))


def _shown(work: Work, own: AlertPriorities) -> AlertPrioritiesView:
    work.tag(own)
    return AlertPrioritiesView.model_validate(own)
