"""Queries on waivers, and the decisions on the time that they are about."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from common.unit_of_work import UnitOfWork
from sla.exclusions.exclusion_rules import ExclusionDecision
from sla.exclusions.waivers.model import Waiver, WaiverState


def select_waivers(work: UnitOfWork, agreement_id: UUID | None, state: WaiverState | None) -> Select[Waiver]:
    query = work.select_visible(select(Waiver).options(selectinload(Waiver.approvals)), Waiver.customer_id)
    columns = {Waiver.agreement_id: agreement_id, Waiver.state: state}
    return query.where(*(column == value for column, value in columns.items() if value is not None))


async def get_waiver(work: UnitOfWork, waiver_id: UUID, *, lock: bool = False) -> Waiver:
    waiver = await work.get(Waiver, waiver_id, lock=lock)
    await work.session.refresh(waiver, ["approvals"])
    return waiver


async def list_waiver_decisions(work: UnitOfWork, agreement_id: UUID, at: datetime) -> list[ExclusionDecision]:
    """List the decisions on everything that was to be waived, as known at an instant, in the order of time."""
    query = select(Waiver).where(Waiver.agreement_id == agreement_id, Waiver.requested_at <= at)
    waivers = await work.session.scalars(query.order_by(Waiver.window_from, Waiver.id))
    return [waiver.decision_known_at(at) for waiver in waivers]
