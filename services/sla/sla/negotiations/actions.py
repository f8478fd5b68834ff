"""The steps of a negotiation: propose, object, accept, sign, withdraw or reject."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import AcknowledgedShortfall, AgreementAmended, AgreementSigned, PromisedObjective
from sla.agreements.amendments import check_amendment
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.lifecycle_job import apply_schedule_change
from sla.agreements.model import AgreementSignature, AgreementVersion
from sla.agreements.states import NegotiationStage, check_negotiable
from sla.agreements.store import acting_party, load_lifecycle
from sla.agreements.terms import Terms
from sla.drafts.actions import check_draft_terms, check_usable_terms
from sla.drafts.reference_checks import get_published_offering
from sla.negotiations import store
from sla.negotiations.backtests_and_feasibility import list_chain_shortfalls
from sla.negotiations.model import Negotiation, Remarks
from sla.negotiations.record import NegotiationEntry


async def propose(work: UnitOfWork, agreement_id: UUID, terms: Terms | None, remarks: Remarks) -> AgreementVersion:
    negotiation = await store.get_negotiation(work, agreement_id, lock=True)
    version = negotiation.version
    check_negotiable(version.stage)
    if terms is None:
        await check_usable_terms(work, version.agreement, version.number, version.terms)
    else:
        await check_draft_terms(work, version.agreement, version.number, terms)
    return await _save(work, negotiation, negotiation.propose(acting_party(work), terms, remarks, work.now))


async def object_to(work: UnitOfWork, agreement_id: UUID, remarks: Remarks) -> AgreementVersion:
    negotiation = await store.get_negotiation(work, agreement_id, lock=True)
    return await _save(work, negotiation, negotiation.object_to(acting_party(work), remarks, work.now))


async def accept(work: UnitOfWork, agreement_id: UUID, remarks: Remarks) -> AgreementVersion:
    negotiation = await store.get_negotiation(work, agreement_id, lock=True)
    return await _save(work, negotiation, negotiation.accept(acting_party(work), remarks, work.now))


async def withdraw_or_reject(work: UnitOfWork, agreement_id: UUID, reason: str) -> AgreementVersion:
    negotiation = await store.get_negotiation(work, agreement_id, lock=True)
    return await _save(work, negotiation, negotiation.withdraw_or_reject(acting_party(work), reason, work.now))


async def sign(
    work: UnitOfWork, agreement_id: UUID, terms_sha256: str, acknowledged_because: str | None = None
) -> AgreementVersion:
    """Sign for one side; the second signature puts the version in force from its first day on."""
    negotiation = await store.get_negotiation(work, agreement_id, lock=True)
    version = negotiation.version
    lifecycle = await load_lifecycle(work, agreement_id)
    shortfalls = await list_chain_shortfalls(work, version)
    signature = negotiation.sign(acting_party(work), terms_sha256, work.now, shortfalls, acknowledged_because)
    event = await _build_signed_event(work, version, lifecycle)
    if version.stage is NegotiationStage.SIGNED:
        work.emit(event)
        await apply_schedule_change(work, version.agreement, lifecycle.schedule)
    return await _save(work, negotiation, signature)


async def _save(
    work: UnitOfWork, negotiation: Negotiation, step: NegotiationEntry | AgreementSignature
) -> AgreementVersion:
    work.add(step)
    await work.flush()
    work.set_etag(negotiation.version.agreement)
    return negotiation.version


async def _build_signed_event(
    work: UnitOfWork, version: AgreementVersion, lifecycle: Lifecycle
) -> AgreementSigned | AgreementAmended:
    """Check that the version can still be signed, and build the event of its last signature."""
    agreement, terms = version.agreement, version.terms
    fields = {
        "version": version.number,
        "objectives": _promised_objectives(terms),
        "signed_at": work.now,
        "acknowledged": _acknowledged_shortfall(version),
    }
    if version.number > 1:
        check_amendment(agreement.state, lifecycle, agreement.review_due_at, terms)
        return AgreementAmended.from_entity(version, terms, agreement, **fields)
    offering = await get_published_offering(work, agreement.offering_id)
    return AgreementSigned.from_entity(agreement, offering, **fields)


def _acknowledged_shortfall(version: AgreementVersion) -> AcknowledgedShortfall | None:
    for signature in version.signatures:
        if signature.shortfalls and signature.acknowledged_because is not None:
            return AcknowledgedShortfall(
                shortfalls=tuple(signature.shortfalls),
                reason=signature.acknowledged_because,
                acknowledged_by=signature.subject,
                acknowledged_at=signature.signed_at,
            )
    return None


def _promised_objectives(terms: Terms) -> tuple[PromisedObjective, ...]:
    return tuple(
        PromisedObjective(objective_id=objective.id, name=objective.name, kind=objective.kind, target=objective.target)
        for objective in terms.objectives
    )
