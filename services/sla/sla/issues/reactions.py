"""What incidents come to, where an installation wants issues for them."""

from common.work import Work
from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.agreements.store import promise_at
from sla.issues import store
from sla.issues.concerns import concern_of, end, open_for_concern
from sla.issues.settings import IssueSettings
from sla.issues.triage import ConcernKind

VERBS = {"response_time": "answered", "resolution_time": "resolved"}


async def note_incident_breach(work: Work, event: IncidentBreached) -> None:
    """A concern, no breach: promised is a share of all incidents, and the statement says whether it was kept."""
    promise = await promise_at(work, event.agreement_id, event.breached_at)
    if promise is None or not IssueSettings().from_incidents:
        return
    because = f"an incident of priority {event.priority} was not {VERBS.get(event.kind, event.kind)} in time"
    pressing = (max(1, 4 - event.priority), because)
    concern = concern_of(
        promise, ConcernKind.INCIDENT, event.incident_id, event.objective_name, {event.objective_id}, pressing
    )
    await open_for_concern(work, concern)


async def note_incident_withdrawal(work: Work, event: IncidentBreachWithdrawn) -> None:
    for concern in await store.concerns(work, ConcernKind.INCIDENT, event.incident_id):
        if concern.agreement_id == event.agreement_id and concern.name == event.objective_name:
            await end(work, concern)
