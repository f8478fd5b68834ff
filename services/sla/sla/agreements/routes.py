"""HTTP: agreements and their versions."""

from uuid import UUID

from common.http.request_scope import AsReader, Router
from common.views import Instant
from sla.agreements import store
from sla.agreements.errors import NothingInForce
from sla.agreements.terms import ServiceDay
from sla.agreements.views import AgreementVersionView, TermsInForce

router = Router(prefix="/agreements", tags=["agreements"])


@router.get("/{agreement_id}/versions", summary="List the versions of an agreement")
async def list_agreement_versions(work: AsReader, agreement_id: UUID) -> list[AgreementVersionView]:
    """The oldest version comes first, each with the day it is valid from and the instant at which both had signed."""
    agreement = await store.get_agreement(work, agreement_id)
    return [AgreementVersionView.model_validate(version) for version in await store.list_versions(work, agreement.id)]


@router.get("/{agreement_id}/terms", summary="Read the terms in force on a day")
async def read_agreement_terms(
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
