"""Drafting contracts and amendments, signing them, giving notice, and attaching agreements."""

from datetime import date
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import ContractAmended, ContractNoticeGiven, ContractSigned
from sla.agreements import store as agreements
from sla.agreements.errors import CustomerNotRegistered
from sla.agreements.model import CustomerReplica
from sla.agreements.states import Party, Side
from sla.contracts import store
from sla.contracts.errors import AgreementOfAnotherCustomer, NoticeBackdated
from sla.contracts.model import Contract, build_contract
from sla.contracts.obligations import Obligation
from sla.contracts.terms import ContractTerms
from sla.contracts.versions import AttachedAgreement


async def draft(work: UnitOfWork, customer_id: UUID, terms: ContractTerms) -> Contract:
    if await work.session.get(CustomerReplica, customer_id) is None:
        raise CustomerNotRegistered(f"No customer {customer_id} is registered.", field="customer_id")
    found = build_contract(customer_id, terms, work.now)
    work.add(found)
    await work.flush()
    return found


async def edit_draft(work: UnitOfWork, contract_id: UUID, match: int, terms: ContractTerms) -> Contract:
    found = await store.get_contract(work, contract_id, match=match)
    found.edit_draft(terms, work.now)
    return await _changed(work, found)


async def amend(
    work: UnitOfWork, contract_id: UUID, match: int, terms: ContractTerms, effective_on: date, reason: str
) -> Contract:
    found = await store.get_contract(work, contract_id, match=match)
    found.amend(terms, effective_on, reason, work.now)
    return await _changed(work, found)


async def sign(work: UnitOfWork, contract_id: UUID, terms_sha256: str) -> Contract:
    found = await store.get_contract(work, contract_id, lock=True)
    if found.sign(agreements.acting_party(work), terms_sha256, work.now):
        work.emit(_signed(work, found))
    return await _changed(work, found)


async def withdraw_draft(work: UnitOfWork, contract_id: UUID) -> Contract:
    found = await store.get_contract(work, contract_id, lock=True)
    found.withdraw_draft(agreements.acting_party(work), work.now)
    return await _changed(work, found)


async def give_notice(work: UnitOfWork, contract_id: UUID, given_on: date, reason: str) -> Contract:
    """For one's side. A customer's counts from today on."""
    found = await store.get_contract(work, contract_id, lock=True)
    party, today = agreements.acting_party(work), found.local_day(work.now)
    if party.side is Side.CUSTOMER and given_on < today:
        raise NoticeBackdated(f"It is {today}.", field="given_on")
    found.give_notice(party, given_on, reason, work.now)
    work.emit(_noticed(work, found, party, given_on))
    return await _changed(work, found)


async def attach_agreement(work: UnitOfWork, contract_id: UUID, agreement_id: UUID) -> Contract:
    """Once, however often it is asked for."""
    found = await store.get_contract(work, contract_id, lock=True)
    found.check_changeable_on(found.local_day(work.now))
    agreement = await agreements.get_agreement(work, agreement_id)
    if agreement.customer_id != found.customer_id:
        raise AgreementOfAnotherCustomer("The agreement is with another customer.", field="agreement_id")
    if all(one.agreement_id != agreement_id for one in found.attachments):
        by = work.principal.subject
        found.attachments.append(AttachedAgreement(agreement_id=agreement_id, attached_by=by, attached_at=work.now))
        found.touch(work.now)
    return await _changed(work, found)


async def detach_agreement(work: UnitOfWork, contract_id: UUID, agreement_id: UUID) -> Contract:
    found = await store.get_contract(work, contract_id, lock=True)
    found.check_changeable_on(found.local_day(work.now))
    found.attachments.remove(store.get_attached_agreement(found, agreement_id))
    found.touch(work.now)
    return await _changed(work, found)


async def add_obligation(work: UnitOfWork, contract_id: UUID, obligation: Obligation) -> Contract:
    found = await store.get_contract(work, contract_id, lock=True)
    found.check_changeable_on(found.local_day(work.now))
    found.add_obligation(obligation, work.now)
    return await _changed(work, found)


async def fulfil_obligation(
    work: UnitOfWork, contract_id: UUID, obligation_id: UUID, due_on: date | None, on: date, evidence: str
) -> Contract:
    """Also after the contract has ended: what was owed stays owed."""
    found = await store.get_contract(work, contract_id, lock=True)
    found.check_signed()
    owed = store.get_obligation(found, obligation_id)
    owed.fulfil(agreements.acting_party(work), due_on, found.ends_on, on, evidence)
    found.touch(work.now)
    return await _changed(work, found)


async def _changed(work: UnitOfWork, found: Contract) -> Contract:
    await work.flush()
    return found


def _signed(work: UnitOfWork, found: Contract) -> ContractSigned | ContractAmended:
    version = found.signed_versions[-1]
    if version.number > 1:
        return ContractAmended(
            contract_id=found.id,
            customer_id=found.customer_id,
            title=found.title,
            version=version.number,
            effective_on=version.effective_on,
            ends_on=found.ends_on,
            amended_at=work.now,
        )
    return ContractSigned(
        contract_id=found.id,
        customer_id=found.customer_id,
        title=found.title,
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        signed_at=work.now,
    )


def _noticed(work: UnitOfWork, found: Contract, party: Party, given_on: date) -> ContractNoticeGiven:
    return ContractNoticeGiven(
        contract_id=found.id,
        customer_id=found.customer_id,
        title=found.title,
        side=party.side,
        given_on=given_on,
        ends_on=found.ends_on or given_on,
        recorded_at=work.now,
    )
