"""Queries on contracts, and the reminders that were sent for them."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload

from common.auth import Role
from common.errors import NotFound
from common.ids import new_id
from common.jobs.due_rows import DueRows
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
DUE_CONTRACTS = DueRows(Contract, Contract.recheck_at, WITH_CHILDREN)
"""Contracts whose calendar may have something to emit."""


def select_contracts(
    work: UnitOfWork,
    day: date,
    *,
    customer_id: UUID | None = None,
    agreement_id: UUID | None = None,
    state: ContractState | None = None,
) -> Select[Contract]:
    """Select contracts by the state they have on the day; a customer sees its own once they were offered."""
    query = work.select_visible(select(Contract).options(*WITH_CHILDREN), Contract.customer_id)
    if work.principal.has_role(Role.customer):
        query = query.where(Contract.offered_at.is_not(None))
    if customer_id is not None:
        query = query.where(Contract.customer_id == customer_id)
    if agreement_id is not None:
        query = query.where(Contract.attachments.any(AttachedAgreement.agreement_id == agreement_id))
    return query if state is None else query.where(_has_state(state, day))


async def get_contract(
    work: UnitOfWork, contract_id: UUID, *, lock: bool = False, match: int | None = None
) -> Contract:
    """Get the contract with its children; a customer gets it once it was offered."""
    contract = await work.get(Contract, contract_id, lock=lock, match=match)
    if contract.offered_at is None and work.principal.has_role(Role.customer):
        raise NotFound("contract", contract_id)
    await work.session.scalars(select(Contract).where(Contract.id == contract_id).options(*WITH_CHILDREN))
    return contract


def get_obligation(contract: Contract, obligation_id: UUID) -> Obligation:
    for obligation in contract.obligations:
        if obligation.id == obligation_id:
            return obligation
    raise NotFound("obligation", obligation_id)


def get_attached_agreement(contract: Contract, agreement_id: UUID) -> AttachedAgreement:
    for attachment in contract.attachments:
        if attachment.agreement_id == agreement_id:
            return attachment
    raise NotFound("attached agreement", agreement_id)


async def add_notice_reminder(work: UnitOfWork, contract: Contract, notice_by: date, lead_days: int) -> bool:
    """Add the reminder of a notice date with a lead; return whether it is new."""
    values = {"contract_id": contract.id, "notice_by": notice_by, "lead_days": lead_days}
    return await _add_reminder(work, NoticeReminder, values)


async def add_obligation_reminder(work: UnitOfWork, obligation: Obligation, due_on: date) -> bool:
    """Add the reminder of what is due on the day; return whether it is new."""
    return await _add_reminder(work, ObligationReminder, {"obligation_id": obligation.id, "due_on": due_on})


async def _add_reminder(
    work: UnitOfWork, kind: type[NoticeReminder] | type[ObligationReminder], values: dict[str, object]
) -> bool:
    insertion = insert(kind).values(id=new_id(), reminded_at=work.now, **values)
    return await work.session.scalar(insertion.on_conflict_do_nothing().returning(kind.id)) is not None


def _has_state(state: ContractState, day: date) -> ColumnElement[bool]:
    """The condition that a contract is in the state, as `Contract.state_on` computes it."""
    is_signed = and_(Contract.withdrawn_at.is_(None), Contract.signed_on <= day)
    has_not_ended = or_(Contract.ends_on.is_(None), Contract.ends_on >= day)
    has_notice = and_(Contract.notice_given_on.is_not(None), Contract.notice_given_on <= day)
    has_no_notice = or_(Contract.notice_given_on.is_(None), Contract.notice_given_on > day)
    return {
        ContractState.WITHDRAWN: Contract.withdrawn_at.is_not(None),
        ContractState.DRAFT: and_(
            Contract.withdrawn_at.is_(None), or_(Contract.signed_on.is_(None), Contract.signed_on > day)
        ),
        ContractState.ENDED: and_(is_signed, Contract.ends_on < day),
        ContractState.NOTICE_GIVEN: and_(is_signed, has_not_ended, has_notice),
        ContractState.SIGNED: and_(is_signed, has_not_ended, has_no_notice, Contract.starts_on > day),
        ContractState.ACTIVE: and_(is_signed, has_not_ended, has_no_notice, Contract.starts_on <= day),
    }[state]
