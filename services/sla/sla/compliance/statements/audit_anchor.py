"""The newest seal of the audit trail, which statements name: a trail whose end is cut off no longer holds it."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
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
    """Find the seal that the newest statement names, if the audit trail does not hold it."""
    names_seal = Statement.document["audit_seal"]["number"].astext.is_not(None)
    newest = await session.scalar(select(Statement).where(names_seal).order_by(Statement.id.desc()).limit(1))
    if newest is None:
        return None
    anchor = newest.document["audit_seal"]
    seal = audit.Seal(int(anchor["number"]), bytes.fromhex(anchor["sha256"]))
    is_held = await audit.holds_seal(session, machinery_tables(Base.metadata).audit, seal)
    return None if is_held else LostSeal(newest.id, seal.number)
