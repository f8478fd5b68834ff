"""Who belongs to a customer, and what customers are called."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from feedback.audience.model import Customer, Member


async def members_of(session: AsyncSession, customer_id: UUID) -> list[UUID]:
    query = select(Member.person_id).where(Member.customer_id == customer_id).order_by(Member.person_id)
    return list(await session.scalars(query))


async def names_of(session: AsyncSession, customers: Collection[UUID]) -> Mapping[UUID, str]:
    query = select(Customer.customer_id, Customer.name).where(Customer.customer_id.in_(customers))
    return {row.customer_id: row.name for row in await session.execute(query)}
