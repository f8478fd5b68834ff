"""Queries on back-tests, and on the past incidents that they count."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import undefer

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, AgreementVersion, OfferingReplica
from sla.backtests.model import Backtest
from sla.incidents.clocks.store import load_histories
from sla.incidents.history import IncidentHistory
from sla.incidents.model import Incident


def select_backtests(work: UnitOfWork, agreement_id: UUID | None, terms_sha256: str | None) -> Select[Backtest]:
    """Select back-tests; a customer sees those of its agreements that were shared with it."""
    query = select(Backtest)
    if work.principal.is_bound:
        query = work.select_visible(query, Backtest.customer_id).where(Backtest.shared)
    if agreement_id is not None:
        query = query.where(Backtest.agreement_id == agreement_id)
    return query if terms_sha256 is None else query.where(Backtest.terms_sha256 == terms_sha256)


async def list_newest_backtests(work: UnitOfWork, version: AgreementVersion, limit: int = 20) -> Sequence[Backtest]:
    """List back-tests made while this version was the newest: the latest of each terms document, latest first."""
    backtests = select_backtests(work, version.agreement_id, None).where(Backtest.id > version.id)
    following = select(AgreementVersion.id).where(
        AgreementVersion.agreement_id == version.agreement_id, AgreementVersion.number == version.number + 1
    )
    following_id = following.scalar_subquery()
    backtests = backtests.where(or_(following_id.is_(None), Backtest.id < following_id))
    newest = backtests.ext(distinct_on(Backtest.terms_sha256)).order_by(Backtest.terms_sha256, Backtest.id.desc())
    ids = newest.with_only_columns(Backtest.id)
    query = select(Backtest).where(Backtest.id.in_(ids)).order_by(Backtest.id.desc()).limit(limit)
    return (await work.session.scalars(query)).all()


async def get_backtest(work: UnitOfWork, backtest_id: UUID) -> Backtest:
    query = select_backtests(work, None, None).where(Backtest.id == backtest_id)
    backtest = await work.session.scalar(query.options(undefer(Backtest.terms), undefer(Backtest.document)))
    if backtest is None:
        raise NotFound("backtest", backtest_id)
    return backtest


async def load_past_histories(
    work: UnitOfWork, agreement: Agreement, start: datetime, end: datetime
) -> dict[UUID, IncidentHistory]:
    """Load the customer's incidents that opened in the time, on the offering or on its service as a whole."""
    service = select(OfferingReplica.service_id).where(OfferingReplica.offering_id == agreement.offering_id)
    is_of_service = Incident.offering_id.is_(None) & Incident.service_id.in_(service)
    query = (
        select(Incident.id)
        .where(Incident.customer_id == agreement.customer_id, Incident.opened_at >= start, Incident.opened_at < end)
        .where(or_(Incident.offering_id == agreement.offering_id, is_of_service))
    )
    return await load_histories(work, (await work.session.scalars(query.order_by(Incident.id))).all())
