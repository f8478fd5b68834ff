"""Opening issues for incidents that are late, and ending their concerns, where an installation wants that.

One late incident is a concern and no breach: the objective is a share of all incidents.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.event import Event
from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.agreements.store import AgreementInForce, load_agreements_in_force
from sla.issues import store
from sla.issues.children import IssueConcern
from sla.issues.opening.concerns import end_concerns, open_issues_for_concerns
from sla.issues.origins import Concern, ConcernKind
from sla.issues.settings import IssueSettings

PARTICIPLE_BY_CLOCK = {
    "response_time": "answered",
    "resolution_time": "resolved",
    "next_answer_time": "answered again",
}

AgreementsInForce = dict[tuple[UUID, datetime], AgreementInForce | None]
"""Agreements as they bound at an instant; None where they were not in force."""


async def update_concerns_of_incidents(
    work: UnitOfWork, events: Iterable[Event], standing_breaches: Collection[IncidentBreached]
) -> None:
    """Open issues for the breaches among the events of incidents, and end the concerns of those withdrawn.

    A concern goes on with a standing breach, if another clock of its incident and agreement is late.
    """
    opens_issues = work.service_settings.of(IssueSettings).from_incidents
    changes = [event for event in events if isinstance(event, IncidentBreached | IncidentBreachWithdrawn)]
    withdrawn_concerns = await _load_withdrawn_concerns(
        work, [event for event in changes if isinstance(event, IncidentBreachWithdrawn)]
    )
    breaches = [event for event in changes if isinstance(event, IncidentBreached)] if opens_issues else []
    agreements = await _load_agreements(work, [*breaches, *(standing_breaches if withdrawn_concerns else ())])
    standing = defaultdict[tuple[UUID, UUID], list[IncidentBreached]](list)
    for breach in standing_breaches:
        standing[breach.agreement_id, breach.incident_id].append(breach)
    # The issues of a customer are grouped under a lock: everybody takes several in the same order.
    for customer_id, of_customer in groupby(sorted(changes, key=_customer_of), key=_customer_of):
        customer_changes = list(of_customer)
        late = [event for event in customer_changes if isinstance(event, IncidentBreached)] if opens_issues else []
        new_concerns = [concern for event in late if (concern := _build_concern(event, agreements)) is not None]
        if new_concerns:
            await open_issues_for_concerns(work, customer_id, new_concerns)
        names = dict.fromkeys(
            (event.agreement_id, event.incident_id, event.objective_name) for event in customer_changes
        )
        to_end = [withdrawn_concerns[name] for name in names if name in withdrawn_concerns]
        successors = [_find_successor(standing[concern.agreement_id, concern.about], agreements) for concern in to_end]
        await end_concerns(work, zip(to_end, successors, strict=True))


def _customer_of(event: IncidentBreached | IncidentBreachWithdrawn) -> UUID:
    return event.customer_id


async def _load_withdrawn_concerns(
    work: UnitOfWork, withdrawals: Collection[IncidentBreachWithdrawn]
) -> dict[tuple[UUID, UUID, str], IssueConcern]:
    """Load the open concerns of these breaches by agreement, incident and name of the objective."""
    if not withdrawals:
        return {}
    agreement_ids = {withdrawal.agreement_id for withdrawal in withdrawals}
    incident_ids = {withdrawal.incident_id for withdrawal in withdrawals}
    concerns = await store.list_open_concerns_about(work, agreement_ids, incident_ids)
    names = {(withdrawal.agreement_id, withdrawal.incident_id, withdrawal.objective_name) for withdrawal in withdrawals}
    concerns_by_name = {(concern.agreement_id, concern.about, concern.name): concern for concern in concerns}
    return {name: concern for name, concern in concerns_by_name.items() if name in names}


async def _load_agreements(work: UnitOfWork, breaches: Collection[IncidentBreached]) -> AgreementsInForce:
    """Load the agreements of the breaches as they bound when they were breached."""
    instants = list({(breach.agreement_id, breach.breached_at) for breach in breaches})
    if not instants:
        return {}
    return dict(zip(instants, await load_agreements_in_force(work, instants), strict=True))


def _build_concern(breach: IncidentBreached, agreements: AgreementsInForce) -> Concern | None:
    """Describe the breach as a concern; None if the agreement was not in force."""
    agreement = agreements[breach.agreement_id, breach.breached_at]
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


def _find_successor(standing_breaches: Iterable[IncidentBreached], agreements: AgreementsInForce) -> Concern | None:
    """Find the first of the breaches that are left of an incident and agreement, as a concern."""
    successors = (_build_concern(breach, agreements) for breach in standing_breaches)
    return next((successor for successor in successors if successor is not None), None)
