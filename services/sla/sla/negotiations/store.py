"""Queries on the negotiations of agreements."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.negotiations.model import Negotiation
from sla.negotiations.record import NegotiationEntry


async def load_negotiations(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, Negotiation]:
    """Load the negotiation of the newest version of each agreement that the principal may see."""
    versions = await agreements.list_newest_versions(work, agreement_ids)
    entries = select(NegotiationEntry).where(NegotiationEntry.version_id.in_([version.id for version in versions]))
    records = defaultdict[UUID, list[NegotiationEntry]](list)
    for entry in await work.session.scalars(entries.order_by(NegotiationEntry.number)):
        records[entry.version_id].append(entry)
    return {version.agreement_id: Negotiation(version, records[version.id]) for version in versions}


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
