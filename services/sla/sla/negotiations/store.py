"""Queries on the negotiations of agreements."""

from uuid import UUID

from sqlalchemy import select

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.negotiations.model import Negotiation
from sla.negotiations.record import NegotiationEntry


async def get_negotiation(
    work: UnitOfWork, agreement_id: UUID, number: int | None = None, *, lock: bool = False
) -> Negotiation:
    """Return the negotiation of the version with this number, by default the newest; lock it to take a step."""
    agreement = await agreements.get_agreement(work, agreement_id, lock=lock)
    version = await agreements.get_version(work, agreement.id, number)
    record = await work.session.scalars(
        select(NegotiationEntry).where(NegotiationEntry.version_id == version.id).order_by(NegotiationEntry.number)
    )
    return Negotiation(version, list(record))
