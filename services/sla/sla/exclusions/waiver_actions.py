"""Asking for waivers, granting and revoking them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import WaiverGranted, WaiverRevoked
from sla.agreements import store as agreements
from sla.agreements.states import NegotiationStage
from sla.corrections.actions import record_correction
from sla.exclusions import store
from sla.exclusions.states import AgreementNotSigned, ObjectiveNotPromised, WaiverState
from sla.exclusions.waivers import Waiver
from sla.hours.spans import Span, to_datetime


async def request(
    work: UnitOfWork,
    agreement_id: UUID,
    objective_ids: Collection[UUID] | None,
    span: Span,
    reason: str,
    evidence: Sequence[str],
    *,
    both_sides: bool,
) -> Waiver:
    agreement = await agreements.get_agreement(work, agreement_id)
    await _check_promised(work, agreement_id, objective_ids or ())
    waiver = Waiver(
        agreement_id=agreement_id,
        customer_id=agreement.customer_id,
        objective_ids=None if objective_ids is None else sorted(map(str, objective_ids)),
        window_from=to_datetime(span.start),
        window_to=to_datetime(span.end),
        reason=reason,
        evidence=list(evidence),
        both_sides=both_sides,
        state=WaiverState.REQUESTED,
        requested_by=work.principal.subject,
        requested_at=work.now,
        approvals=[],
    )
    work.add(waiver)
    await work.flush()
    return waiver


async def approve(work: UnitOfWork, waiver_id: UUID) -> Waiver:
    waiver = await store.get_waiver(work, waiver_id, lock=True)
    granted = waiver.approve(agreements.acting_party(work), work.now)
    await work.flush()
    if granted:
        _correct(work, waiver, f"A waiver was granted: {waiver.reason}")
        work.emit(
            WaiverGranted(
                waiver_id=waiver.id,
                agreement_id=waiver.agreement_id,
                customer_id=waiver.customer_id,
                objective_ids=None if waiver.objective_ids is None else tuple(map(UUID, waiver.objective_ids)),
                window_from=waiver.window_from,
                window_to=waiver.window_to,
                reason=waiver.reason,
                granted_at=work.now,
            )
        )
    return waiver


async def refuse(work: UnitOfWork, waiver_id: UUID, reason: str) -> Waiver:
    waiver = await store.get_waiver(work, waiver_id, lock=True)
    waiver.refuse(agreements.acting_party(work), reason, work.now)
    await work.flush()
    return waiver


async def revoke(work: UnitOfWork, waiver_id: UUID, reason: str) -> Waiver:
    waiver = await store.get_waiver(work, waiver_id, lock=True)
    waiver.revoke(agreements.acting_party(work), reason, work.now)
    _correct(work, waiver, f"A waiver was revoked: {reason}")
    work.emit(
        WaiverRevoked(
            waiver_id=waiver.id,
            agreement_id=waiver.agreement_id,
            customer_id=waiver.customer_id,
            reason=reason,
            revoked_at=work.now,
        )
    )
    await work.flush()
    return waiver


def _correct(work: UnitOfWork, waiver: Waiver, reason: str) -> None:
    """Have closed periods looked at again; time still to come is in none. Incidents of that time may count later."""
    if waiver.window_from < work.now:
        record_correction(work, waiver.agreement_id, waiver.window_from, max(waiver.window_to, work.now), reason)


async def _check_promised(work: UnitOfWork, agreement_id: UUID, objective_ids: Collection[UUID]) -> None:
    signed = [one for one in await agreements.list_versions(work, agreement_id) if one.stage is NegotiationStage.SIGNED]
    if not signed:
        raise AgreementNotSigned("Nothing is promised by this agreement yet.")
    promised = frozenset[UUID]().union(*(one.terms.objective_ids for one in signed))
    if stray := set(objective_ids) - promised:
        raise ObjectiveNotPromised(f"No such objective: {min(stray)}.", field="objective_ids")
