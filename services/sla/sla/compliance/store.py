"""Which statements there are, the chain they form, and the evidence they are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from common.work import Work
from sla.agreements.model import Agreement
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.states import AgreementState
from sla.agreements.terms import Terms
from sla.compliance.evidence import Evidence
from sla.compliance.model import BudgetAlert, Statement, StatementKey, StatementSecret
from sla.compliance.signing import Signer
from sla.compliance.windows import InForce, evidence_from, in_force, stretch_of
from sla.exclusions import store as exclusions
from sla.hours.spans import Span, microseconds
from sla.incidents import store as incidents
from sla.incidents.tally import IncidentTally
from sla.measurements import store as measurements


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
    """The last revisions of the statements that this hour of this indicator is evidence of, by period."""
    evidence = Statement.document["result"]["objectives"].contains([{"indicator_id": str(indicator_id)}])
    query = _last_revisions(hour, hour + timedelta(hours=1)).where(evidence)
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
    """All that the terms are evaluated on from `start` to `end`. Of no agreement: without exclusions and incidents."""
    reach = reach or Reach()
    days = reach.days or in_force(terms)
    begin = min(evidence_from(terms, start, end, days), reach.since or start)
    found = await measured(work, terms, begin, end)
    if agreement_id is None:
        return found
    tallies = await _tallies(work, agreement_id, terms, Stretched(start, end, days), reach.known_at)
    found = replace(found, incidents=tallies)
    upto = reach.foreseen or end
    return await with_exclusions(work, agreement_id, terms, found, begin, upto, known_at=reach.known_at)


async def measured(work: Work, terms: Terms, begin: datetime, end: datetime) -> Evidence:
    """Minutes and observations alone."""
    counted, observed = set[UUID](), set[UUID]()
    for objective in terms.objectives:
        if not isinstance(objective, IncidentObjective):
            (observed if isinstance(objective, PercentileObjective) else counted).add(objective.indicator_id)
    return Evidence(
        await measurements.minutes_of(work.session, counted, begin, end, now=work.now),
        await measurements.observations_of(work.session, observed, begin, end) if observed else {},
    )


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


class Stretched(NamedTuple):
    start: datetime
    end: datetime
    days: InForce


async def _tallies(
    work: Work, agreement_id: UUID, terms: Terms, period: Stretched, known_at: datetime | None
) -> dict[UUID, IncidentTally]:
    """Each objective's over its own window; those that share one are counted together."""
    starts = {
        one.id: stretch_of(one, terms, *period).start for one in terms.objectives if isinstance(one, IncidentObjective)
    }
    found: dict[UUID, IncidentTally] = {}
    for start in sorted(set(starts.values())):
        counted = await incidents.tallies(work, agreement_id, terms, start, period.end, as_of=known_at or work.now)
        found |= {name: tally for name, tally in counted.items() if starts[name] == start}
    return found


async def key_in_use(work: Work) -> StatementKey | None:
    query = select(StatementKey).where(StatementKey.retired_at.is_(None))
    return (await work.session.scalars(query)).first()


async def secret_signer(work: Work, kid: str) -> Signer | None:
    secret = await work.session.get(StatementSecret, kid)
    return Signer(secret.seed) if secret else None


async def keys(work: Work) -> Sequence[StatementKey]:
    """All there ever were, newest first."""
    return (await work.session.scalars(select(StatementKey).order_by(StatementKey.id.desc()))).all()


async def hold_keys(work: Work) -> None:
    """Until the end of the transaction nobody else changes which key is in use."""
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("sla.statement-keys", 0))))


async def alerts(work: Work, agreement_id: UUID) -> Sequence[BudgetAlert]:
    return (await work.session.scalars(select(BudgetAlert).where(BudgetAlert.agreement_id == agreement_id))).all()


async def key_of(work: Work, statement: Statement) -> StatementKey:
    return (await work.session.scalars(select(StatementKey).where(StatementKey.kid == statement.kid))).one()


async def watched(work: Work) -> Sequence[UUID]:
    """Agreements in force, and those of which something was told to burn."""
    alerted = select(BudgetAlert.agreement_id)
    query = select(Agreement.id).where(or_(Agreement.state == AgreementState.ACTIVE, Agreement.id.in_(alerted)))
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def is_active(work: Work, agreement_id: UUID) -> bool:
    state = await work.session.scalar(select(Agreement.state).where(Agreement.id == agreement_id))
    return state is AgreementState.ACTIVE


async def customer_of(work: Work, agreement_id: UUID) -> UUID:
    query = select(Agreement.customer_id).where(Agreement.id == agreement_id)
    return (await work.session.scalars(query)).one()
