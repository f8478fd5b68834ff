"""Submit, revise, refuse and withdraw requirements, and check what objectives answer."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.event import Event
from published.sla import RequirementRefused, RequirementSubmitted, RequirementWithdrawn
from sla.agreements import store as agreements
from sla.agreements.terms import Terms
from sla.requirements import store
from sla.requirements.errors import RequirementClosed, RequirementUnknown, ServiceNotPublished
from sla.requirements.model import RequirementState, ServiceRequirement
from sla.requirements.required_service_level import RequiredServiceLevel
from sla.requirements.views import NewRequirement

ENDING_EVENTS: dict[RequirementState, tuple[type[Event], str]] = {
    RequirementState.REFUSED: (RequirementRefused, "refused_at"),
    RequirementState.WITHDRAWN: (RequirementWithdrawn, "withdrawn_at"),
}
"""Each with the field of its instant."""


async def check_answers(work: UnitOfWork, customer_id: UUID, terms: Terms) -> None:
    """Check that the requirements which objectives answer are the customer's, and open."""
    answered_ids = {requirement_id for objective in terms.objectives for requirement_id in objective.answers}
    states = await store.list_states_by_requirement(work, customer_id, answered_ids) if answered_ids else {}
    for position, objective in enumerate(terms.objectives):
        for index, requirement_id in enumerate(objective.answers):
            field = f"terms.objectives.{position}.answers.{index}"
            state = states.get(requirement_id)
            if state is None:
                raise RequirementUnknown(f"The customer has no requirement {requirement_id}.", field=field)
            if state is not RequirementState.SUBMITTED:
                raise RequirementClosed(
                    f"The requirement {requirement_id} was {state}: name one that is still submitted.", field=field
                )


async def submit(work: UnitOfWork, request: NewRequirement) -> ServiceRequirement:
    await _check_published(work, request.service_id, request.offering_id)
    customer_id = store.resolve_customer_id(work, request.customer_id)
    await agreements.get_registered_customer(work, customer_id)
    requirement = ServiceRequirement(
        **request.model_dump(exclude={"customer_id", "service_level", "asked_by"}),
        customer_id=customer_id,
        service_level_document=request.service_level.model_dump(mode="json"),
        asked_by=request.asked_by or work.principal.subject,
        state=RequirementState.SUBMITTED,
        answered_as_reported=False,
        submitted_by=work.principal.subject,
        submitted_at=work.now,
    )
    work.add(requirement)
    await work.flush()
    work.emit(RequirementSubmitted.from_entity(requirement))
    return requirement


async def revise(
    work: UnitOfWork, requirement_id: UUID, match: int, service_level: RequiredServiceLevel
) -> ServiceRequirement:
    requirement = await work.get(ServiceRequirement, requirement_id, match=match)
    requirement.revise(service_level)
    await work.flush()
    return requirement


async def end(work: UnitOfWork, requirement_id: UUID, state: RequirementState, reason: str) -> ServiceRequirement:
    """Refuse or withdraw the requirement, as the state says."""
    requirement = await work.get(ServiceRequirement, requirement_id, lock=True)
    answered = await store.is_answered(work, requirement_id)
    requirement.end(state, work.principal.subject, reason, work.now, answered=answered)
    await work.flush()
    event_class, instant = ENDING_EVENTS[state]
    work.emit(event_class.from_entity(requirement, reason=reason, **{instant: work.now}))
    return requirement


async def _check_published(work: UnitOfWork, service_id: UUID | None, offering_id: UUID | None) -> None:
    if (service_id is None and offering_id is None) or await store.is_published(work, service_id, offering_id):
        return
    if offering_id is not None:
        kind = "Offering" if service_id is None else f"Of service {service_id}, offering"
        raise ServiceNotPublished(kind, offering_id, field="offering_id", since="published")
    if service_id is not None:
        raise ServiceNotPublished("Service", service_id, field="service_id", since="published")
