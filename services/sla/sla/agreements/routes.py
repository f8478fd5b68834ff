"""HTTP: agreements and their versions."""

from uuid import UUID

from common.door import AsManager, AsReader, IfMatch, Router
from common.paging import Page, Paging, paginate
from common.work import Work
from sla.agreements import actions, store
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.states import AgreementState
from sla.agreements.terms import Terms
from sla.agreements.views import AgreementSummary, AgreementView, NewAgreement, VersionView

router = Router(prefix="/agreements", tags=["agreements"])


@router.post("", status_code=201, summary="Draft an agreement with a customer")
async def draft_agreement(work: AsManager, body: NewAgreement) -> AgreementView:
    """On a published offering. The customer sees it once it is proposed."""
    return _shown(work, await actions.draft(work, body.customer_id, body.offering_id, body.terms))


@router.get("", summary="List agreements, oldest first")
async def list_agreements(
    work: AsReader,
    paging: Paging,
    customer_id: UUID | None = None,
    offering_id: UUID | None = None,
    state: AgreementState | None = None,
) -> Page[AgreementSummary]:
    """A customer sees its own, and of those what was proposed to it."""
    query = store.agreements(work, customer_id, offering_id, state)
    page = await paginate(work.session, query, paging, key=Agreement.id)
    return page.map(AgreementSummary.model_validate)


@router.get("/{agreement_id}", summary="Read an agreement")
async def read_agreement(work: AsReader, agreement_id: UUID) -> AgreementView:
    agreement = await store.agreement(work, agreement_id)
    return _shown(work, await store.newest_version(work, agreement))


@router.get("/{agreement_id}/versions", summary="List the versions of an agreement")
async def list_versions(work: AsReader, agreement_id: UUID) -> list[VersionView]:
    """Each with the day it is valid from and the instant it was signed, oldest first."""
    agreement = await store.agreement(work, agreement_id)
    return [VersionView.model_validate(version) for version in await store.versions(work, agreement.id)]


@router.put("/{agreement_id}/terms", summary="Replace the terms of a draft")
async def edit_draft(work: AsManager, agreement_id: UUID, match: IfMatch, body: Terms) -> AgreementView:
    """Once it is proposed, terms change by proposals only."""
    return _shown(work, await actions.edit_draft(work, agreement_id, match, body))


def _shown(work: Work, version: AgreementVersion) -> AgreementView:
    work.tag(version.agreement)
    return AgreementView.of(version)
