"""Queries of customers' people and names."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from feedback.audience.model import CustomerReplica, MemberReplica


async def list_member_ids(session: AsyncSession, customer_id: UUID) -> list[UUID]:
    query = (
        select(MemberReplica.person_id)
        .where(MemberReplica.customer_id == customer_id)
        .order_by(MemberReplica.person_id)
    )
    return list(await session.scalars(query))


async def load_customer_names(session: AsyncSession, customers: Collection[UUID]) -> Mapping[UUID, str]:
    query = select(CustomerReplica.customer_id, CustomerReplica.name).where(CustomerReplica.customer_id.in_(customers))
    return {row.customer_id: row.name for row in await session.execute(query)}
