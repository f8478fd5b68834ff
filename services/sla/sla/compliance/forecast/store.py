"""Queries on budget alerts, and on the agreements that are checked for them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import or_, select

from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement
from sla.agreements.states import AgreementState
from sla.compliance.forecast.model import BurnRateAlert


async def list_agreement_ids_to_check(work: UnitOfWork) -> Sequence[UUID]:
    """List the agreements that are active, and those that have an alert."""
    alerted = select(BurnRateAlert.agreement_id)
    query = select(Agreement.id).where(or_(Agreement.state == AgreementState.ACTIVE, Agreement.id.in_(alerted)))
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def list_active_agreement_ids(work: UnitOfWork, agreement_ids: Collection[UUID]) -> Sequence[UUID]:
    query = select(Agreement.id).where(Agreement.id.in_(agreement_ids), Agreement.state == AgreementState.ACTIVE)
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def list_alerts(work: UnitOfWork, agreement_ids: Collection[UUID]) -> Sequence[BurnRateAlert]:
    query = select(BurnRateAlert).where(BurnRateAlert.agreement_id.in_(agreement_ids))
    return (await work.session.scalars(query)).all()
