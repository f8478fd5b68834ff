"""Queries on waivers, and the decisions on the time that they are about."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
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


async def load_waiver_decisions(
    work: UnitOfWork, agreement_ids: Collection[UUID], at: datetime
) -> Mapping[UUID, Sequence[ExclusionDecision]]:
    """Load the decisions on all that was to be waived of each agreement, as known at an instant, in order of time."""
    query = select(Waiver).where(Waiver.agreement_id.in_(agreement_ids), Waiver.requested_at <= at)
    decisions = defaultdict[UUID, list[ExclusionDecision]](list)
    for waiver in await work.session.scalars(query.order_by(Waiver.window_from, Waiver.id)):
        decisions[waiver.agreement_id].append(waiver.decision_known_at(at))
    return decisions
