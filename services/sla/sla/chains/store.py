"""Queries on the agreements that support others."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement
from sla.chains.model import ChainPart, Underpinning
from sla.chains.supporting_agreements import SupportingAgreement


async def list_parts(work: UnitOfWork, agreement_id: UUID) -> Sequence[ChainPart]:
    query = (
        select(ChainPart).where(ChainPart.agreement_id == agreement_id).options(selectinload(ChainPart.underpinnings))
    )
    return (await work.session.scalars(query.order_by(ChainPart.place))).all()


async def list_agreements_by_id(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, Agreement]:
    query = select(Agreement).where(Agreement.id.in_(agreement_ids))
    return {agreement.id: agreement for agreement in await work.session.scalars(query)}


async def lock_chains(work: UnitOfWork) -> None:
    """Lock all chains until the end of the transaction, so that two concurrent changes do not close a circle."""
    await work.lock_name("sla.chains")


async def list_supporting_ids(work: UnitOfWork, agreement_ids: Collection[UUID]) -> set[UUID]:
    """List these agreements and all that any of them relies on, directly or through others."""
    supporting = select(Agreement.id.label("id")).where(Agreement.id.in_(agreement_ids))
    supporting_ids = supporting.cte("supporting", recursive=True)
    further = (
        select(Underpinning.agreement_id)
        .join(ChainPart, ChainPart.id == Underpinning.part_id)
        .join(supporting_ids, supporting_ids.c.id == ChainPart.agreement_id)
    )
    return set(await work.session.scalars(select(supporting_ids.union(further).c.id)))


async def load_supporting_agreements(
    work: UnitOfWork, agreement_ids: Collection[UUID]
) -> dict[UUID, SupportingAgreement]:
    """Load agreements, each with the last version that both sides signed or else with the one on the table."""
    supporting = {}
    for agreement_id, schedule in (await agreements.load_schedules(work, agreement_ids)).items():
        if schedule.bindings:
            days = {"starts_on": schedule.first_day, "ends_on": schedule.last_day}
            terms = schedule.bindings[-1].terms.model_copy(update=days)
        else:
            version = await agreements.get_version(work, agreement_id)
            terms = await agreements.load_terms_with_closures(work, version.terms)
        supporting[agreement_id] = SupportingAgreement(agreement_id, terms, bool(schedule.bindings))
    return supporting
