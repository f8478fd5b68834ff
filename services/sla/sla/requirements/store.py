"""Queries on requirements, and on the agreements that answer them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from common.errors import Invalid, NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, AgreementVersion, OfferingReplica
from sla.agreements.states import IN_FORCE_STATES, AgreementState, NegotiationStage
from sla.requirements.answered_requirements import (
    CommittedObjective,
    RequirementCoverage,
    compute_coverage,
    list_committed_objectives,
)
from sla.requirements.model import RequirementState, ServiceRequirement

RequirementsById = Mapping[UUID, ServiceRequirement]


def select_requirements(
    work: UnitOfWork, filters: Mapping[InstrumentedAttribute[Any], object], state: RequirementState | None
) -> Select[ServiceRequirement]:
    """Select requirements by column values, where null filters nothing."""
    query = work.select_visible(select(ServiceRequirement), ServiceRequirement.customer_id)
    query = query.where(*(column == value for column, value in filters.items() if value is not None))
    return query if state is None else query.where(_has_state(state))


async def list_states_by_requirement(
    work: UnitOfWork, customer_id: UUID, requirement_ids: Collection[UUID]
) -> dict[UUID, RequirementState]:
    """List what people decided on those of the requirements that are the customer's."""
    query = select(ServiceRequirement.id, ServiceRequirement.state).where(
        ServiceRequirement.customer_id == customer_id, ServiceRequirement.id.in_(requirement_ids)
    )
    return dict((await work.session.execute(query)).all())


async def list_commitments(work: UnitOfWork, customer_ids: Collection[UUID]) -> list[CommittedObjective]:
    """List what is promised to the customers now or, where nothing has begun yet, from the first day on."""
    query = (
        select(AgreementVersion)
        .join(AgreementVersion.agreement)
        .where(Agreement.customer_id.in_(customer_ids), _is_in_force())
        .order_by(Agreement.id)
    )
    return [
        committed
        for version in await work.session.scalars(query)
        for committed in list_committed_objectives(version.agreement_id, version.number, version.terms)
    ]


async def list_ids_with_changed_answer(work: UnitOfWork) -> Sequence[UUID]:
    """List the open requirements that became answered, or unanswered, since the last event on them."""
    query = select(ServiceRequirement.id).where(*_answer_has_changed()).order_by(ServiceRequirement.id)
    return (await work.session.scalars(query)).all()


async def lock_requirements_with_changed_answer(
    work: UnitOfWork, requirement_ids: Collection[UUID]
) -> Sequence[tuple[ServiceRequirement, bool]]:
    """Lock those that are still to be reported, each with whether it is answered; skip rows others hold."""
    query = (
        select(ServiceRequirement, _is_answered())
        .where(ServiceRequirement.id.in_(requirement_ids), *_answer_has_changed())
        .order_by(ServiceRequirement.id)
        .with_for_update(of=ServiceRequirement, skip_locked=True)
    )
    return [(row[0], row[1]) for row in await work.session.execute(query)]


async def is_answered(work: UnitOfWork, requirement_id: UUID) -> bool:
    return bool(await work.session.scalar(select(_is_answered()).where(ServiceRequirement.id == requirement_id)))


async def is_published(work: UnitOfWork, service_id: UUID | None, offering_id: UUID | None) -> bool:
    """Return whether the catalog has published the service, or the offering of that service."""
    names = {OfferingReplica.service_id: service_id, OfferingReplica.offering_id: offering_id}
    is_named = [column == value for column, value in names.items() if value is not None]
    return await work.session.scalar(select(OfferingReplica.offering_id).where(*is_named).limit(1)) is not None


def resolve_customer_id(work: UnitOfWork, customer_id: UUID | None) -> UUID:
    """Return the customer's own id; staff has to name a customer."""
    own_id = work.principal.customer_id
    if own_id is not None and customer_id not in (None, own_id):
        raise NotFound("customer", str(customer_id))
    resolved_id = own_id or customer_id
    if resolved_id is None:
        raise Invalid("name the customer", field="customer_id")
    return resolved_id


async def load_coverage(work: UnitOfWork, requirements: Collection[ServiceRequirement]) -> RequirementCoverage:
    """Load the coverage of these requirements by what is in force."""
    commitments = await list_commitments(work, {requirement.customer_id for requirement in requirements})
    return compute_coverage({requirement.id: requirement.service_level for requirement in requirements}, commitments)


async def load_customer_coverage(work: UnitOfWork, customer_id: UUID) -> tuple[RequirementCoverage, RequirementsById]:
    return await _load_coverage_by(work, customer_id, await list_commitments(work, [customer_id]))


async def load_agreement_coverage(
    work: UnitOfWork, agreement_id: UUID, number: int | None
) -> tuple[UUID, RequirementCoverage, RequirementsById]:
    """Load the customer, and the coverage by one version of requirements on its service or on none in particular."""
    agreement = await agreements.get_agreement(work, agreement_id)
    version = await agreements.get_version(work, agreement_id, number or agreement.in_force)
    commitments = list_committed_objectives(agreement_id, version.number, version.terms)
    offering = await work.session.get(OfferingReplica, agreement.offering_id)
    subject = {
        ServiceRequirement.service_id: offering and offering.service_id,
        ServiceRequirement.offering_id: agreement.offering_id,
    }
    concerns_subject = [or_(column.is_(None), column == value) for column, value in subject.items()]
    conditions = ~_is_answered(Agreement.id != agreement_id), *concerns_subject
    return agreement.customer_id, *await _load_coverage_by(work, agreement.customer_id, commitments, *conditions)


async def _load_coverage_by(
    work: UnitOfWork, customer_id: UUID, commitments: Collection[CommittedObjective], *conditions: ColumnElement[bool]
) -> tuple[RequirementCoverage, RequirementsById]:
    """Load the coverage of the customer's open requirements for which the conditions hold, and of those named."""
    named_ids = {requirement_id for committed in commitments for requirement_id in committed.objective.answers}
    is_open = and_(ServiceRequirement.state == RequirementState.SUBMITTED, *conditions)
    query = select(ServiceRequirement).where(
        ServiceRequirement.customer_id == customer_id, or_(is_open, ServiceRequirement.id.in_(named_ids))
    )
    requirements = {requirement.id: requirement for requirement in await work.session.scalars(query)}
    service_levels = {key: requirement.service_level for key, requirement in requirements.items()}
    return compute_coverage(service_levels, commitments), requirements


def _has_state(state: RequirementState) -> ColumnElement[bool]:
    if state in (RequirementState.REFUSED, RequirementState.WITHDRAWN):
        return ServiceRequirement.state == state
    is_answered = _is_answered() if state is RequirementState.ANSWERED else ~_is_answered()
    return and_(ServiceRequirement.state == RequirementState.SUBMITTED, is_answered)


def _answer_has_changed() -> tuple[ColumnElement[bool], ...]:
    is_open = ServiceRequirement.state == RequirementState.SUBMITTED
    return is_open, _is_answered() != ServiceRequirement.answered_as_reported


def _is_answered(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that an objective in force names the requirement, in an agreement for which `conditions` hold."""
    answers = func.jsonb_build_object("answers", func.jsonb_build_array(cast(ServiceRequirement.id, Text)))
    document = func.jsonb_build_object("objectives", func.jsonb_build_array(answers))
    return exists().where(
        Agreement.customer_id == ServiceRequirement.customer_id,
        AgreementVersion.agreement_id == Agreement.id,
        _is_in_force(),
        AgreementVersion.terms_document.contains(document),
        *conditions,
    )


def _is_in_force() -> ColumnElement[bool]:
    """The condition that a version of an agreement is in force, or will be from its first day on."""
    return and_(
        Agreement.state.in_(IN_FORCE_STATES),
        AgreementVersion.stage == NegotiationStage.SIGNED,
        or_(
            AgreementVersion.number == Agreement.in_force,
            and_(Agreement.in_force.is_(None), Agreement.state == AgreementState.SIGNED),
        ),
    )
