"""Queries on the clocks of incidents: what they run under, counts in a period, and when to check them again."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Uuid, column, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import selectinload

from common.database.bulk_writes import detach, is_among, upsert_rows
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, OfferingReplica
from sla.exclusions.exclusion_rules import Exclusion, suspension_decisions
from sla.exclusions.incident_exclusions import load_clock_stops, load_waiver_exclusions
from sla.hours.spans import NEVER, Span, to_datetime, to_microseconds, union
from sla.incidents.clocks.agreement_scope import AgreementScope
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.model import IncidentClock, IncidentClockTerms
from sla.incidents.clocks.period_counts import CountedClock, IncidentCounts, count_clock
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.history import IncidentHistory, ReportedEvent, build_history
from sla.incidents.model import Incident, IncidentEvent, build_reported_event

SELECT_WITH_TERMS = select(IncidentClock).options(selectinload(IncidentClock.stored_terms))


async def list_clocks(work: UnitOfWork, incident_ids: Collection[UUID]) -> Sequence[IncidentClock]:
    """List the clocks of the incidents with their terms, as they are in the database."""
    query = SELECT_WITH_TERMS.where(is_among(IncidentClock.incident_id, incident_ids)).order_by(IncidentClock.id)
    return (await work.session.scalars(query.execution_options(populate_existing=True))).all()


async def list_detached_clocks(work: UnitOfWork, incident_ids: Collection[UUID]) -> list[IncidentClock]:
    """List the clocks of the incidents, to be changed and saved together."""
    if not incident_ids:
        return []
    return detach(work.session, await list_clocks(work, incident_ids))


async def load_histories(
    work: UnitOfWork, incident_ids: Collection[UUID], *, known_at: datetime | None = None
) -> dict[UUID, IncidentHistory]:
    """Build the histories of the incidents from what had been reported by `known_at` (now)."""
    columns = (IncidentEvent.event_id, IncidentEvent.kind, IncidentEvent.occurred_at, IncidentEvent.sequence)
    query = select(IncidentEvent.incident_id, *columns, IncidentEvent.content, IncidentEvent.reported_at)
    query = query.where(is_among(IncidentEvent.incident_id, incident_ids))
    if known_at is not None:
        query = query.where(IncidentEvent.reported_at <= known_at)
    events = defaultdict[UUID, list[ReportedEvent]](list)
    for incident_id, *event in await work.session.execute(query):
        events[incident_id].append(build_reported_event(*event))
    return {incident_id: build_history(events[incident_id]) for incident_id in incident_ids}


async def load_clock_contexts(
    work: UnitOfWork,
    clocks: Sequence[IncidentClock],
    histories: Mapping[UUID, IncidentHistory],
    *,
    known_at: datetime | None = None,
) -> list[ClockContext]:
    """Load what each clock runs under; suspensions and maintenance as known at an instant (now).

    Some more statements for each agreement in which maintenance stops clocks.
    """
    agreement_ids = sorted({clock.agreement_id for clock in clocks})
    openings = (history.opened_at for history in histories.values() if history.opened_at is not None)
    since = to_datetime(min(openings, default=to_microseconds(work.now)))
    stops = await load_clock_stops(work, agreement_ids, since, known_at=known_at)
    suspended = await load_suspended_spans(work, agreement_ids, known_at=known_at)
    excluded = {key: union([*suspended[key], *stops.get(key, ())]) for key in agreement_ids}
    moved_ids = {incident_id for incident_id, history in histories.items() if len(history.placements) > 1}
    scopes = await load_agreement_scopes(work, agreement_ids) if moved_ids else {}
    return [
        ClockContext(
            histories[clock.incident_id],
            clock.terms,
            excluded[clock.agreement_id],
            scopes.get(clock.agreement_id) if clock.incident_id in moved_ids else None,
            clock.turn_event_id,
        )
        for clock in clocks
    ]


async def load_agreement_scopes(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, AgreementScope]:
    query = select(Agreement.id, Agreement.customer_id, Agreement.offering_id, OfferingReplica.service_id)
    query = query.join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
    rows = await work.session.execute(query.where(Agreement.id.in_(agreement_ids)))
    return {agreement_id: AgreementScope(*columns) for agreement_id, *columns in rows}


async def save_clocks(work: UnitOfWork, clocks: Collection[IncidentClock], surplus: Collection[IncidentClock]) -> None:
    """Write the clocks that are new or have changed, and delete the surplus ones."""
    if surplus:
        surplus_ids = [clock.id for clock in surplus]
        await work.session.execute(delete(IncidentClock).where(is_among(IncidentClock.id, surplus_ids)))
    await upsert_rows(work.session, [clock for clock in clocks if work.session.is_modified(clock)])


async def upsert_clock_terms(work: UnitOfWork, clock_terms: Iterable[ClockTerms]) -> dict[str, IncidentClockTerms]:
    """Store clock terms, each under its hash, unless they are stored already; return them by their hashes."""
    terms_by_sha256 = {terms.sha256: terms for terms in clock_terms}
    documents = {sha256: terms_by_sha256[sha256].to_document() for sha256 in sorted(terms_by_sha256)}
    if documents:
        rows = [{"sha256": sha256, "document": document} for sha256, document in documents.items()]
        await work.session.execute(insert(IncidentClockTerms).on_conflict_do_nothing(), rows)
    return {sha256: IncidentClockTerms(sha256=sha256, document=document) for sha256, document in documents.items()}


async def load_suspended_spans(
    work: UnitOfWork, agreement_ids: Collection[UUID], *, known_at: datetime | None = None
) -> dict[UUID, list[Span]]:
    """Load when each agreement was suspended; a suspension that lasts ends at NEVER."""
    if not agreement_ids:
        return {}
    suspensions = await agreements.load_suspensions(work, agreement_ids, known_at=known_at)
    return {
        agreement_id: union(decision.exclusion.span for decision in suspension_decisions(decided, NEVER))
        for agreement_id, decided in suspensions.items()
    }


class CountWindow(NamedTuple):
    """A window in which the incidents of an agreement are counted for an objective."""

    agreement_id: UUID
    objective_id: UUID
    start: datetime
    end: datetime


async def load_incident_counts(
    work: UnitOfWork, windows: Sequence[CountWindow], *, as_of: datetime
) -> list[IncidentCounts]:
    """Count the incidents of each window, as was known at `as_of`, in as many queries as for one of them.

    Each clock counts in the one period in which it was decided: stopped in time, or breached.
    """
    if not windows:
        return []
    clocks_by_window = await _list_countable_clocks(work, windows, as_of)
    clocks = [clock for own in clocks_by_window for clock in own]
    histories = await load_histories(work, {clock.incident_id for clock in clocks}, known_at=as_of)
    contexts = await load_clock_contexts(work, clocks, histories, known_at=as_of)
    waivers = await load_waiver_exclusions(work, {clock.agreement_id for clock in clocks}, as_of) if clocks else {}
    places = pairwise(accumulate((len(own) for own in clocks_by_window), initial=0))

    def count() -> list[IncidentCounts]:
        return [
            _count_in_window(window, own, contexts[first:last], waivers.get(window.agreement_id, ()), as_of)
            for window, own, (first, last) in zip(windows, clocks_by_window, places, strict=True)
        ]

    # In a thread, as many clocks take a while, in which requests are to be answered and other transactions to go on.
    return await asyncio.to_thread(count)


def _count_in_window(
    window: CountWindow,
    clocks: Sequence[IncidentClock],
    contexts: Sequence[ClockContext],
    waivers: Sequence[Exclusion],
    as_of: datetime,
) -> IncidentCounts:
    """Count each clock in the window as it ran, and as if nothing had been excluded."""
    span, now, key = Span.between(window.start, window.end), to_microseconds(as_of), window.objective_id
    rows: list[CountedClock] = []
    rows_without_exclusions: list[CountedClock] = []
    for clock, context in zip(clocks, contexts, strict=True):
        row = row_without = count_clock(clock.incident_id, context, span, now)
        if context.excluded_spans:
            row_without = count_clock(clock.incident_id, replace(context, excluded_spans=()), span, now)
        rows += [_with_waiver(row, key, waivers)] if row else []
        rows_without_exclusions += [_with_waiver(row_without, key, waivers)] if row_without else []
    return IncidentCounts.from_rows(rows, rows_without_exclusions)


def _with_waiver(row: CountedClock, objective_id: UUID, waivers: Sequence[Exclusion]) -> CountedClock:
    """Add the first waiver of the objective in whose time the incident opened, or its message came."""
    for waiver in waivers:
        is_for_objective = waiver.objective_ids is None or objective_id in waiver.objective_ids
        if is_for_objective and waiver.span.start <= row.started_at < waiver.span.end:
            return row._replace(waiver=waiver)
    return row


async def _list_countable_clocks(
    work: UnitOfWork, windows: Sequence[CountWindow], as_of: datetime
) -> list[list[IncidentClock]]:
    """List the clocks that may count in each window, with all of those whose incidents had events reported later."""
    columns: list[tuple[str, Any]] = [(name, Uuid()) for name in ("agreement_id", "objective_id")]
    columns += [(name, DateTime(timezone=True)) for name in ("start", "end")]
    arrays = [literal([getattr(row, name) for row in windows], ARRAY(kind)) for name, kind in columns]
    table = func.unnest(*arrays).table_valued(*(column(name, kind) for name, kind in columns), with_ordinality="place")
    window = table.render_derived()
    is_reported_later = Incident.last_reported_at > as_of
    query = (
        SELECT_WITH_TERMS.add_columns(window.c.place)
        .join(Incident, Incident.id == IncidentClock.incident_id)
        .join(
            window,
            (IncidentClock.agreement_id == window.c.agreement_id)
            & (IncidentClock.objective_id == window.c.objective_id),
        )
        .where(Incident.opened_at < window.c.end, or_(Incident.cancelled_at.is_(None), is_reported_later))
        .where(or_(IncidentClock.ended_at.is_(None), IncidentClock.ended_at >= window.c.start, is_reported_later))
    )
    clocks: list[list[IncidentClock]] = [[] for _ in windows]
    for clock, place in await work.session.execute(query):
        clocks[place - 1].append(clock)
    return clocks


async def schedule_recheck(work: UnitOfWork, agreement_ids: Collection[UUID], since: datetime) -> None:
    """Let the deadline loop check at once the incidents whose clocks under the agreements ran at or after `since`."""
    incident_ids = select(IncidentClock.incident_id).where(
        IncidentClock.agreement_id.in_(agreement_ids),
        IncidentClock.entered_at.is_not(None),
        or_(IncidentClock.ended_at.is_(None), IncidentClock.ended_at >= since),
    )
    in_order = select(Incident.id).where(Incident.id.in_(incident_ids)).order_by(Incident.id).with_for_update()
    await work.session.execute(update(Incident).where(Incident.id.in_(in_order)).values(next_deadline_at=work.now))
