"""Which requirements there are, and what answers them now."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from common.errors import Invalid, NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, AgreementVersion, OfferingReplica
from sla.agreements.states import AgreementState, NegotiationStage
from sla.requirements.coverage import Commitment, RequirementCoverage, compute_coverage
from sla.requirements.model import RequirementState, ServiceRequirement

RequirementsById = Mapping[UUID, ServiceRequirement]
IN_FORCE_STATES = [state for state in AgreementState if state.is_signed_by_both and state is not AgreementState.ENDED]


def select_requirements(
    work: UnitOfWork, wanted: Mapping[InstrumentedAttribute[Any], object], state: RequirementState | None
) -> Select[ServiceRequirement]:
    """Those with these values, null being any."""
    query = work.select_visible(select(ServiceRequirement), ServiceRequirement.customer_id)
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    return query if state is None else query.where(_stands(state))


async def get_requirement(
    work: UnitOfWork, requirement_id: UUID, *, lock: bool = False, match: int | None = None
) -> ServiceRequirement:
    return await work.get(ServiceRequirement, requirement_id, lock=lock, match=match)


async def list_requirements_of_customer(
    work: UnitOfWork, customer_id: UUID, named: Collection[UUID] = ()
) -> Sequence[ServiceRequirement]:
    """Those that are open, and those named, oldest first."""
    wanted = or_(ServiceRequirement.state == RequirementState.SUBMITTED, ServiceRequirement.id.in_(named))
    query = select(ServiceRequirement).where(ServiceRequirement.customer_id == customer_id, wanted)
    return (await work.session.scalars(query.order_by(ServiceRequirement.id))).all()


async def list_states_by_requirement(
    work: UnitOfWork, customer_id: UUID, named: Collection[UUID]
) -> dict[UUID, RequirementState]:
    """What people decided of those the customer has."""
    query = select(ServiceRequirement.id, ServiceRequirement.state).where(
        ServiceRequirement.customer_id == customer_id, ServiceRequirement.id.in_(named)
    )
    return dict((await work.session.execute(query)).all())


async def list_commitments(work: UnitOfWork, customers: Collection[UUID]) -> list[Commitment]:
    """What is promised to the customers now or, where nothing has begun yet, from the first day on."""
    query = (
        select(AgreementVersion)
        .join(AgreementVersion.agreement)
        .options(contains_eager(AgreementVersion.agreement))
        .where(Agreement.customer_id.in_(customers), _binds())
        .order_by(Agreement.id)
    )
    found = await work.session.scalars(query)
    return [Commitment(one.agreement_id, one.number, one.terms) for one in found]


async def list_ids_with_changed_answer(work: UnitOfWork) -> Sequence[UUID]:
    """Requirements that are answered, or no longer, and whose requesters were told otherwise."""
    query = select(ServiceRequirement.id).where(*_told_otherwise()).order_by(ServiceRequirement.id)
    return (await work.session.scalars(query)).all()


async def lock_requirements_with_changed_answer(
    work: UnitOfWork, requirement_ids: Collection[UUID]
) -> Sequence[tuple[ServiceRequirement, bool]]:
    """Those of them, and whether they are answered; locked, without those another transaction holds."""
    query = (
        select(ServiceRequirement, _answered())
        .where(ServiceRequirement.id.in_(requirement_ids), *_told_otherwise())
        .order_by(ServiceRequirement.id)
        .with_for_update(of=ServiceRequirement, skip_locked=True)
    )
    return [(row[0], row[1]) for row in await work.session.execute(query)]


def _told_otherwise() -> tuple[ColumnElement[bool], ...]:
    return ServiceRequirement.state == RequirementState.SUBMITTED, _answered() != ServiceRequirement.told_answered


async def is_answered(work: UnitOfWork, requirement_id: UUID) -> bool:
    return bool(await work.session.scalar(select(_answered()).where(ServiceRequirement.id == requirement_id)))


async def is_published(work: UnitOfWork, service_id: UUID | None, offering_id: UUID | None) -> bool:
    """Whether the catalog has told of such a service, or of such an offering of it."""
    query = select(OfferingReplica.offering_id).limit(1)
    if service_id is not None:
        query = query.where(OfferingReplica.service_id == service_id)
    if offering_id is not None:
        query = query.where(OfferingReplica.offering_id == offering_id)
    return await work.session.scalar(query) is not None


def resolve_customer_id(work: UnitOfWork, customer_id: UUID | None) -> UUID:
    """A customer asks for itself; staff says for whom."""
    mine = work.principal.customer_id
    if mine is not None and customer_id not in (None, mine):
        raise NotFound("customer", str(customer_id))
    wanted = mine or customer_id
    if wanted is None:
        raise Invalid("say for which customer", field="customer_id")
    return wanted


async def load_customer_coverage(
    work: UnitOfWork, customer_id: UUID
) -> tuple[UUID, RequirementCoverage, RequirementsById]:
    """By what is in force."""
    return await _coverage(work, customer_id, await list_commitments(work, [customer_id]))


async def load_agreement_coverage(
    work: UnitOfWork, agreement_id: UUID, number: int | None
) -> tuple[UUID, RequirementCoverage, RequirementsById]:
    """By one version; what matters to it is what is wanted of its service, or of none in particular."""
    agreement = await agreements.get_agreement(work, agreement_id)
    number = number or agreement.in_force
    if number is None:
        version = await agreements.get_newest_version(work, agreement)
    else:
        version = await agreements.get_version(work, agreement, number)
    others = [one for one in await list_commitments(work, [agreement.customer_id]) if one.agreement_id != agreement_id]
    mine = Commitment(agreement_id, version.number, version.terms)
    customer_id, coverage, found = await _coverage(work, agreement.customer_id, [*others, mine])
    places = {None, agreement.offering_id, await _service_of(work, agreement)}
    near = [one.id for one in found.values() if one.service_id in places and one.offering_id in places]
    return customer_id, coverage.for_agreement(agreement_id, near), found


async def _coverage(
    work: UnitOfWork, customer_id: UUID, commitments: Sequence[Commitment]
) -> tuple[UUID, RequirementCoverage, RequirementsById]:
    named = {id_ for one in commitments for objective in one.terms.objectives for id_ in objective.answers}
    found = {one.id: one for one in await list_requirements_of_customer(work, customer_id, named)}
    return customer_id, compute_coverage({key: one.service_level for key, one in found.items()}, commitments), found


async def _service_of(work: UnitOfWork, agreement: Agreement) -> UUID | None:
    query = select(OfferingReplica.service_id).where(OfferingReplica.offering_id == agreement.offering_id)
    found: UUID | None = await work.session.scalar(query)
    return found


def _stands(state: RequirementState) -> ColumnElement[bool]:
    if state in (RequirementState.REFUSED, RequirementState.WITHDRAWN):
        return ServiceRequirement.state == state
    answered = _answered() if state is RequirementState.ANSWERED else ~_answered()
    return and_(ServiceRequirement.state == RequirementState.SUBMITTED, answered)


def _answered() -> ColumnElement[bool]:
    """An objective in force names it."""
    answers = func.jsonb_build_object("answers", func.jsonb_build_array(cast(ServiceRequirement.id, Text)))
    document = func.jsonb_build_object("objectives", func.jsonb_build_array(answers))
    return exists().where(
        Agreement.customer_id == ServiceRequirement.customer_id,
        AgreementVersion.agreement_id == Agreement.id,
        _binds(),
        AgreementVersion.terms_document.contains(document),
    )


def _binds() -> ColumnElement[bool]:
    return and_(
        Agreement.state.in_(IN_FORCE_STATES),
        AgreementVersion.stage == NegotiationStage.SIGNED,
        or_(
            AgreementVersion.number == Agreement.in_force,
            and_(Agreement.in_force.is_(None), Agreement.state == AgreementState.SIGNED),
        ),
    )
