"""HTTP: report events of incidents, and read incidents with their clocks."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from sqlalchemy import select

from common.auth import Role
from common.errors import DomainError
from common.http.conventions.includes import includes
from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.problems import to_response
from common.http.request_scope import AsReader, AsStaff, RequireRole, Router
from common.unit_of_work import UnitOfWork
from sla.incidents import actions, store, views
from sla.incidents.clocks.actions import summarize_clocks
from sla.incidents.clocks.store import list_clocks, load_histories
from sla.incidents.model import Incident, IncidentEvent

router = Router(tags=["incidents"])

AsReporter = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, Role.manager, Role.owner, scope="push"))]
Include = Annotated[frozenset[views.IncidentPart], includes(views.IncidentPart)]
IncidentPaging = Annotated[
    PageRequest,
    listing(
        Incident.id,
        changed=Incident.modified_at,
        sort=(Incident.last_reported_at, Incident.title),
        search=(Incident.title, Incident.external_id),
    ),
]
IncidentEventPaging = Annotated[
    PageRequest, listing(None, changed=IncidentEvent.created_at, sort=(IncidentEvent.occurred_at,))
]


@router.post(
    "/incidents",
    status_code=202,
    response_model=views.IncidentReportReceipt,
    summary="Report events of incidents",
)
async def report_incidents(work: AsReporter, body: views.IncidentReport) -> views.IncidentReportReceipt | Response:
    """Events may come in any order, late or repeated: an incident follows from all that was reported of it. Events that
    are reported before the opening take effect with it. If events break a rule the answer names each of them; the
    others are stored. Titles, reasons and assignees that are too long are cut.
    """
    outcome = await actions.record_report(work, body)
    return to_response("sla", outcome) if isinstance(outcome, DomainError) else outcome


@router.get("/incidents", summary="List incidents")
async def list_incidents(
    work: AsReader, paging: IncidentPaging, include: Include, filters: Annotated[store.IncidentFilter, Depends()]
) -> Page[views.ListedIncident]:
    """Incidents come in the order in which they were first reported. A customer sees its own. `has_sla` tells those to
    which an agreement sets a time from the others. `at_risk` selects those that are late, or due soon by the share of
    the time after which they warn.
    """
    page = await paginate(work.session, store.select_incidents(work, filters), paging, key=Incident.id)
    listed = page.to_page(views.ListedIncident.model_validate)
    if views.IncidentPart.CLOCKS in include:
        summaries = await summarize_clocks(work, [incident.id for incident in listed.items])
        for incident in listed.items:
            incident.clocks = summaries[incident.id]
    return listed


@router.get("/incidents/{incident_id}", summary="Read an incident with its clocks")
async def read_incident(work: AsReader, incident_id: UUID) -> views.IncidentView:
    """There is one clock per objective whose priorities are, or were, the incident's; of an objective on next answers,
    one per message of the customer that was or is to be answered.
    """
    incident = work.set_etag(await work.get(Incident, incident_id))
    clocks = [clock for clock in await list_clocks(work, [incident.id]) if clock.entered_at is not None]
    return views.IncidentView.from_entity(
        incident, clocks=[views.IncidentClockView.from_entity(clock, clock.objective) for clock in clocks]
    )


@router.get("/incidents/{incident_id}/events", summary="List the events of an incident as they were reported")
async def list_incident_events(
    work: AsStaff, paging: IncidentEventPaging, incident_id: UUID
) -> Page[views.IncidentEventView]:
    """Events come in the order in which they were reported, which need not be the order in which they occurred."""
    incident = await work.get(Incident, incident_id)
    history = (await load_histories(work, [incident.id]))[incident.id]
    query = select(IncidentEvent).where(IncidentEvent.incident_id == incident.id)
    page = await paginate(work.session, query, paging, key=IncidentEvent.id)
    return page.to_page(
        lambda event: views.IncidentEventView.from_entity(event, effective=history.is_effective(event.event_id))
    )


@router.get("/incidents/{incident_id}/clocks/{kind}/timeline", summary="Explain every second of an incident's clocks")
async def list_clock_timelines(
    work: AsReader, incident_id: UUID, kind: views.ClockKind
) -> list[views.ClockTimelineView]:
    """The answer has one timeline per objective that sets a time for a response or a resolution; for next answers, one
    per objective and message.
    """
    return await actions.list_clock_timelines(work, await work.get(Incident, incident_id), kind)
