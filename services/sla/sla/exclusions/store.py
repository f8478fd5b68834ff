"""What is excluded from an agreement's time, and which maintenance and waivers there are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from common.auth import Role
from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, Notice, OfferingReplica
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.states import AgreementState
from sla.agreements.suspensions import NoticeKind
from sla.agreements.terms import Terms
from sla.exclusions.model import (
    AffectedKind,
    Maintenance,
    MaintenanceAnnouncement,
    MaintenanceAudience,
    MaintenanceTarget,
    MaintenanceWindow,
)
from sla.exclusions.policy import (
    Exclusion,
    ExclusionVerdict,
    maintenance_verdicts,
    review_periods_touching,
    suspension_verdicts,
)
from sla.exclusions.states import MaintenanceState, WaiverState
from sla.exclusions.waivers import Waiver
from sla.hours.spans import Span, to_datetime, to_microseconds

WITH_CHILDREN = (
    selectinload(Maintenance.affects),
    selectinload(Maintenance.announcements).selectinload(MaintenanceAnnouncement.decisions),
    selectinload(Maintenance.windows).selectinload(MaintenanceWindow.announcement),
)
BINDING_STATES = [state for state in AgreementState if state.is_signed_by_both]


@dataclass(frozen=True)
class AffectedAgreement:
    """An agreement, by what maintenance can name to affect it."""

    agreement_id: UUID
    customer_id: UUID
    target_ids: frozenset[UUID]


async def list_exclusions(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, *, known_at: datetime | None = None
) -> list[Exclusion]:
    """What is taken out of `span` by maintenance, waivers and suspensions, as it was known at an instant (now)."""
    found = await list_exclusion_verdicts(work, agreement_id, terms, span, known_at=known_at)
    return [one.exclusion for one in found if one.is_excluded]


async def list_possibly_excluded_agreement_ids(
    work: UnitOfWork, agreement_ids: Collection[UUID], window_from: datetime, window_to: datetime
) -> set[UUID]:
    """Those of many agreements worth asking about: of the others nothing is taken out of this time."""
    if await work.session.scalar(select(exists().where(is_going_on_between(window_from, window_to)))):
        return set(agreement_ids)
    waived = select(Waiver.agreement_id).where(Waiver.agreement_id.in_(agreement_ids))
    waived = waived.where(Waiver.window_from < window_to, Waiver.window_to > window_from)
    suspended_ = select(Notice.agreement_id).where(
        Notice.agreement_id.in_(agreement_ids), Notice.kind == NoticeKind.SUSPENSION
    )
    return set(await work.session.scalars(union(waived, suspended_)))


async def list_exclusion_verdicts(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, *, known_at: datetime | None = None
) -> list[ExclusionVerdict]:
    """The same with what does not count, and why, in the order of time."""
    if span.start >= span.end:
        return []
    at = known_at or work.now
    found = await list_maintenance_verdicts(work, agreement_id, terms, span, at)
    found += [seen for one in await _waivers_in(work, agreement_id, span) if (seen := one.verdict(span, at))]
    found += suspension_verdicts(await agreements.list_suspensions(work, agreement_id, known_at=at), span)
    return sorted(found, key=lambda one: (one.exclusion.span, one.exclusion.id))


async def list_exclusion_verdicts_by_version(
    work: UnitOfWork, agreement_id: UUID, span: Span, *, known_at: datetime
) -> list[tuple[int, ExclusionVerdict]]:
    """Each part of `span` by the terms of the version that binds in it; the number of that version comes first."""
    schedule = await agreements.load_schedule(work, agreement_id, known_at=known_at)
    found: list[tuple[int, ExclusionVerdict]] = []
    for binding, part in split_by_version(schedule, span):
        considered = await list_exclusion_verdicts(work, agreement_id, binding.terms, part, known_at=known_at)
        found.extend((binding.version, one) for one in considered)
    return found


def split_by_version(schedule: Schedule, span: Span) -> Iterator[tuple[Binding, Span]]:
    """Of `span`, by the version that binds in it."""
    for binding in schedule.bindings:
        start, end = to_microseconds(schedule.midnight(binding.first_day)), span.end
        if binding.last_day is not None:
            end = to_microseconds(schedule.midnight(binding.last_day + timedelta(days=1)))
        yield binding, Span(start, end).clipped(span)


async def list_maintenance_verdicts(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, at: datetime
) -> list[ExclusionVerdict]:
    """What of `span` maintenance takes out, and what it does not.

    With the windows of every review period `span` touches, since the cap is spent from its start on.
    """
    reached = await _reached(work, agreement_id)
    if reached is None:
        return []
    units = review_periods_touching(terms, span)
    query = (
        select(Maintenance)
        .where(_names(reached.target_ids), is_going_on_between(to_datetime(units[0].start), to_datetime(units[-1].end)))
        .options(*WITH_CHILDREN)
    )
    works = await work.session.scalars(query)
    windows = [window for one in works for window in one.windows_for(reached.customer_id, at)]
    return maintenance_verdicts(windows, terms, span)


async def _reached(work: UnitOfWork, agreement_id: UUID) -> AffectedAgreement | None:
    query = _with_service().where(Agreement.id == agreement_id)
    return next((_reach(*row) for row in await work.session.execute(query)), None)


async def list_affected_agreements(work: UnitOfWork, target_ids: Collection[UUID]) -> list[AffectedAgreement]:
    """The agreements both sides have signed that one of the targets reaches."""
    query = _with_service().where(
        or_(
            Agreement.id.in_(target_ids),
            Agreement.offering_id.in_(target_ids),
            OfferingReplica.service_id.in_(target_ids),
        ),
        Agreement.state.in_(BINDING_STATES),
    )
    return [_reach(*row) for row in await work.session.execute(query.order_by(Agreement.id))]


async def list_existing_target_ids(work: UnitOfWork, targets: Mapping[AffectedKind, Collection[UUID]]) -> set[UUID]:
    """Those there are, each of its kind."""
    columns: dict[AffectedKind, InstrumentedAttribute[UUID]] = {
        AffectedKind.SERVICE: OfferingReplica.service_id,
        AffectedKind.OFFERING: OfferingReplica.offering_id,
        AffectedKind.AGREEMENT: Agreement.id,
    }
    queries = [select(columns[kind]).where(columns[kind].in_(ids)) for kind, ids in targets.items() if ids]
    return {one for query in queries for one in await work.session.scalars(query)}


def select_maintenances(
    work: UnitOfWork,
    *,
    affects: UUID | None = None,
    customer_id: UUID | None = None,
    state: MaintenanceState | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Select[Maintenance]:
    """A customer's own are those that reach one of the agreements proposed to it."""
    query = select(Maintenance).options(*WITH_CHILDREN)
    for one in {work.principal.customer_id, customer_id}:
        if one is None:
            continue
        query = query.where(_reaches_customer(one, drafts=not work.principal.has_role(Role.customer)))
    if affects is not None:
        query = query.where(_names([affects]))
    if start is not None or end is not None:
        query = query.where(is_going_on_between(start, end))
    return query if state is None else query.where(Maintenance.state == state)


async def get_maintenance(
    work: UnitOfWork, maintenance_id: UUID, *, lock: bool = False, match: int | None = None
) -> Maintenance:
    """With its records; a customer sees what reaches its agreements."""
    found = await work.get(Maintenance, maintenance_id, lock=lock, match=match)
    seen = select_maintenances(work).where(Maintenance.id == maintenance_id)
    if (await work.session.scalars(seen)).first() is None:
        raise NotFound("maintenance", maintenance_id)
    return found


async def load_audience(work: UnitOfWork, found: Sequence[Maintenance]) -> MaintenanceAudience:
    """Who is asking, with those of the agreements it was announced for that it may see."""
    mine = work.principal.customer_id
    if mine is None:
        return MaintenanceAudience(None)
    ids = {one.target_id for maintenance in found for one in maintenance.affects if one.kind is AffectedKind.AGREEMENT}
    theirs = agreements.select_agreements(work, {}).where(Agreement.id.in_(ids)).with_only_columns(Agreement.id)
    return MaintenanceAudience(mine, frozenset(await work.session.scalars(theirs)) if ids else frozenset())


def select_waivers(work: UnitOfWork, agreement_id: UUID | None, state: WaiverState | None) -> Select[Waiver]:
    query = work.select_visible(select(Waiver).options(selectinload(Waiver.approvals)), Waiver.customer_id)
    if agreement_id is not None:
        query = query.where(Waiver.agreement_id == agreement_id)
    return query if state is None else query.where(Waiver.state == state)


async def get_waiver(work: UnitOfWork, waiver_id: UUID, *, lock: bool = False) -> Waiver:
    found = await work.get(Waiver, waiver_id, lock=lock)
    await work.session.refresh(found, ["approvals"])
    return found


async def _waivers_in(work: UnitOfWork, agreement_id: UUID, span: Span) -> Sequence[Waiver]:
    query = select(Waiver).where(Waiver.agreement_id == agreement_id)
    query = query.where(Waiver.window_from < to_datetime(span.end), Waiver.window_to > to_datetime(span.start))
    return (await work.session.scalars(query)).all()


def is_going_on_between(start: datetime | None, end: datetime | None) -> ColumnElement[bool]:
    """A window of it, or work after its last one, lies between the two."""
    mine = MaintenanceWindow.maintenance_id == Maintenance.id
    begun = exists().where(mine, MaintenanceWindow.window_from < end) if end is not None else exists().where(mine)
    if start is None:
        return begun
    late = or_(Maintenance.ended_at > start, Maintenance.state == MaintenanceState.UNDER_WAY)
    return begun & or_(exists().where(mine, MaintenanceWindow.window_to > start), late)


def _names(target_ids: Collection[UUID]) -> ColumnElement[bool]:
    return exists().where(
        MaintenanceTarget.maintenance_id == Maintenance.id, MaintenanceTarget.target_id.in_(target_ids)
    )


def _reaches_customer(customer_id: UUID, *, drafts: bool) -> ColumnElement[bool]:
    target = MaintenanceTarget.target_id
    names = or_(target == Agreement.id, target == Agreement.offering_id, target == OfferingReplica.service_id)
    theirs = exists().where(
        MaintenanceTarget.maintenance_id == Maintenance.id,
        Agreement.customer_id == customer_id,
        OfferingReplica.offering_id == Agreement.offering_id,
        names,
    )
    return theirs if drafts else theirs.where(Agreement.proposed_at.is_not(None))


def _with_service() -> Select[Agreement, UUID]:
    return select(Agreement, OfferingReplica.service_id).join(
        OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id
    )


def _reach(agreement: Agreement, service_id: UUID) -> AffectedAgreement:
    names = frozenset((agreement.id, agreement.offering_id, service_id))
    return AffectedAgreement(agreement.id, agreement.customer_id, names)
