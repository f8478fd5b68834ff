"""Opening issues for incidents that are late, and ending their concerns, where an installation wants that.

One late incident is a concern and no breach: the objective is a share of all incidents.
"""

from collections.abc import Iterable

from common.unit_of_work import UnitOfWork
from published.event import Event
from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.agreements.store import find_agreement_in_force
from sla.issues import store
from sla.issues.opening.concerns import end_concern, open_issue_for_concern
from sla.issues.origins import Concern, ConcernKind
from sla.issues.settings import IssueSettings

PARTICIPLE_BY_CLOCK = {"response_time": "answered", "resolution_time": "resolved"}


async def update_concerns_of_incidents(work: UnitOfWork, events: Iterable[Event]) -> None:
    """Open issues for the breaches among the events of incidents, and end the concerns of those withdrawn."""
    clock_events = [event for event in events if isinstance(event, IncidentBreached | IncidentBreachWithdrawn)]
    # The issues of a customer are grouped under a lock: everybody takes several in the same order.
    for event in sorted(clock_events, key=lambda event: event.customer_id):
        if isinstance(event, IncidentBreachWithdrawn):
            await _end_concern(work, event)
        elif work.settings(IssueSettings).from_incidents:
            await _open_issue(work, event)


async def _open_issue(work: UnitOfWork, event: IncidentBreached) -> None:
    agreement = await find_agreement_in_force(work, event.agreement_id, event.breached_at)
    if agreement is None:
        return
    participle = PARTICIPLE_BY_CLOCK.get(event.kind, event.kind)
    concern = Concern.from_entity(
        agreement,
        kind=ConcernKind.INCIDENT,
        about=event.incident_id,
        name=event.objective_name,
        weight_share=agreement.terms.compute_weight_share(event.objective_id),
        urgency=max(1, 4 - event.priority),
        because=f"an incident of priority {event.priority} was not {participle} in time",
    )
    await open_issue_for_concern(work, concern)


async def _end_concern(work: UnitOfWork, event: IncidentBreachWithdrawn) -> None:
    values = {"agreement_id": event.agreement_id, "about": event.incident_id}
    for concern in await store.list_open_concerns(work, ConcernKind.INCIDENT, **values):
        if concern.name == event.objective_name:
            await end_concern(work, concern)
