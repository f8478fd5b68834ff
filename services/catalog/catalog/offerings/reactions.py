"""Reactions to agreements: an offering with a live agreement cannot be retired."""

from catalog.offerings.model import LiveAgreement
from common.events.entity_replicas import upsert_replica
from common.unit_of_work import UnitOfWork
from published.sla import AgreementActivated, AgreementEnded, AgreementSigned


async def upsert_live_agreement(work: UnitOfWork, event: AgreementSigned) -> None:
    """Store the newest version of the agreement."""
    await upsert_replica(work, LiveAgreement, event)


async def mark_agreement_active(work: UnitOfWork, event: AgreementActivated) -> None:
    agreement = await work.session.get(LiveAgreement, event.agreement_id)
    if agreement is not None:
        agreement.active_since = event.activated_at


async def delete_live_agreement(work: UnitOfWork, event: AgreementEnded) -> None:
    agreement = await work.session.get(LiveAgreement, event.agreement_id)
    if agreement is not None:
        await work.session.delete(agreement)
