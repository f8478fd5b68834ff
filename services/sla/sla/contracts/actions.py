"""Drafting contracts and amendments, signing them, giving notice, and attaching agreements."""

from datetime import date
from uuid import UUID

from common.work import Work
from published.sla import ContractAmended, ContractNoticeGiven, ContractSigned
from sla.agreements import store as agreements
from sla.agreements.model import KnownCustomer
from sla.agreements.rules import CustomerNotRegistered
from sla.agreements.states import Party, Side
from sla.contracts import store
from sla.contracts.documents import ContractTerms
from sla.contracts.model import Contract, drafted
from sla.contracts.obligations import Obligation
from sla.contracts.parts import Attachment
from sla.contracts.rules import AgreementOfAnotherCustomer, NoticeBackdated


async def draft(work: Work, customer_id: UUID, terms: ContractTerms) -> Contract:
    if await work.session.get(KnownCustomer, customer_id) is None:
        raise CustomerNotRegistered(f"No customer {customer_id} is registered.", field="customer_id")
    found = drafted(customer_id, terms, work.now)
    work.add(found)
    await work.flush()
    return found


async def edit(work: Work, contract_id: UUID, match: int, terms: ContractTerms) -> Contract:
    found = await store.contract(work, contract_id, match=match)
    found.edit(terms, work.now)
    return await _changed(work, found)


async def amend(
    work: Work, contract_id: UUID, match: int, terms: ContractTerms, effective_on: date, reason: str
) -> Contract:
    found = await store.contract(work, contract_id, match=match)
    found.amend(terms, effective_on, reason, work.now)
    return await _changed(work, found)


async def sign(work: Work, contract_id: UUID, terms_sha256: str) -> Contract:
    found = await store.contract(work, contract_id, lock=True)
    if found.sign(agreements.party(work), terms_sha256, work.now):
        work.emit(_signed(work, found))
    return await _changed(work, found)


async def withdraw(work: Work, contract_id: UUID) -> Contract:
    found = await store.contract(work, contract_id, lock=True)
    found.withdraw(agreements.party(work), work.now)
    return await _changed(work, found)


async def give_notice(work: Work, contract_id: UUID, given_on: date, reason: str) -> Contract:
    """For one's side. A customer's counts from today on."""
    found = await store.contract(work, contract_id, lock=True)
    party, today = agreements.party(work), found.today(work.now)
    if party.side is Side.CUSTOMER and given_on < today:
        raise NoticeBackdated(f"It is {today}.", field="given_on")
    found.give_notice(party, given_on, reason, work.now)
    work.emit(_noticed(work, found, party, given_on))
    return await _changed(work, found)


async def attach(work: Work, contract_id: UUID, agreement_id: UUID) -> Contract:
    """Once, however often it is asked for."""
    found = await store.contract(work, contract_id, lock=True)
    found.check_changeable(found.today(work.now))
    agreement = await agreements.agreement(work, agreement_id)
    if agreement.customer_id != found.customer_id:
        raise AgreementOfAnotherCustomer("The agreement is with another customer.", field="agreement_id")
    if all(one.agreement_id != agreement_id for one in found.attachments):
        by = work.principal.subject
        found.attachments.append(Attachment(agreement_id=agreement_id, attached_by=by, attached_at=work.now))
        found.touch(work.now)
    return await _changed(work, found)


async def detach(work: Work, contract_id: UUID, agreement_id: UUID) -> Contract:
    found = await store.contract(work, contract_id, lock=True)
    found.check_changeable(found.today(work.now))
    found.attachments.remove(store.attachment_of(found, agreement_id))
    found.touch(work.now)
    return await _changed(work, found)


async def oblige(work: Work, contract_id: UUID, obligation: Obligation) -> Contract:
    found = await store.contract(work, contract_id, lock=True)
    found.check_changeable(found.today(work.now))
    found.oblige(obligation, work.now)
    return await _changed(work, found)


async def fulfil(
    work: Work, contract_id: UUID, obligation_id: UUID, due_on: date | None, on: date, evidence: str
) -> Contract:
    """Also after the contract has ended: what was owed stays owed."""
    found = await store.contract(work, contract_id, lock=True)
    found.check_signed()
    owed = store.obligation_of(found, obligation_id)
    owed.fulfil(agreements.party(work), due_on, found.ends_on, on, evidence)
    found.touch(work.now)
    return await _changed(work, found)


async def _changed(work: Work, found: Contract) -> Contract:
    await work.flush()
    return found


def _signed(work: Work, found: Contract) -> ContractSigned | ContractAmended:
    version = found.signed[-1]
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


def _noticed(work: Work, found: Contract, party: Party, given_on: date) -> ContractNoticeGiven:
    return ContractNoticeGiven(
        contract_id=found.id,
        customer_id=found.customer_id,
        title=found.title,
        side=party.side,
        given_on=given_on,
        ends_on=found.ends_on or given_on,
        recorded_at=work.now,
    )
