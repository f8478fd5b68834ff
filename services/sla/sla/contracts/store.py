"""Queries on contracts, and the reminders that were sent for them."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload

from common.errors import NotFound
from common.ids import new_id
from common.jobs.due_rows import DueRows
from common.unit_of_work import UnitOfWork
from sla.contracts.model import AttachedAgreement, Contract, ContractState, NoticeReminder
from sla.contracts.obligations import Obligation, ObligationReminder
from sla.contracts.versions import ContractVersion
from sla.hours.time_zones import load_zone, to_local_date

WITH_CHILDREN = (
    selectinload(Contract.versions).selectinload(ContractVersion.signatures),
    selectinload(Contract.obligations).selectinload(Obligation.fulfilments),
    selectinload(Contract.attachments),
)
DUE_CONTRACTS = DueRows(Contract, Contract.recheck_at, WITH_CHILDREN)
"""Contracts whose calendar may have something to emit."""


async def load_local_today(work: UnitOfWork) -> ColumnElement[date]:
    """Load the expression of the day that it is now in the zone of each contract.

    The zones are those that contracts have, and the rules those of the package: PostgreSQL may know others.
    """
    first = ContractVersion.number == 1
    zone = ContractVersion.terms_document["timezone"].astext
    zones = (await work.session.scalars(select(zone).where(first).distinct())).all()
    days = {name: to_local_date(work.now, load_zone(name)) for name in zones}
    today = literal(work.now.date())
    if not days:
        return today
    zone_of_contract = select(zone).where(first, ContractVersion.contract_id == Contract.id).scalar_subquery()
    return case(days, value=zone_of_contract, else_=today)


def select_contracts(
    work: UnitOfWork,
    day: date | ColumnElement[date],
    *,
    customer_id: UUID | None = None,
    agreement_id: UUID | None = None,
    state: ContractState | None = None,
) -> Select[Contract]:
    """Select contracts by the state they have on the day; a customer sees its own once they were offered."""
    query = work.select_visible(select(Contract).options(*WITH_CHILDREN), Contract.customer_id)
    if work.principal.is_bound:
        query = query.where(Contract.offered_at.is_not(None))
    if agreement_id is not None:
        query = query.where(Contract.attachments.any(AttachedAgreement.agreement_id == agreement_id))
    columns = {Contract.customer_id: customer_id, _state_on(day): state}
    return query.where(*(column == value for column, value in columns.items() if value is not None))


async def get_contract(
    work: UnitOfWork, contract_id: UUID, *, lock: bool = False, match: int | None = None
) -> Contract:
    """Get the contract with its children; a customer gets it once it was offered."""
    contract = await work.get(Contract, contract_id, lock=lock, match=match)
    if contract.offered_at is None and work.principal.is_bound:
        raise NotFound("contract", contract_id)
    await work.session.scalars(select(Contract).where(Contract.id == contract_id).options(*WITH_CHILDREN))
    return contract


async def add_reminder(
    work: UnitOfWork, kind: type[NoticeReminder] | type[ObligationReminder], **key: UUID | date | int
) -> bool:
    """Add the reminder with the key; return whether it is new."""
    insertion = insert(kind).values(id=new_id(), reminded_at=work.now, **key)
    return await work.session.scalar(insertion.on_conflict_do_nothing().returning(kind.id)) is not None


def _state_on(day: date | ColumnElement[date]) -> ColumnElement[str]:
    """The state of a contract on the day, as `Contract.state_on` computes it: the first whose condition holds."""
    return case(
        (Contract.withdrawn_at.is_not(None), ContractState.WITHDRAWN),
        (Contract.signed_on.is_(None) | (Contract.signed_on > day), ContractState.DRAFT),
        (Contract.ends_on < day, ContractState.ENDED),
        (Contract.notice_given_on <= day, ContractState.NOTICE_GIVEN),
        (Contract.starts_on <= day, ContractState.ACTIVE),
        else_=ContractState.SIGNED,
    )
