"""HTTP: agreements and their versions."""

from uuid import UUID

from common.door import AsManager, AsReader, IfMatch, Router
from common.paging import Page, Paging, paginate
from common.views import Instant
from common.work import Work
from sla.agreements import actions, store
from sla.agreements.model import Agreement, AgreementVersion
from sla.agreements.states import AgreementKind, AgreementState
from sla.agreements.terms import ServiceDay, Terms
from sla.agreements.views import AgreementSummary, AgreementView, Amendment, NewAgreement, TermsInForce, VersionView

router = Router(prefix="/agreements", tags=["agreements"])


@router.post("", status_code=201, summary="Draft an agreement with a customer")
async def draft_agreement(work: AsManager, body: NewAgreement) -> AgreementView:
    """On a published offering. The customer sees it once it is proposed."""
    return _shown(work, await actions.draft(work, body.parties, body.terms))


@router.get("", summary="List agreements, oldest first")
async def list_agreements(
    work: AsReader,
    paging: Paging,
    customer_id: UUID | None = None,
    offering_id: UUID | None = None,
    state: AgreementState | None = None,
    kind: AgreementKind | None = None,
    closure_calendar_id: UUID | None = None,
) -> Page[AgreementSummary]:
    """A customer sees its own, and of those what was proposed to it. `closure_calendar_id`: whose hours it closes."""
    wanted = {
        Agreement.customer_id: customer_id,
        Agreement.offering_id: offering_id,
        Agreement.state: state,
        Agreement.kind: kind,
    }
    query = store.agreements(work, wanted)
    if closure_calendar_id is not None:
        query = store.naming(query, closure_calendar_id)
    page = await paginate(work.session, query, paging, key=Agreement.id)
    return page.map(AgreementSummary.model_validate)


@router.get("/{agreement_id}", summary="Read an agreement")
async def read_agreement(work: AsReader, agreement_id: UUID) -> AgreementView:
    agreement = await store.agreement(work, agreement_id)
    return _shown(work, await store.newest_version(work, agreement))


@router.get("/{agreement_id}/versions", summary="List the versions of an agreement")
async def list_versions(work: AsReader, agreement_id: UUID) -> list[VersionView]:
    """Each with the day it is valid from and the instant from which both sides had signed it, oldest first."""
    agreement = await store.agreement(work, agreement_id)
    return [VersionView.model_validate(version) for version in await store.versions(work, agreement.id)]


@router.put("/{agreement_id}/terms", summary="Replace the terms of a draft")
async def edit_draft(work: AsManager, agreement_id: UUID, match: IfMatch, body: Terms) -> AgreementView:
    """Once it is proposed, terms change by proposals only."""
    return _shown(work, await actions.edit_draft(work, agreement_id, match, body))


@router.get("/{agreement_id}/terms", summary="Read what binds on a day")
async def read_terms(
    work: AsReader, agreement_id: UUID, on: ServiceDay | None = None, known_at: Instant | None = None
) -> TermsInForce:
    """Today and as it is known now, or `on` another day and as it was `known_at` an instant."""
    agreement = await store.agreement(work, agreement_id)
    schedule = await store.schedule(work, agreement.id, known_at=known_at)
    day, binding = actions.binding_on(work, schedule, on)
    return TermsInForce.of(binding, day, known_at or work.now)


@router.post("/{agreement_id}/amendments", status_code=201, summary="Draft the next version of a signed agreement")
async def draft_amendment(work: AsManager, agreement_id: UUID, body: Amendment) -> AgreementView:
    """Valid from its first day, which no statement has been issued for. It is negotiated and signed like the first
    version; the customer sees it once it is proposed. Until its day comes, what is in force stays in force.
    """
    return _shown(work, await actions.amend(work, agreement_id, body.terms))


def _shown(work: Work, version: AgreementVersion) -> AgreementView:
    work.tag(version.agreement)
    return AgreementView.of(version)
