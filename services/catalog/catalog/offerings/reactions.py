"""Reactions to agreements: an offering with a live agreement cannot be retired."""

from collections.abc import Sequence

from catalog.offerings.model import LiveAgreement
from common.events.entity_replicas import delete_replicas, update_replicas, upsert_replicas
from common.unit_of_work import UnitOfWork
from published.sla import AgreementActivated, AgreementEnded, AgreementSigned


async def upsert_live_agreements(work: UnitOfWork, events: Sequence[AgreementSigned]) -> None:
    """Store the newest version of each agreement."""
    await upsert_replicas(work, LiveAgreement, events)


async def mark_agreements_active(work: UnitOfWork, events: Sequence[AgreementActivated]) -> None:
    await update_replicas(
        work, LiveAgreement, events, lambda event: {"active_since": event.activated_at}, key=("agreement_id",)
    )


async def delete_live_agreements(work: UnitOfWork, events: Sequence[AgreementEnded]) -> None:
    await delete_replicas(work, LiveAgreement, events, key=("agreement_id",))
