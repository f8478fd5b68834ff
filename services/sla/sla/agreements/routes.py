"""HTTP: agreements and their versions."""

from uuid import UUID

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsReader, Router
from common.views import Instant
from sla.agreements import actions, store
from sla.agreements.model import Agreement
from sla.agreements.states import AgreementKind, AgreementState
from sla.agreements.terms import ServiceDay
from sla.agreements.views import AgreementSummary, AgreementVersionView, AgreementView, TermsInForce

router = Router(prefix="/agreements", tags=["agreements"])


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
    query = store.select_agreements(work, wanted)
    if closure_calendar_id is not None:
        query = store.select_naming_calendar(query, closure_calendar_id)
    page = await paginate(work.session, query, paging, key=Agreement.id)
    return page.to_page(AgreementSummary.model_validate)


@router.get("/{agreement_id}", summary="Read an agreement")
async def read_agreement(work: AsReader, agreement_id: UUID) -> AgreementView:
    agreement = await store.get_agreement(work, agreement_id)
    work.set_etag(agreement)
    return AgreementView.from_entity(await store.get_newest_version(work, agreement))


@router.get("/{agreement_id}/versions", summary="List the versions of an agreement")
async def list_versions(work: AsReader, agreement_id: UUID) -> list[AgreementVersionView]:
    """Each with the day it is valid from and the instant from which both sides had signed it, oldest first."""
    agreement = await store.get_agreement(work, agreement_id)
    return [AgreementVersionView.model_validate(version) for version in await store.list_versions(work, agreement.id)]


@router.get("/{agreement_id}/terms", summary="Read what binds on a day")
async def read_terms(
    work: AsReader, agreement_id: UUID, on: ServiceDay | None = None, known_at: Instant | None = None
) -> TermsInForce:
    """Today and as it is known now, or `on` another day and as it was `known_at` an instant."""
    agreement = await store.get_agreement(work, agreement_id)
    schedule = await store.load_schedule(work, agreement.id, known_at=known_at)
    day, binding = actions.get_binding_on(work, schedule, on)
    return TermsInForce.from_binding(binding, day, known_at or work.now)
