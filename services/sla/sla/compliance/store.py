"""Which statements there are, the chain they form, and the measurements they are drawn from."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from common.work import Work
from sla.agreements.terms import Terms
from sla.compliance.model import Statement
from sla.measurements import store as measurements
from sla.measurements.minutes import Minutes


def statements(
    work: Work, agreement_id: UUID | None, customer_id: UUID | None, period: str | None
) -> Select[Statement]:
    query = work.visible(select(Statement), Statement.customer_id)
    wanted = {Statement.agreement_id: agreement_id, Statement.customer_id: customer_id, Statement.period: period}
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


async def hold_closing(work: Work, *, alone: bool = False) -> None:
    """Until the end of the transaction. Whoever holds it alone sees the statement of every period being closed."""
    hold = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    await work.session.execute(select(hold(func.hashtextextended("sla.close", 0))))


async def of_period(work: Work, agreement_id: UUID, period: str) -> Statement | None:
    """The last revision."""
    query = select(Statement).where(Statement.agreement_id == agreement_id, Statement.period == period)
    return (await work.session.scalars(query.order_by(Statement.revision.desc()).limit(1))).first()


async def last_of(work: Work, agreement_id: UUID) -> Statement | None:
    """The end of the chain."""
    query = select(Statement).where(Statement.agreement_id == agreement_id)
    return (await work.session.scalars(query.order_by(Statement.number.desc()).limit(1))).first()


async def chain_to(work: Work, statement: Statement) -> Sequence[Statement]:
    """Every statement of the agreement up to this one, oldest first."""
    query = select(Statement).where(
        Statement.agreement_id == statement.agreement_id, Statement.number <= statement.number
    )
    return (await work.session.scalars(query.order_by(Statement.number))).all()


async def drawn_from(work: Work, indicator_id: UUID, hour: datetime) -> Sequence[UUID]:
    """The last revisions of the statements that this hour of this indicator is evidence of."""
    later = aliased(Statement)
    superseded = (
        select(later.id)
        .where(later.agreement_id == Statement.agreement_id, later.period == Statement.period)
        .where(later.revision > Statement.revision)
    )
    evidence = Statement.document["result"]["objectives"].contains([{"indicator_id": str(indicator_id)}])
    query = select(Statement.id).where(
        Statement.period_from < hour + timedelta(hours=1), Statement.period_to > hour, evidence, ~superseded.exists()
    )
    return (await work.session.scalars(query.order_by(Statement.id))).all()


async def minutes(work: Work, terms: Terms, start: datetime, end: datetime) -> dict[UUID, Minutes]:
    """What was measured of every indicator of the terms."""
    return await measurements.minutes_of(work.session, terms.indicator_ids, start, end)
