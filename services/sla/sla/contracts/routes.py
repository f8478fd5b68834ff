"""HTTP routes of contracts, their amendments, notice and obligations, and the calendar of their dates."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.errors import Invalid
from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsCustomer, AsManager, AsReader, IfMatch, Router
from common.unit_of_work import UnitOfWork
from common.views import Day
from sla.agreements import store as agreements
from sla.contracts import actions, store, views
from sla.contracts.model import Contract, ContractState
from sla.contracts.terms import ContractTerms

MAX_RANGE = timedelta(days=1830)
DayQuery = Annotated[
    Day | None, Query(description="The day the answer is about; today, in the zone of the contract, when absent.")
]

router = Router(prefix="/contracts", tags=["contracts"])
ContractPaging = Annotated[
    PageRequest,
    listing(
        Contract.id, changed=Contract.modified_at, sort=(Contract.title, Contract.starts_on), search=(Contract.title,)
    ),
]


@router.post("", status_code=201, summary="Draft a contract with a customer")
async def draft_contract(work: AsManager, body: views.NewContract) -> views.ContractView:
    """The customer sees it once the provider has signed."""
    return await _view(work, await actions.draft(work, body.customer_id, body.terms))


@router.get("", summary="List contracts, oldest first")
async def list_contracts(
    work: AsReader,
    paging: ContractPaging,
    customer_id: UUID | None = None,
    agreement_id: UUID | None = None,
    state: ContractState | None = None,
    on: DayQuery = None,
) -> Page[views.ContractView]:
    """The contracts as they stand on a day, by default today in the zone of each. A customer sees its own."""
    day = on or await store.load_local_today(work)
    query = store.select_contracts(work, day, customer_id=customer_id, agreement_id=agreement_id, state=state)
    page = await paginate(work.session, query, paging, key=Contract.id)
    side = agreements.acting_party(work).side
    return page.to_page(
        lambda contract: views.ContractView.from_contract(contract, on or contract.local_day(work.now), side)
    )


@router.get("/dates", summary="Read the calendar of contracts")
async def list_contract_dates(
    work: AsReader,
    paging: ContractPaging,
    from_: Annotated[Day, Query(alias="from")],
    to: Annotated[Day, Query(description="Included.")],
    customer_id: UUID | None = None,
) -> Page[views.ContractDatesView]:
    """The starts, notice dates, renewals, ends, amendments, fee rises and open obligations of each contract."""
    if not from_ <= to <= from_ + MAX_RANGE:
        raise Invalid(f"must be from `from` to {MAX_RANGE.days} days after it", field="to")
    query = store.select_contracts(work, to, customer_id=customer_id).where(Contract.signed_on.is_not(None))
    page = await paginate(work.session, query, paging, key=Contract.id)
    return page.to_page(lambda contract: views.ContractDatesView.from_contract(contract, from_, to))


@router.get("/{contract_id}", summary="Read a contract")
async def read_contract(work: AsReader, contract_id: UUID, on: DayQuery = None) -> views.ContractView:
    """The contract as it stands on a day: its term, its fees, and what is overdue."""
    return await _view(work, await store.get_contract(work, contract_id), on)


@router.put("/{contract_id}/terms", summary="Replace the terms of a draft")
async def replace_contract_terms(
    work: AsManager, contract_id: UUID, match: IfMatch, body: ContractTerms
) -> views.ContractView:
    """The draft of the contract or of an amendment can be edited until the provider has signed it."""
    return await _view(work, await actions.edit_draft(work, contract_id, match, body))


@router.post("/{contract_id}/signatures", status_code=201, summary="Sign the draft for one's side")
async def sign_contract(work: AsCustomer, contract_id: UUID, body: views.NewContractSignature) -> views.ContractView:
    """The provider signs first, which offers the draft to the customer; with both signatures it binds."""
    return await _view(work, await actions.sign(work, contract_id, body.terms_sha256))


@router.post("/{contract_id}/withdrawal", status_code=201, summary="Withdraw the open draft")
async def withdraw_contract_draft(work: AsCustomer, contract_id: UUID) -> views.ContractView:
    """Either side may. It ends a contract that was not signed yet; of an amendment, only the amendment."""
    return await _view(work, await actions.withdraw_draft(work, contract_id))


@router.get("/{contract_id}/amendments", summary="List the amendments of a contract")
async def list_contract_amendments(work: AsReader, contract_id: UUID) -> list[views.AmendmentView]:
    """Each amendment with what it changes, including the open draft and those withdrawn."""
    contract = await store.get_contract(work, contract_id)
    amendments = contract.amendments_for(agreements.acting_party(work).side)
    return [views.AmendmentView.from_versions(before, after) for before, after in amendments]


@router.post("/{contract_id}/amendments", status_code=201, summary="Draft an amendment")
async def amend_contract(
    work: AsManager, contract_id: UUID, match: IfMatch, body: views.NewAmendment
) -> views.ContractView:
    """Both sides sign it, as they did the contract."""
    return await _view(work, await actions.amend(work, contract_id, match, body))


@router.post("/{contract_id}/notice", status_code=201, summary="Give notice of a contract")
async def give_contract_notice(
    work: AsCustomer, contract_id: UUID, body: views.NewContractNotice
) -> views.ContractView:
    """The contract ends with the first term whose notice date has not passed; until then it binds."""
    return await _view(work, await actions.give_notice(work, contract_id, body.given_on, body.reason))


@router.put("/{contract_id}/agreements/{agreement_id}", summary="Attach an agreement to a contract")
async def attach_contract_agreement(work: AsManager, contract_id: UUID, agreement_id: UUID) -> views.ContractView:
    """The agreement has to be with the same customer."""
    return await _view(work, await actions.attach_agreement(work, contract_id, agreement_id))


@router.delete("/{contract_id}/agreements/{agreement_id}", summary="Detach an agreement from a contract")
async def detach_contract_agreement(work: AsManager, contract_id: UUID, agreement_id: UUID) -> views.ContractView:
    """The agreement itself stays in force."""
    return await _view(work, await actions.detach_agreement(work, contract_id, agreement_id))


@router.post("/{contract_id}/obligations", status_code=201, summary="Add an obligation")
async def add_contract_obligation(work: AsManager, contract_id: UUID, body: views.NewObligation) -> views.ContractView:
    """Say what one side owes by a day, once or recurring. An event reminds of each due day once."""
    return await _view(work, await actions.add_obligation(work, contract_id, body.to_obligation()))


@router.post("/{contract_id}/obligations/{obligation_id}/fulfilment", status_code=201, summary="Fulfil an obligation")
async def fulfil_contract_obligation(
    work: AsCustomer, contract_id: UUID, obligation_id: UUID, body: views.NewFulfilment
) -> views.ContractView:
    """Give the evidence and, if the obligation recurs, the due day that is fulfilled."""
    return await _view(work, await actions.fulfil_obligation(work, contract_id, obligation_id, body))


async def _view(work: UnitOfWork, contract: Contract, day: date | None = None) -> views.ContractView:
    await work.flush()
    work.set_etag(contract)
    side = agreements.acting_party(work).side
    return views.ContractView.from_contract(contract, day or contract.local_day(work.now), side)
