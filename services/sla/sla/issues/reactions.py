"""Reactions to incidents that breach their clocks, where an installation wants issues for them."""

from common.unit_of_work import UnitOfWork
from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.agreements.store import find_agreement_in_force
from sla.issues import store
from sla.issues.concerns.actions import build_concern, end_concern, open_issue_for_concern
from sla.issues.settings import IssueSettings
from sla.issues.triage import ConcernKind

PARTICIPLE_BY_CLOCK = {"response_time": "answered", "resolution_time": "resolved"}


async def open_issue_for_incident_breach(work: UnitOfWork, event: IncidentBreached) -> None:
    """Open an issue with a concern: one late incident is no breach yet, since the objective is a share of all."""
    agreement = await find_agreement_in_force(work, event.agreement_id, event.breached_at)
    if agreement is None or not work.settings(IssueSettings).from_incidents:
        return
    because = (
        f"an incident of priority {event.priority} was not {PARTICIPLE_BY_CLOCK.get(event.kind, event.kind)} in time"
    )
    urgency = max(1, 4 - event.priority)
    concern = build_concern(
        agreement,
        ConcernKind.INCIDENT,
        event.incident_id,
        event.objective_name,
        {event.objective_id},
        (urgency, because),
    )
    await open_issue_for_concern(work, concern)


async def end_concern_of_incident(work: UnitOfWork, event: IncidentBreachWithdrawn) -> None:
    for concern in await store.list_open_concerns(work, ConcernKind.INCIDENT, event.incident_id):
        if concern.agreement_id == event.agreement_id and concern.name == event.objective_name:
            await end_concern(work, concern)
