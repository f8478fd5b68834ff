"""Request waivers, approve, refuse and revoke them."""

from collections.abc import Collection
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import WaiverGranted, WaiverRevoked
from sla.agreements import store as agreements
from sla.agreements.states import NegotiationStage
from sla.corrections.store import record_correction
from sla.exclusions.waivers import store
from sla.exclusions.waivers.errors import AgreementNotSigned, ObjectiveNotPromised
from sla.exclusions.waivers.model import Waiver, WaiverState
from sla.exclusions.waivers.views import NewWaiver
from sla.hours.spans import to_datetime


async def request(work: UnitOfWork, agreement_id: UUID, body: NewWaiver) -> Waiver:
    agreement = await agreements.get_agreement(work, agreement_id)
    await _check_promised(work, agreement_id, body.objective_ids or ())
    waiver = Waiver(
        agreement_id=agreement_id,
        customer_id=agreement.customer_id,
        objective_ids=None if body.objective_ids is None else sorted(map(str, body.objective_ids)),
        window_from=to_datetime(body.window.span.start),
        window_to=to_datetime(body.window.span.end),
        reason=body.reason,
        evidence=list(body.evidence),
        both_sides=body.both_sides,
        state=WaiverState.REQUESTED,
        requested_by=work.principal.subject,
        requested_at=work.now,
        approvals=[],
    )
    work.add(waiver)
    return waiver


async def approve(work: UnitOfWork, waiver_id: UUID) -> Waiver:
    waiver = await store.get_waiver(work, waiver_id, lock=True)
    is_granted = waiver.approve(agreements.acting_party(work), work.now)
    if is_granted:
        _record_correction(work, waiver, f"A waiver was granted: {waiver.reason}")
        work.emit(WaiverGranted.from_entity(waiver))
    return waiver


async def refuse(work: UnitOfWork, waiver_id: UUID, reason: str) -> Waiver:
    waiver = await store.get_waiver(work, waiver_id, lock=True)
    waiver.refuse(agreements.acting_party(work), reason, work.now)
    return waiver


async def revoke(work: UnitOfWork, waiver_id: UUID, reason: str) -> Waiver:
    waiver = await store.get_waiver(work, waiver_id, lock=True)
    waiver.revoke(agreements.acting_party(work), reason, work.now)
    _record_correction(work, waiver, f"A waiver was revoked: {reason}")
    work.emit(WaiverRevoked.from_entity(waiver, reason=reason))
    return waiver


def _record_correction(work: UnitOfWork, waiver: Waiver, reason: str) -> None:
    """Record the correction of closed periods, up to now: incidents of the waived time may count later."""
    if waiver.window_from < work.now:
        record_correction(work, waiver.agreement_id, waiver.window_from, max(waiver.window_to, work.now), reason)


async def _check_promised(work: UnitOfWork, agreement_id: UUID, objective_ids: Collection[UUID]) -> None:
    versions = await agreements.list_versions(work, agreement_id)
    signed_terms = [version.terms for version in versions if version.stage is NegotiationStage.SIGNED]
    if not signed_terms:
        raise AgreementNotSigned("This agreement has not been signed yet.")
    promised_ids = frozenset[UUID]().union(*(terms.objective_ids for terms in signed_terms))
    if unknown_ids := set(objective_ids) - promised_ids:
        raise ObjectiveNotPromised(f"No such objective: {min(unknown_ids)}.", field="objective_ids")
