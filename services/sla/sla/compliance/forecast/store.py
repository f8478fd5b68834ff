"""Queries on budget alerts and reported progress, and on the agreements that are due for them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement
from sla.agreements.states import AgreementState
from sla.compliance.forecast.model import BurnRateAlert, ReportedProgress
from sla.compliance.statements.model import Statement
from sla.compliance.statements.settings import StatementSettings


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


async def list_agreement_ids_to_report(work: UnitOfWork) -> Sequence[UUID]:
    """List the active agreements whose progress was never reported, or not for a while."""
    reported_before = work.now - work.service_settings.of(StatementSettings).progress_interval
    is_due = or_(ReportedProgress.agreement_id.is_(None), ReportedProgress.reported_at <= reported_before)
    query = select(Agreement.id).outerjoin(ReportedProgress, ReportedProgress.agreement_id == Agreement.id)
    query = query.where(Agreement.state == AgreementState.ACTIVE, is_due)
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def upsert_reported_progress(work: UnitOfWork, agreement_ids: Collection[UUID]) -> None:
    """Record that the progress of these agreements is reported now."""
    rows = [{"agreement_id": agreement_id, "reported_at": work.now} for agreement_id in agreement_ids]
    new = insert(ReportedProgress)
    changes = {"reported_at": new.excluded.reported_at}
    await work.session.execute(new.on_conflict_do_update(index_elements=["agreement_id"], set_=changes), rows)


async def list_newest_results(work: UnitOfWork, agreement_ids: Collection[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """Return the result of the newest statement of each agreement that has one."""
    query = select(Statement.agreement_id, Statement.document["result"]).ext(distinct_on(Statement.agreement_id))
    newest_first = query.order_by(Statement.agreement_id, Statement.number.desc())
    rows = await work.session.execute(newest_first.where(Statement.agreement_id.in_(agreement_ids)))
    return {row[0]: row[1] for row in rows}
