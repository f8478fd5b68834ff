"""Corrections still to be done."""

from collections.abc import Sequence

from sqlalchemy import select

from common.unit_of_work import UnitOfWork
from sla.corrections.model import CorrectionDue


async def lock_due_corrections(work: UnitOfWork, limit: int) -> Sequence[CorrectionDue]:
    """The oldest, locked; those another transaction works on are left out."""
    query = select(CorrectionDue).order_by(CorrectionDue.id).limit(limit).with_for_update(skip_locked=True)
    return (await work.session.scalars(query)).all()
