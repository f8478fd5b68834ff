"""The newest seal of the audit trail, which statements name: a trail whose end is cut off no longer holds it."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.database.machinery_tables import machinery_tables
from sla.compliance.statements.model import Statement
from sla.schema import Base


class LostSeal(NamedTuple):
    """A seal that a statement names and the audit trail does not hold."""

    statement_id: UUID
    number: int


async def build_audit_anchor(session: AsyncSession) -> dict[str, Any] | None:
    """Build what statements issued now say of the audit trail; None while nothing is sealed."""
    seal = await audit.find_newest_seal(session, machinery_tables(Base.metadata).audit)
    return None if seal is None else {"number": seal.number, "sha256": seal.value.hex()}


async def find_lost_seal(session: AsyncSession) -> LostSeal | None:
    """Find the first seal that a statement names and the audit trail does not hold, or holds with another value."""
    trail, named_seal = machinery_tables(Base.metadata).audit, Statement.document["audit_seal"]
    number = named_seal["number"].astext.cast(BigInteger)
    is_held = (trail.c.seal_number == number) & (func.encode(trail.c.seal, "hex") == named_seal["sha256"].astext)
    query = select(Statement.id, number).where(number.is_not(None), ~select(trail.c.seq).where(is_held).exists())
    row = (await session.execute(query.order_by(number).limit(1))).first()
    return LostSeal(*row) if row else None
