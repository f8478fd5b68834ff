"""Which statements there are, the chain they form, and the evidence they are drawn from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from common.work import Work
from sla.agreements.model import Agreement, KnownOffering
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.terms import Terms
from sla.compliance.evidence import Evidence
from sla.compliance.model import Statement
from sla.compliance.windows import InForce, evidence_from, in_force, stretch_of
from sla.exclusions import store as exclusions
from sla.hours.spans import Span, microseconds, moment
from sla.incidents.tally import IncidentTally
from sla.incidents.tallying import tallies
from sla.measurements import store as measurements


class Link(NamedTuple):
    """A statement as the next one of its agreement names it."""

    number: int
    sha256: str


class Parties(NamedTuple):
    """Whose agreement it is, and on which service."""

    agreement_id: UUID
    customer_id: UUID
    service_id: UUID
    service_name: str


def statements(
    work: Work, agreement_id: UUID | None, customer_id: UUID | None, period: str | None
) -> Select[Statement]:
    query = work.visible(select(Statement), Statement.customer_id)
    wanted = {Statement.agreement_id: agreement_id, Statement.customer_id: customer_id, Statement.period: period}
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


def known_on(work: Work, agreement_id: UUID, period: str | None, known_at: datetime) -> Select[Statement]:
    """Of each period the revision that was the last one at that instant."""
    later = aliased(Statement)
    superseded = _later_than(Statement, later).where(later.issued_at <= known_at)
    return statements(work, agreement_id, None, period).where(Statement.issued_at <= known_at, ~superseded.exists())


async def hold_closing(work: Work, *, alone: bool = False) -> None:
    """Until the end of the transaction. Whoever holds it alone sees the statement of every period being closed."""
    hold = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    await work.session.execute(select(hold(func.hashtextextended("sla.close", 0))))


async def of_period(work: Work, agreement_id: UUID, period: str) -> Statement | None:
    """The last revision."""
    query = select(Statement).where(Statement.agreement_id == agreement_id, Statement.period == period)
    return (await work.session.scalars(query.order_by(Statement.revision.desc()).limit(1))).first()


async def ends(work: Work, agreement_ids: Collection[UUID]) -> dict[UUID, Link]:
    """The ends of the chains; agreements without a statement have none."""
    query = (
        select(Statement.agreement_id, Statement.number, Statement.sha256)
        .where(Statement.agreement_id.in_(agreement_ids))
        .ext(distinct_on(Statement.agreement_id))
        .order_by(Statement.agreement_id, Statement.number.desc())
    )
    return {row[0]: Link(row[1], row[2]) for row in await work.session.execute(query)}


async def parties(work: Work, agreement_ids: Collection[UUID]) -> dict[UUID, Parties]:
    query = (
        select(Agreement.id, Agreement.customer_id, KnownOffering.service_id, KnownOffering.service_name)
        .join(KnownOffering, KnownOffering.offering_id == Agreement.offering_id)
        .where(Agreement.id.in_(agreement_ids))
    )
    return {row[0]: Parties(*row) for row in await work.session.execute(query)}


async def locked(work: Work, agreement_ids: Collection[UUID]) -> Sequence[Agreement]:
    """In the order of their ids, as everybody locks several."""
    query = select(Agreement).where(Agreement.id.in_(agreement_ids)).order_by(Agreement.id)
    return (await work.session.scalars(query.with_for_update())).all()


async def chain_to(work: Work, statement: Statement) -> Sequence[Statement]:
    """Every statement of the agreement up to this one, oldest first."""
    query = select(Statement).where(
        Statement.agreement_id == statement.agreement_id, Statement.number <= statement.number
    )
    return (await work.session.scalars(query.order_by(Statement.number))).all()


async def drawn_from(work: Work, indicator_id: UUID, stretch: Span) -> Sequence[UUID]:
    """The last revisions of the statements that this indicator is evidence of with this time, by period."""
    evidence = Statement.document["result"]["objectives"].contains([{"indicator_id": str(indicator_id)}])
    query = _last_revisions(moment(stretch.start), moment(stretch.end)).where(evidence)
    return (await work.session.scalars(query)).all()


async def depending_on(work: Work, agreement_id: UUID, window_from: datetime, window_to: datetime) -> Sequence[UUID]:
    """The last revisions of the agreement's statements that this time is evidence of, by period."""
    query = _last_revisions(window_from, window_to).where(Statement.agreement_id == agreement_id)
    return (await work.session.scalars(query)).all()


def _last_revisions(window_from: datetime, window_to: datetime) -> Select[UUID]:
    overlaps = Statement.evidence_from < window_to, Statement.period_to > window_from
    superseded = _later_than(Statement, aliased(Statement))
    query = select(Statement.id).where(*overlaps, ~superseded.exists())
    return query.order_by(Statement.period_from, Statement.id)


def _later_than(one: type[Statement], later: type[Statement]) -> Select[UUID]:
    return select(later.id).where(
        later.agreement_id == one.agreement_id, later.period == one.period, later.revision > one.revision
    )


class Asked(NamedTuple):
    """A period of which the evidence is wanted."""

    agreement_id: UUID | None
    """Null: neither exclusions nor incidents."""
    terms: Terms
    start: datetime
    end: datetime
    days: InForce


@dataclass(frozen=True, slots=True)
class Reach:
    """How far evidence is gathered."""

    days: InForce | None = None
    """Those the terms bind, if it is not as they say themselves."""
    since: datetime | None = None
    """To go back further than the terms need."""
    foreseen: datetime | None = None
    """With the exclusions that are planned until then."""
    known_at: datetime | None = None
    """Exclusions and incidents as they were known at an instant (now)."""


async def evidence(
    work: Work, agreement_id: UUID | None, terms: Terms, start: datetime, end: datetime, reach: Reach | None = None
) -> Evidence:
    """All that the terms are evaluated on from `start` to `end`."""
    reach = reach or Reach()
    asked = Asked(agreement_id, terms, start, end, reach.days or in_force(terms))
    begin = min(_begin(asked), reach.since or start)
    return await _with_records(work, asked, await measured(work, [terms], begin, end), begin, reach)


async def evidence_of(work: Work, asked: Sequence[Asked]) -> list[Evidence]:
    """The same of many periods, of agreements, with their measurements read at once."""
    spans: dict[tuple[datetime, datetime], list[Terms]] = defaultdict(list)
    for one in asked:
        spans[_begin(one), one.end].append(one.terms)
    found = {span: await measured(work, terms, *span) for span, terms in spans.items()}
    whole = min(begin for begin, _ in spans), max(end for _, end in spans)
    touched = await exclusions.perhaps_excluded(work, {one.agreement_id for one in asked if one.agreement_id}, *whole)
    return [
        await _with_records(work, one, found[_begin(one), one.end], _begin(one), Reach(), one.agreement_id in touched)
        for one in asked
    ]


async def measured(work: Work, terms: Iterable[Terms], begin: datetime, end: datetime) -> Evidence:
    """Minutes and observations alone, of all indicators that are named."""
    counted, observed = set[UUID](), set[UUID]()
    for objective in (objective for one in terms for objective in one.objectives):
        if not isinstance(objective, IncidentObjective):
            (observed if isinstance(objective, PercentileObjective) else counted).add(objective.indicator_id)
    return Evidence(
        await measurements.minutes_of(work.session, counted, begin, end) if counted else {},
        await measurements.observations_of(work.session, observed, begin, end) if observed else {},
    )


def _begin(asked: Asked) -> datetime:
    return evidence_from(asked.terms, asked.start, asked.end, asked.days)


async def _with_records(
    work: Work, asked: Asked, found: Evidence, begin: datetime, reach: Reach, excluded: bool = True
) -> Evidence:
    if asked.agreement_id is None:
        return found
    found = replace(found, incidents=await _tallies(work, asked.agreement_id, asked, reach.known_at))
    if not excluded:
        return found
    end = reach.foreseen or asked.end
    return await with_exclusions(work, asked.agreement_id, asked.terms, found, begin, end, known_at=reach.known_at)


async def with_exclusions(
    work: Work,
    agreement_id: UUID,
    terms: Terms,
    found: Evidence,
    begin: datetime,
    end: datetime,
    *,
    known_at: datetime | None = None,
) -> Evidence:
    span = Span(microseconds(begin), microseconds(end))
    known = await exclusions.exclusions_in(work, agreement_id, terms, span, known_at=known_at)
    return replace(found, exclusions=known)


async def _tallies(
    work: Work, agreement_id: UUID, asked: Asked, known_at: datetime | None
) -> dict[UUID, IncidentTally]:
    """Each objective's over its own window; those that share one are counted together."""
    terms = asked.terms
    starts = {
        one.id: stretch_of(one, terms, asked.start, asked.end, asked.days).start
        for one in terms.objectives
        if isinstance(one, IncidentObjective)
    }
    found: dict[UUID, IncidentTally] = {}
    for start in sorted(set(starts.values())):
        counted = await tallies(work, agreement_id, terms, start, asked.end, as_of=known_at or work.now)
        found |= {name: tally for name, tally in counted.items() if starts[name] == start}
    return found
