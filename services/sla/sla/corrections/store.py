"""Queries on corrections and restatements that are due."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.corrections.model import CorrectionDue, RestatementDue


def record_correction(
    work: UnitOfWork, agreement_id: UUID, window_from: datetime, window_to: datetime, reason: str
) -> None:
    """Record it in the transaction of its cause; the restatement job restates the periods that come out differently."""
    window = {"window_from": window_from, "window_to": window_to}
    work.add(CorrectionDue(agreement_id=agreement_id, reason=reason, noted_at=work.now, **window))


async def lock_due_corrections(work: UnitOfWork, limit: int) -> Sequence[CorrectionDue]:
    """Lock the oldest corrections, skipping rows that another transaction holds."""
    query = select(CorrectionDue).order_by(CorrectionDue.id).limit(limit).with_for_update(skip_locked=True)
    return (await work.session.scalars(query)).all()


async def add_due_restatement(work: UnitOfWork, agreement_id: UUID, period: str, reason: str, *, replace: bool) -> None:
    """Add a restatement unless the period has one; with `replace`, that one takes over the reason."""
    values = {"agreement_id": agreement_id, "period": period, "reason": reason}
    statement = insert(RestatementDue).values(id=new_id(), noted_at=work.now, **values)
    key = ["agreement_id", "period"]
    if replace:
        statement = statement.on_conflict_do_update(index_elements=key, set_={"reason": statement.excluded.reason})
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    await work.session.execute(statement)


async def list_due_restatement_ids(work: UnitOfWork) -> Sequence[UUID]:
    return (await work.session.scalars(select(RestatementDue.id).order_by(RestatementDue.id))).all()


async def lock_due_restatements(work: UnitOfWork, ids: Collection[UUID]) -> Sequence[RestatementDue]:
    """Lock the restatements, skipping rows that another transaction holds."""
    query = select(RestatementDue).where(RestatementDue.id.in_(ids)).with_for_update(skip_locked=True)
    return (await work.session.scalars(query)).all()
