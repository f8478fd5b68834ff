"""Restates closed periods by itself when something is learnt later: late measurements, and noted corrections."""

# What was learnt becomes a list of periods, in one unit of work; each period is then restated in a unit of its own.

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from common.ids import new_id
from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from sla.compliance.settings import StatementSettings
from sla.compliance.statements import actions, store
from sla.compliance.statements.model import NothingToRestate, Statement
from sla.corrections.model import RestatementDue
from sla.corrections.store import lock_due_corrections as corrections_due
from sla.hours.spans import HOUR, Span, to_microseconds, union
from sla.measurements.model import LateArrival
from sla.measurements.store import lock_late_arrivals

JOB_NAME = "restate-periods"
BATCH_SIZE = 2000
"""Late hours and corrections that are looked through in one unit."""
LATE_MEASUREMENTS = "Measurements of this period arrived after it was closed."

log = structlog.get_logger(__name__)


def periodic_job(settings: StatementSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        await restate_due_periods(runtime)

    return PeriodicJob(JOB_NAME, settings.every, run)


async def restate_due_periods(runtime: Runtime) -> int:
    """How many statements were issued again."""
    while await _look_through(runtime):
        pass
    async with runtime.begin() as work:
        due = (await work.session.scalars(select(RestatementDue.id).order_by(RestatementDue.id))).all()
    return sum((await JobBatch(runtime, JOB_NAME, _restate).run(due)).results)


async def _look_through(runtime: Runtime) -> bool:
    """Note which periods depend on what was learnt, and take that off its lists; whether there may be more."""
    async with runtime.begin() as work:
        await store.lock_closing(work, alone=True)  # a period being closed may have missed what is on the lists
        reasons: dict[UUID, str] = {}
        for indicator_id, stretch in _stretches(late := await lock_late_arrivals(work.session, BATCH_SIZE)):
            reasons |= dict.fromkeys(
                await store.list_statement_ids_by_indicator(work, indicator_id, stretch), LATE_MEASUREMENTS
            )
        for one in (corrections := await corrections_due(work, BATCH_SIZE)):
            statements = await store.list_statement_ids_by_agreement(
                work, one.agreement_id, one.window_from, one.window_to
            )
            reasons |= dict.fromkeys(statements, one.reason)
        await _note(work, reasons)
        for done in (*late, *corrections):
            await work.session.delete(done)
    return BATCH_SIZE in (len(late), len(corrections))


def _stretches(late: Iterable[LateArrival]) -> Iterator[tuple[UUID, Span]]:
    """What is pushed late is mostly one stretch of time, whose hours need not be asked about one by one."""
    hours: dict[UUID, list[Span]] = defaultdict(list)
    for one in late:
        begin = to_microseconds(one.hour)
        hours[one.indicator_id].append(Span(begin, begin + HOUR))
    return ((indicator_id, stretch) for indicator_id, spans in hours.items() for stretch in union(spans))


async def _note(work: UnitOfWork, reasons: Mapping[UUID, str]) -> None:
    """In the order of the statements, as given; a correction says more than that measurements were late."""
    rows = await work.session.execute(
        select(Statement.id, Statement.agreement_id, Statement.period).where(Statement.id.in_(reasons))
    )
    period = {row.id: {"agreement_id": row.agreement_id, "period": row.period} for row in rows}
    for statement_id, reason in reasons.items():
        due = insert(RestatementDue).values(id=new_id(), reason=reason, noted_at=work.now, **period[statement_id])
        newer = {"reason": due.excluded.reason}
        key = ["agreement_id", "period"]
        known = (
            due.on_conflict_do_nothing(index_elements=key)
            if reason == LATE_MEASUREMENTS
            else due.on_conflict_do_update(index_elements=key, set_=newer)
        )
        await work.session.execute(known)


async def _restate(work: UnitOfWork, ids: Sequence[UUID]) -> int:
    """What comes out differently; what another transaction works on is left to it."""
    query = select(RestatementDue).where(RestatementDue.id.in_(ids)).with_for_update(skip_locked=True)
    return sum([await _correct(work, due) for due in (await work.session.scalars(query)).all()])


async def _correct(work: UnitOfWork, due: RestatementDue) -> bool:
    await work.session.delete(due)
    statement = await store.find_latest_revision(work, due.agreement_id, due.period)
    if statement is None:
        return False
    try:
        await actions.restate_from_minutes(work, statement.id, due.reason)
    except NothingToRestate as rule:
        log.info("late_without_restatement", statement=str(statement.id), reason=str(rule))
        return False
    return True
