"""Which contracts there are, and which of them have something to tell."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload

from common.auth import Role
from common.errors import NotFound
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.contracts.model import Contract
from sla.contracts.obligations import Obligation, ObligationReminder
from sla.contracts.term_schedule import ContractState
from sla.contracts.versions import AttachedAgreement, ContractVersion, NoticeReminder

WITH_CHILDREN = (
    selectinload(Contract.versions).selectinload(ContractVersion.signatures),
    selectinload(Contract.obligations).selectinload(Obligation.fulfilments),
    selectinload(Contract.attachments),
)


def select_contracts(
    work: UnitOfWork,
    day: date,
    *,
    customer_id: UUID | None = None,
    agreement_id: UUID | None = None,
    state: ContractState | None = None,
) -> Select[Contract]:
    """In the state they have on the day. A customer sees its own, once they were offered."""
    query = work.select_visible(select(Contract).options(*WITH_CHILDREN), Contract.customer_id)
    if work.principal.has_role(Role.customer):
        query = query.where(Contract.offered_at.is_not(None))
    if customer_id is not None:
        query = query.where(Contract.customer_id == customer_id)
    if agreement_id is not None:
        attached = exists().where(
            AttachedAgreement.contract_id == Contract.id, AttachedAgreement.agreement_id == agreement_id
        )
        query = query.where(attached)
    return query if state is None else query.where(_stands(state, day))


async def get_contract(
    work: UnitOfWork, contract_id: UUID, *, lock: bool = False, match: int | None = None
) -> Contract:
    """With its parts."""
    found = await work.get(Contract, contract_id, lock=lock, match=match)
    if found.offered_at is None and work.principal.has_role(Role.customer):
        raise NotFound("contract", contract_id)
    await work.session.scalars(select(Contract).where(Contract.id == contract_id).options(*WITH_CHILDREN))
    return found


def get_obligation(found: Contract, obligation_id: UUID) -> Obligation:
    owed = next((one for one in found.obligations if one.id == obligation_id), None)
    if owed is None:
        raise NotFound("obligation", obligation_id)
    return owed


def get_attached_agreement(found: Contract, agreement_id: UUID) -> AttachedAgreement:
    attached = next((one for one in found.attachments if one.agreement_id == agreement_id), None)
    if attached is None:
        raise NotFound("attached agreement", agreement_id)
    return attached


async def list_due_contract_ids(work: UnitOfWork) -> Sequence[UUID]:
    """Those that may have something to tell, longest due first."""
    query = select(Contract.id).where(Contract.look_at <= work.now).order_by(Contract.look_at, Contract.id)
    return (await work.session.scalars(query)).all()


async def lock_due_contracts(work: UnitOfWork, contract_ids: Collection[UUID]) -> Sequence[Contract]:
    """Those of them that may have something to tell, with their parts, locked; those another holds are left out."""
    query = (
        select(Contract)
        .where(Contract.id.in_(contract_ids), Contract.look_at <= work.now)
        .options(*WITH_CHILDREN)
        .order_by(Contract.id)
        .with_for_update(of=Contract, skip_locked=True)
    )
    return (await work.session.scalars(query)).all()


async def add_notice_reminder(work: UnitOfWork, found: Contract, notice_by: date, lead_days: int) -> bool:
    """Whether nobody was reminded of this date with this lead before."""
    told = {
        "id": new_id(),
        "contract_id": found.id,
        "notice_by": notice_by,
        "lead_days": lead_days,
        "told_at": work.now,
    }
    written = insert(NoticeReminder).values(told).on_conflict_do_nothing().returning(NoticeReminder.id)
    return await work.session.scalar(written) is not None


async def add_obligation_reminder(work: UnitOfWork, owed: Obligation, due_on: date) -> bool:
    """Whether nobody was reminded before of what is due on this day."""
    told = {"id": new_id(), "obligation_id": owed.id, "due_on": due_on, "told_at": work.now}
    written = insert(ObligationReminder).values(told).on_conflict_do_nothing().returning(ObligationReminder.id)
    return await work.session.scalar(written) is not None


def _stands(state: ContractState, day: date) -> ColumnElement[bool]:
    """As `Contract.state_on`."""
    signed = and_(Contract.withdrawn_at.is_(None), Contract.signed_on <= day)
    lasts = or_(Contract.ends_on.is_(None), Contract.ends_on >= day)
    given = and_(Contract.notice_given_on.is_not(None), Contract.notice_given_on <= day)
    quiet = or_(Contract.notice_given_on.is_(None), Contract.notice_given_on > day)
    return {
        ContractState.WITHDRAWN: Contract.withdrawn_at.is_not(None),
        ContractState.DRAFT: and_(
            Contract.withdrawn_at.is_(None), or_(Contract.signed_on.is_(None), Contract.signed_on > day)
        ),
        ContractState.ENDED: and_(signed, Contract.ends_on < day),
        ContractState.NOTICE_GIVEN: and_(signed, lasts, given),
        ContractState.SIGNED: and_(signed, lasts, quiet, Contract.starts_on > day),
        ContractState.ACTIVE: and_(signed, lasts, quiet, Contract.starts_on <= day),
    }[state]
