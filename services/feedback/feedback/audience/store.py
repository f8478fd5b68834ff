"""Queries of customers' people."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from feedback.audience.model import MemberReplica


async def list_member_ids(session: AsyncSession, customer_id: UUID) -> list[UUID]:
    query = (
        select(MemberReplica.person_id)
        .where(MemberReplica.customer_id == customer_id)
        .order_by(MemberReplica.person_id)
    )
    return list(await session.scalars(query))
