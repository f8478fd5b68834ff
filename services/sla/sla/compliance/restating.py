"""Restates closed periods by itself when something is learnt later: late measurements, and noted corrections."""

# What was learnt becomes a list of periods, in one unit of work; each period is then restated in a unit of its own.

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from common.ids import new_id
from common.service import Duty, Runtime
from common.setbacks import Chore
from common.work import Work
from sla.compliance import actions, store
from sla.compliance.model import NothingToRestate, Statement
from sla.compliance.settings import StatementSettings
from sla.corrections.model import RestatementDue
from sla.corrections.store import due as corrections_due
from sla.hours.spans import HOUR, Span, microseconds, union
from sla.measurements.model import LateArrival
from sla.measurements.store import late_arrivals

NAME = "restate-periods"
AT_ONCE = 2000
"""Late hours and corrections that are looked through in one unit."""
LATE = "Measurements of this period arrived after it was closed."

log = structlog.get_logger(__name__)


def duty(settings: StatementSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        await restate_late(runtime)

    return Duty(NAME, settings.every, run)


async def restate_late(runtime: Runtime) -> int:
    """How many statements were issued again."""
    while await _look_through(runtime):
        pass
    async with runtime.begin() as work:
        due = (await work.session.scalars(select(RestatementDue.id).order_by(RestatementDue.id))).all()
    return sum((await Chore(runtime, NAME, _restate).each(due)).results)


async def _look_through(runtime: Runtime) -> bool:
    """Note which periods depend on what was learnt, and take that off its lists; whether there may be more."""
    async with runtime.begin() as work:
        await store.hold_closing(work, alone=True)  # a period being closed may have missed what is on the lists
        reasons: dict[UUID, str] = {}
        for indicator_id, stretch in _stretches(late := await late_arrivals(work.session, AT_ONCE)):
            reasons |= dict.fromkeys(await store.drawn_from(work, indicator_id, stretch), LATE)
        for one in (corrections := await corrections_due(work, AT_ONCE)):
            statements = await store.depending_on(work, one.agreement_id, one.window_from, one.window_to)
            reasons |= dict.fromkeys(statements, one.reason)
        await _note(work, reasons)
        for done in (*late, *corrections):
            await work.session.delete(done)
    return AT_ONCE in (len(late), len(corrections))


def _stretches(late: Iterable[LateArrival]) -> Iterator[tuple[UUID, Span]]:
    """What is pushed late is mostly one stretch of time, whose hours need not be asked about one by one."""
    hours: dict[UUID, list[Span]] = defaultdict(list)
    for one in late:
        begin = microseconds(one.hour)
        hours[one.indicator_id].append(Span(begin, begin + HOUR))
    return ((indicator_id, stretch) for indicator_id, spans in hours.items() for stretch in union(spans))


async def _note(work: Work, reasons: Mapping[UUID, str]) -> None:
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
            if reason == LATE
            else due.on_conflict_do_update(index_elements=key, set_=newer)
        )
        await work.session.execute(known)


async def _restate(work: Work, ids: Sequence[UUID]) -> int:
    """What comes out differently; what another transaction works on is left to it."""
    query = select(RestatementDue).where(RestatementDue.id.in_(ids)).with_for_update(skip_locked=True)
    return sum([await _correct(work, due) for due in (await work.session.scalars(query)).all()])


async def _correct(work: Work, due: RestatementDue) -> bool:
    await work.session.delete(due)
    statement = await store.of_period(work, due.agreement_id, due.period)
    if statement is None:
        return False
    try:
        await actions.correct(work, statement.id, due.reason)
    except NothingToRestate as rule:
        log.info("late_without_restatement", statement=str(statement.id), reason=str(rule))
        return False
    return True
