"""HTTP: drafting agreements and amendments."""

from uuid import UUID

from common.http.request_scope import AsManager, IfMatch, Router
from sla.agreements.terms import Terms
from sla.agreements.views import AgreementView
from sla.drafts import actions
from sla.drafts.views import Amendment, NewAgreement, NewCopy

router = Router(prefix="/agreements", tags=["agreements"])


@router.post("", status_code=201, summary="Draft an agreement with a customer")
async def draft_agreement(work: AsManager, body: NewAgreement) -> AgreementView:
    """The offering is published in the catalog. The customer sees the agreement once it is proposed.

    With `template_id` the terms are those of a published template and `fill_in`; the answer names what is missing.
    """
    return AgreementView.from_version(await actions.draft(work, body))


@router.post("/{agreement_id}/copies", status_code=201, summary="Copy an agreement into a new draft")
async def copy_agreement(work: AsManager, agreement_id: UUID, body: NewCopy) -> AgreementView:
    """Take the terms in force or, before there are any, those being negotiated, for the same customer or another.

    First and last day are left out, and so are signatures and the requirements that objectives answer.
    """
    return AgreementView.from_version(await actions.copy_agreement(work, agreement_id, body))


@router.put("/{agreement_id}/terms", summary="Replace the terms of a draft")
async def replace_draft_terms(work: AsManager, agreement_id: UUID, match: IfMatch, body: Terms) -> AgreementView:
    """Terms that were proposed change by proposals only."""
    return AgreementView.from_version(await actions.edit_draft(work, agreement_id, match, body))


@router.post("/{agreement_id}/amendments", status_code=201, summary="Draft the next version of a signed agreement")
async def draft_amendment(work: AsManager, agreement_id: UUID, body: Amendment) -> AgreementView:
    """An amendment starts on a day that has no statement, and is negotiated and signed like the first version.

    The customer sees it once it is proposed. Until its first day, the version in force stays in force.
    """
    return AgreementView.from_version(await actions.draft_amendment(work, agreement_id, body.terms))
