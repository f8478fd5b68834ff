"""Drafting contracts and amendments, signing them, giving notice, and attaching agreements."""

from datetime import date
from uuid import UUID

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from published.sla import ContractAmended, ContractNoticeGiven, ContractSigned
from sla.agreements import store as agreements
from sla.agreements.states import Side
from sla.contracts import store
from sla.contracts.errors import AgreementOfAnotherCustomer, NoticeBackdated
from sla.contracts.model import AttachedAgreement, Contract, build_contract
from sla.contracts.obligations import Obligation
from sla.contracts.terms import ContractTerms
from sla.contracts.views import NewAmendment, NewFulfilment


async def draft(work: UnitOfWork, customer_id: UUID, terms: ContractTerms) -> Contract:
    await agreements.get_registered_customer(work, customer_id)
    contract = build_contract(customer_id, terms, work.now)
    work.add(contract)
    return contract


async def edit_draft(work: UnitOfWork, contract_id: UUID, match: int, terms: ContractTerms) -> Contract:
    contract = await store.get_contract(work, contract_id, match=match)
    contract.edit_draft(terms, work.now)
    return contract


async def amend(work: UnitOfWork, contract_id: UUID, match: int, body: NewAmendment) -> Contract:
    contract = await store.get_contract(work, contract_id, match=match)
    contract.amend(body.terms, body.effective_on, body.reason, work.now)
    return contract


async def sign(work: UnitOfWork, contract_id: UUID, terms_sha256: str) -> Contract:
    """Sign the open draft for one's side; the event follows when both sides have signed."""
    contract = await store.get_contract(work, contract_id, lock=True)
    if contract.sign(agreements.acting_party(work), terms_sha256, work.now):
        version = contract.signed_versions[-1]
        if version.number > 1:
            work.emit(ContractAmended.from_entity(contract, version, version=version.number, amended_at=work.now))
        else:
            work.emit(ContractSigned.from_entity(contract, signed_at=work.now))
    return contract


async def withdraw_draft(work: UnitOfWork, contract_id: UUID) -> Contract:
    contract = await store.get_contract(work, contract_id, lock=True)
    contract.withdraw_draft(agreements.acting_party(work), work.now)
    return contract


async def give_notice(work: UnitOfWork, contract_id: UUID, given_on: date, reason: str) -> Contract:
    """Give notice for one's side; a customer's counts from today on."""
    contract = await store.get_contract(work, contract_id, lock=True)
    party, today = agreements.acting_party(work), contract.local_day(work.now)
    if party.side is Side.CUSTOMER and given_on < today:
        raise NoticeBackdated(f"It is {today}: give notice from today on.", field="given_on")
    contract.give_notice(party, given_on, reason, work.now)
    work.emit(ContractNoticeGiven.from_entity(contract, side=party.side, given_on=given_on, recorded_at=work.now))
    return contract


async def attach_agreement(work: UnitOfWork, contract_id: UUID, agreement_id: UUID) -> Contract:
    """Attach the agreement, unless it is attached already."""
    contract = await _get_changeable(work, contract_id)
    agreement = await agreements.get_agreement(work, agreement_id)
    if agreement.customer_id != contract.customer_id:
        raise AgreementOfAnotherCustomer("The agreement is with another customer.", field="agreement_id")
    if all(attachment.agreement_id != agreement_id for attachment in contract.attachments):
        by = work.principal.subject
        contract.attachments.append(AttachedAgreement(agreement_id=agreement_id, attached_by=by, attached_at=work.now))
        contract.touch(work.now)
    return contract


async def detach_agreement(work: UnitOfWork, contract_id: UUID, agreement_id: UUID) -> Contract:
    contract = await _get_changeable(work, contract_id)
    remaining = [attachment for attachment in contract.attachments if attachment.agreement_id != agreement_id]
    if len(remaining) == len(contract.attachments):
        raise NotFound("attached agreement", agreement_id)
    contract.attachments = remaining
    contract.touch(work.now)
    return contract


async def add_obligation(work: UnitOfWork, contract_id: UUID, obligation: Obligation) -> Contract:
    contract = await _get_changeable(work, contract_id)
    contract.add_obligation(obligation, work.now)
    return contract


async def fulfil_obligation(work: UnitOfWork, contract_id: UUID, obligation_id: UUID, body: NewFulfilment) -> Contract:
    """Fulfil what one side owes, also after the contract has ended: what was owed stays owed."""
    contract = await store.get_contract(work, contract_id, lock=True)
    contract.check_signed()
    obligation = next((candidate for candidate in contract.obligations if candidate.id == obligation_id), None)
    if obligation is None:
        raise NotFound("obligation", obligation_id)
    party = agreements.acting_party(work)
    obligation.fulfil(party, body.due_on, contract.ends_on, body.fulfilled_on, body.evidence)
    contract.touch(work.now)
    return contract


async def _get_changeable(work: UnitOfWork, contract_id: UUID) -> Contract:
    contract = await store.get_contract(work, contract_id, lock=True)
    contract.check_changeable_on(contract.local_day(work.now))
    return contract
