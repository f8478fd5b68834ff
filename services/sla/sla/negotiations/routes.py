"""HTTP: the negotiation of an agreement. Each step is answered with the agreement as it is then."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.http.request_scope import AsCustomer, AsReader, Router
from common.views import Reason
from sla.agreements.store import find_amended_terms
from sla.agreements.views import AgreementView
from sla.negotiations import actions, store
from sla.negotiations.backtests_and_feasibility import load_terms_checks
from sla.negotiations.views import NegotiationView, NewAcceptance, NewObjection, NewProposal, NewSignature

router = Router(prefix="/agreements/{agreement_id}", tags=["negotiation"])


@router.get("/negotiation", summary="Read the record of a negotiation")
async def read_negotiation(
    work: AsReader, agreement_id: UUID, version: Annotated[int | None, Query(ge=1)] = None
) -> NegotiationView:
    """The record says who proposed, objected and accepted, and what each proposal changed; of an amendment also
    what it changes of the terms in force. Back-tests and feasibility say what is known of the terms on the table.
    Give `version` for another version than the newest.
    """
    negotiation = await store.get_negotiation(work, agreement_id, version)
    work.set_etag(negotiation.version.agreement)
    checks = await load_terms_checks(work, negotiation.version)
    amended_terms = await find_amended_terms(work, negotiation.version)
    return NegotiationView.from_negotiation(negotiation, amended_terms, checks, work.principal)


@router.post("/proposals", status_code=201, summary="Propose terms, or answer with others")
async def propose_terms(work: AsCustomer, agreement_id: UUID, body: NewProposal) -> AgreementView:
    """The provider proposes the draft; from then on each side answers the other's terms with its own."""
    return AgreementView.from_version(await actions.propose(work, agreement_id, body.terms, body.to_remarks()))


@router.post("/objections", status_code=201, summary="Object to the other side's proposal")
async def object_to_proposal(work: AsCustomer, agreement_id: UUID, body: NewObjection) -> AgreementView:
    """Say which objectives cannot be accepted, and why."""
    return AgreementView.from_version(await actions.object_to(work, agreement_id, body.to_remarks()))


@router.post("/acceptances", status_code=201, summary="Accept the other side's proposal")
async def accept_proposal(work: AsCustomer, agreement_id: UUID, body: NewAcceptance) -> AgreementView:
    """The proposal is accepted as a whole, or objective by objective."""
    return AgreementView.from_version(await actions.accept(work, agreement_id, body.to_remarks()))


@router.post("/signatures", status_code=201, summary="Sign the accepted terms for one side")
async def sign_agreement(work: AsCustomer, agreement_id: UUID, body: NewSignature) -> AgreementView:
    """The SHA-256 names the terms to sign. With both signatures the agreement is signed. The provider gives a reason
    for signing what its OLAs and underpinning contracts cannot hold.
    """
    signed = await actions.sign(work, agreement_id, body.terms_sha256, body.acknowledged_because)
    return AgreementView.from_version(signed)


@router.post("/withdrawal", status_code=201, summary="End the negotiation")
async def end_negotiation(work: AsCustomer, agreement_id: UUID, body: Reason) -> AgreementView:
    """The side whose proposal is on the table withdraws it, the other side rejects it."""
    return AgreementView.from_version(await actions.withdraw_or_reject(work, agreement_id, body.reason))
