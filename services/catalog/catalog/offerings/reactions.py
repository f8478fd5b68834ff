"""Reactions to agreements, as an offering with a live one cannot be retired; and to the names of customers."""

from collections.abc import Sequence

from catalog.offerings.model import CustomerReplica, LiveAgreement
from common.events.entity_replicas import delete_replicas, update_replicas, upsert_replicas
from common.unit_of_work import UnitOfWork
from published.engagement import CustomerRegistered, CustomerRenamed
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


async def upsert_customers(work: UnitOfWork, events: Sequence[CustomerRegistered | CustomerRenamed]) -> None:
    await upsert_replicas(work, CustomerReplica, events)
