"""HTTP: agreements and their versions."""

from uuid import UUID

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsReader, Router
from common.views import Instant
from sla.agreements import store
from sla.agreements.errors import NothingInForce
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
    """A customer sees its own agreements, once they were proposed to it.

    `closure_calendar_id` selects the agreements whose terms name this closure calendar.
    """
    filters = {
        Agreement.customer_id: customer_id,
        Agreement.offering_id: offering_id,
        Agreement.state: state,
        Agreement.kind: kind,
    }
    query = store.select_agreements(work, filters, closure_calendar_id)
    page = await paginate(work.session, query, paging, key=Agreement.id)
    return page.to_page(AgreementSummary.model_validate)


@router.get("/{agreement_id}", summary="Read an agreement")
async def read_agreement(work: AsReader, agreement_id: UUID) -> AgreementView:
    agreement = await store.get_agreement(work, agreement_id)
    work.set_etag(agreement)
    return AgreementView.from_version(await store.get_version(work, agreement.id))


@router.get("/{agreement_id}/versions", summary="List the versions of an agreement")
async def list_versions(work: AsReader, agreement_id: UUID) -> list[AgreementVersionView]:
    """The oldest version comes first, each with the day it is valid from and the instant at which both had signed."""
    agreement = await store.get_agreement(work, agreement_id)
    return [AgreementVersionView.model_validate(version) for version in await store.list_versions(work, agreement.id)]


@router.get("/{agreement_id}/terms", summary="Read the terms in force on a day")
async def read_terms(
    work: AsReader, agreement_id: UUID, on: ServiceDay | None = None, known_at: Instant | None = None
) -> TermsInForce:
    """Give `on` for another day than today, and `known_at` for the terms as they were known at an instant."""
    agreement = await store.get_agreement(work, agreement_id)
    schedule = await store.load_schedule(work, agreement.id, known_at=known_at)
    day = on or (schedule.local_day(work.now) if schedule.bindings else work.now.date())
    binding = schedule.binding_on(day)
    if binding is None:
        raise NothingInForce(f"No version is in force on {day}.", field="on")
    return TermsInForce.from_entity(binding, on=day, known_at=known_at or work.now)
