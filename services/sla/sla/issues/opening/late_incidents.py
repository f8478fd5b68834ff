"""Opening issues for incidents that are late, and ending their concerns, where an installation wants that.

One late incident is a concern and no breach: the objective is a share of all incidents.
"""

from collections.abc import Collection, Iterable

from common.unit_of_work import UnitOfWork
from published.event import Event
from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.agreements.store import find_agreement_in_force
from sla.issues import store
from sla.issues.opening.concerns import end_concern, open_issue_for_concern
from sla.issues.origins import Concern, ConcernKind
from sla.issues.settings import IssueSettings

PARTICIPLE_BY_CLOCK = {"response_time": "answered", "resolution_time": "resolved"}


async def update_concerns_of_incidents(
    work: UnitOfWork, events: Iterable[Event], standing_breaches: Collection[IncidentBreached]
) -> None:
    """Open issues for the breaches among the events of incidents, and end the concerns of those withdrawn.

    A concern goes on with a standing breach, if another clock of its incident and agreement is late.
    """
    clock_events = [event for event in events if isinstance(event, IncidentBreached | IncidentBreachWithdrawn)]
    # The issues of a customer are grouped under a lock: everybody takes several in the same order.
    for event in sorted(clock_events, key=lambda event: event.customer_id):
        if isinstance(event, IncidentBreachWithdrawn):
            await _end_concern(work, event, standing_breaches)
        elif work.settings(IssueSettings).from_incidents:
            concern = await _find_concern(work, event)
            if concern is not None:
                await open_issue_for_concern(work, concern)


async def _find_concern(work: UnitOfWork, breach: IncidentBreached) -> Concern | None:
    """Describe the breach as a concern; None if the agreement was not in force."""
    agreement = await find_agreement_in_force(work, breach.agreement_id, breach.breached_at)
    if agreement is None:
        return None
    participle = PARTICIPLE_BY_CLOCK.get(breach.kind, breach.kind)
    return Concern.from_entity(
        agreement,
        kind=ConcernKind.INCIDENT,
        about=breach.incident_id,
        name=breach.objective_name,
        weight_share=agreement.terms.compute_weight_share(breach.objective_id),
        urgency=max(1, 4 - breach.priority),
        because=f"an incident of priority {breach.priority} was not {participle} in time",
    )


async def _end_concern(
    work: UnitOfWork, event: IncidentBreachWithdrawn, standing_breaches: Collection[IncidentBreached]
) -> None:
    incident = {"agreement_id": event.agreement_id, "about": event.incident_id}
    for concern in await store.list_open_concerns(work, ConcernKind.INCIDENT, **incident):
        if concern.name == event.objective_name:
            successors = [
                successor
                for breach in standing_breaches
                if (breach.agreement_id, breach.incident_id) == (concern.agreement_id, concern.about)
                and (successor := await _find_concern(work, breach)) is not None
            ]
            await end_concern(work, concern, successors[0] if successors else None)
