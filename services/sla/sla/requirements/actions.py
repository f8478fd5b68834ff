"""Submitting, revising, refusing and withdrawing requirements; and telling when one is answered."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from common.errors import DomainError
from common.unit_of_work import UnitOfWork
from published.sla import (
    RequirementAnswer,
    RequirementAnswered,
    RequirementRefused,
    RequirementReopened,
    RequirementSubmitted,
    RequirementWithdrawn,
)
from sla.agreements.errors import CustomerNotRegistered
from sla.agreements.model import CustomerReplica
from sla.agreements.terms import Terms
from sla.requirements import store
from sla.requirements.coverage import compute_coverage
from sla.requirements.model import RequirementRequest, RequirementState, ServiceRequirement
from sla.requirements.service_levels import RequiredServiceLevel


class ServiceNotPublished(DomainError, slug="service-not-known"):
    """What a requirement is about is in the catalog; an offering belongs to its service."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class RequirementUnknown(DomainError, slug="requirement-not-asked"):
    """An objective answers requirements of the agreement's customer."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class RequirementClosed(DomainError, slug="requirement-no-longer-asked"):
    """What was refused or withdrawn is answered no more: it is asked anew."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


async def check_answers(work: UnitOfWork, customer_id: UUID, terms: Terms) -> None:
    """That the requirements which objectives answer are the customer's, and asked for."""
    named = {asked for one in terms.objectives for asked in one.answers}
    states = await store.list_states_by_requirement(work, customer_id, named) if named else {}
    for place, objective in enumerate(terms.objectives):
        for nth, requirement_id in enumerate(objective.answers):
            _check_asked(requirement_id, states.get(requirement_id), f"terms.objectives.{place}.answers.{nth}")


def _check_asked(requirement_id: UUID, state: RequirementState | None, field: str) -> None:
    if state is None:
        raise RequirementUnknown(f"The customer has no requirement {requirement_id}.", field=field)
    if state is not RequirementState.SUBMITTED:
        raise RequirementClosed(f"The requirement {requirement_id} was {state}.", field=field)


async def submit(work: UnitOfWork, request: RequirementRequest, wanted: RequiredServiceLevel) -> ServiceRequirement:
    await _check_known(work, request.service_id, request.offering_id)
    found = ServiceRequirement(
        customer_id=await _customer(work, request.customer_id),
        service_id=request.service_id,
        offering_id=request.offering_id,
        title=request.title,
        wanted_document=wanted.model_dump(mode="json"),
        reason=request.reason,
        enterprise_effect=request.enterprise_effect,
        asked_by=request.asked_by or work.principal.subject,
        source_id=request.source_id,
        state=RequirementState.SUBMITTED,
        told_answered=False,
        submitted_by=work.principal.subject,
        submitted_at=work.now,
    )
    work.add(found)
    await work.flush()
    work.emit(
        RequirementSubmitted(
            **_named(found),
            service_id=found.service_id,
            offering_id=found.offering_id,
            title=found.title,
            asked_by=found.asked_by,
            submitted_at=work.now,
        )
    )
    return found


async def revise(
    work: UnitOfWork, requirement_id: UUID, match: int, wanted: RequiredServiceLevel
) -> ServiceRequirement:
    found = await store.get_requirement(work, requirement_id, match=match)
    found.revise(wanted)
    await work.flush()
    return found


async def refuse(work: UnitOfWork, requirement_id: UUID, reason: str) -> ServiceRequirement:
    found = await _end(work, requirement_id, RequirementState.REFUSED, reason)
    work.emit(RequirementRefused(**_named(found), reason=reason, refused_at=work.now))
    return found


async def withdraw(work: UnitOfWork, requirement_id: UUID, reason: str) -> ServiceRequirement:
    found = await _end(work, requirement_id, RequirementState.WITHDRAWN, reason)
    work.emit(RequirementWithdrawn(**_named(found), reason=reason, withdrawn_at=work.now))
    return found


async def _end(work: UnitOfWork, requirement_id: UUID, state: RequirementState, reason: str) -> ServiceRequirement:
    found = await store.get_requirement(work, requirement_id, lock=True)
    answered = await store.is_answered(work, requirement_id)
    found.end(state, work.principal.subject, reason, work.now, answered=answered)
    await work.flush()
    return found


async def emit_answer_changes(work: UnitOfWork, requirement_ids: Sequence[UUID]) -> int:
    """Tell requesters whose requirement is answered since they were told last, or no longer is; how many."""
    changed = await store.lock_requirements_with_changed_answer(work, requirement_ids)
    commitments = await store.list_commitments(work, {found.customer_id for found, _ in changed})
    for found, answered in changed:
        found.told_answered = answered
        answers = [
            one
            for one in compute_coverage({found.id: found.service_level}, commitments).answers
            if one.requirement_id == found.id
        ]
        told = tuple(
            RequirementAnswer(
                agreement_id=one.agreement_id,
                version=one.version,
                objective_id=one.objective.id,
                objective_name=one.objective.name,
                met=one.comparison.met if one.comparison else None,
            )
            for one in answers
        )
        if answered:
            work.emit(RequirementAnswered(**_named(found), answers=told, answered_at=work.now))
        else:
            work.emit(RequirementReopened(**_named(found), reopened_at=work.now))
    return len(changed)


def _named(found: ServiceRequirement) -> dict[str, Any]:
    return {"requirement_id": found.id, "customer_id": found.customer_id, "source_id": found.source_id}


async def _customer(work: UnitOfWork, customer_id: UUID | None) -> UUID:
    wanted = store.resolve_customer_id(work, customer_id)
    if await work.session.get(CustomerReplica, wanted) is None:
        raise CustomerNotRegistered(f"No customer {wanted} is registered.", field="customer_id")
    return wanted


async def _check_known(work: UnitOfWork, service_id: UUID | None, offering_id: UUID | None) -> None:
    if (service_id or offering_id) and not await store.is_published(work, service_id, offering_id):
        field = "offering_id" if offering_id else "service_id"
        raise ServiceNotPublished("The catalog has not told of it.", field=field)
