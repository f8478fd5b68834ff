"""Queries on exclusions, on planned maintenance and on waivers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from common.auth import Role
from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, Notice, OfferingReplica
from sla.agreements.states import AgreementState, NoticeKind
from sla.agreements.terms import Terms
from sla.exclusions.model import (
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
    split_by_version,
    suspension_verdicts,
)
from sla.exclusions.states import AffectedKind, MaintenanceState, WaiverState
from sla.exclusions.waivers import Waiver
from sla.hours.spans import Span, to_datetime

WITH_CHILDREN = (
    selectinload(Maintenance.affects),
    selectinload(Maintenance.announcements).selectinload(MaintenanceAnnouncement.decisions),
    selectinload(Maintenance.windows).selectinload(MaintenanceWindow.announcement),
)
BINDING_STATES = [state for state in AgreementState if state.is_signed_by_both]


@dataclass(frozen=True)
class AffectedAgreement:
    """An agreement, with the ids of everything by which maintenance can affect it."""

    agreement_id: UUID
    customer_id: UUID
    target_ids: frozenset[UUID]


async def list_exclusions(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, *, known_at: datetime | None = None
) -> list[Exclusion]:
    """List what maintenance, waivers and suspensions exclude from `span`, as known at an instant (by default now)."""
    verdicts = await list_exclusion_verdicts(work, agreement_id, terms, span, known_at=known_at)
    return [verdict.exclusion for verdict in verdicts if verdict.is_excluded]


async def list_possibly_excluded_agreement_ids(
    work: UnitOfWork, agreement_ids: Collection[UUID], window_from: datetime, window_to: datetime
) -> set[UUID]:
    """List those of the agreements that may have exclusions in the window; the others have none."""
    if await work.session.scalar(select(exists().where(is_going_on_between(window_from, window_to)))):
        return set(agreement_ids)
    waived = select(Waiver.agreement_id).where(
        Waiver.agreement_id.in_(agreement_ids), Waiver.window_from < window_to, Waiver.window_to > window_from
    )
    suspended = select(Notice.agreement_id).where(
        Notice.agreement_id.in_(agreement_ids), Notice.kind == NoticeKind.SUSPENSION
    )
    return set(await work.session.scalars(union(waived, suspended)))


async def list_exclusion_verdicts(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, *, known_at: datetime | None = None
) -> list[ExclusionVerdict]:
    """List what may exclude time from `span`, with the verdict on each, in the order of time."""
    if span.start >= span.end:
        return []
    at = known_at or work.now
    verdicts = await list_maintenance_verdicts(work, agreement_id, terms, span, at)
    waivers = select(Waiver).where(
        Waiver.agreement_id == agreement_id,
        Waiver.window_from < to_datetime(span.end),
        Waiver.window_to > to_datetime(span.start),
    )
    verdicts += [verdict for waiver in await work.session.scalars(waivers) if (verdict := waiver.verdict(span, at))]
    verdicts += suspension_verdicts(await agreements.list_suspensions(work, agreement_id, known_at=at), span)
    return sorted(verdicts, key=lambda verdict: verdict.sort_key)


async def list_exclusion_verdicts_by_version(
    work: UnitOfWork, agreement_id: UUID, span: Span, *, known_at: datetime
) -> list[tuple[int, ExclusionVerdict]]:
    """List the verdicts by the terms of the version that binds at the time, each after the number of that version."""
    schedule = await agreements.load_schedule(work, agreement_id, known_at=known_at)
    return [
        (binding.version, verdict)
        for binding, part in split_by_version(schedule, span)
        for verdict in await list_exclusion_verdicts(work, agreement_id, binding.terms, part, known_at=known_at)
    ]


async def list_maintenance_verdicts(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, at: datetime
) -> list[ExclusionVerdict]:
    """List the verdicts on maintenance within `span`.

    The windows of every review period that `span` touches are loaded, since the cap is spent from its start on.
    """
    row = (await work.session.execute(_with_service().where(Agreement.id == agreement_id))).first()
    if row is None:
        return []
    agreement = _affected_agreement(*row)
    periods = review_periods_touching(terms, span)
    start, end = to_datetime(periods[0].start), to_datetime(periods[-1].end)
    query = (
        select(Maintenance)
        .where(_affects_any(agreement.target_ids), is_going_on_between(start, end))
        .options(*WITH_CHILDREN)
    )
    maintenances = await work.session.scalars(query)
    windows = [window for maintenance in maintenances for window in maintenance.windows_for(agreement.customer_id, at)]
    return maintenance_verdicts(windows, terms, span)


async def list_affected_agreements(work: UnitOfWork, target_ids: Collection[UUID]) -> list[AffectedAgreement]:
    """List the agreements signed by both sides that one of the targets affects."""
    query = _with_service().where(
        or_(
            Agreement.id.in_(target_ids),
            Agreement.offering_id.in_(target_ids),
            OfferingReplica.service_id.in_(target_ids),
        ),
        Agreement.state.in_(BINDING_STATES),
    )
    return [_affected_agreement(*row) for row in await work.session.execute(query.order_by(Agreement.id))]


async def list_existing_target_ids(work: UnitOfWork, targets: Mapping[AffectedKind, Collection[UUID]]) -> set[UUID]:
    """List those of the targets that exist, each of its kind."""
    columns: dict[AffectedKind, InstrumentedAttribute[UUID]] = {
        AffectedKind.SERVICE: OfferingReplica.service_id,
        AffectedKind.OFFERING: OfferingReplica.offering_id,
        AffectedKind.AGREEMENT: Agreement.id,
    }
    queries = [select(columns[kind]).where(columns[kind].in_(ids)) for kind, ids in targets.items() if ids]
    return {target_id for query in queries for target_id in await work.session.scalars(query)}


def select_maintenances(
    work: UnitOfWork,
    *,
    affects: UUID | None = None,
    customer_id: UUID | None = None,
    state: MaintenanceState | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Select[Maintenance]:
    """Select maintenance; a customer sees what affects one of the agreements proposed to it."""
    query = select(Maintenance).options(*WITH_CHILDREN)
    for affected_id in {work.principal.customer_id, customer_id}:
        if affected_id is not None:
            query = query.where(_affects_customer(affected_id, drafts=not work.principal.has_role(Role.customer)))
    if affects is not None:
        query = query.where(_affects_any([affects]))
    if start is not None or end is not None:
        query = query.where(is_going_on_between(start, end))
    return query if state is None else query.where(Maintenance.state == state)


async def get_maintenance(
    work: UnitOfWork, maintenance_id: UUID, *, lock: bool = False, match: int | None = None
) -> Maintenance:
    """Get the maintenance with its children; a customer gets what affects its agreements."""
    maintenance = await work.get(Maintenance, maintenance_id, lock=lock, match=match)
    visible = select_maintenances(work).where(Maintenance.id == maintenance_id)
    if (await work.session.scalars(visible)).first() is None:
        raise NotFound("maintenance", maintenance_id)
    return maintenance


async def load_audience(work: UnitOfWork, maintenances: Sequence[Maintenance]) -> MaintenanceAudience:
    """Load who is asking, with those of the agreements affected that they may see."""
    customer_id = work.principal.customer_id
    if customer_id is None:
        return MaintenanceAudience(None)
    agreement_ids = {
        target.target_id
        for maintenance in maintenances
        for target in maintenance.affects
        if target.kind is AffectedKind.AGREEMENT
    }
    if not agreement_ids:
        return MaintenanceAudience(customer_id)
    visible = agreements.select_agreements(work).where(Agreement.id.in_(agreement_ids))
    visible_ids = await work.session.scalars(visible.with_only_columns(Agreement.id))
    return MaintenanceAudience(customer_id, frozenset(visible_ids))


def select_waivers(work: UnitOfWork, agreement_id: UUID | None, state: WaiverState | None) -> Select[Waiver]:
    query = work.select_visible(select(Waiver).options(selectinload(Waiver.approvals)), Waiver.customer_id)
    if agreement_id is not None:
        query = query.where(Waiver.agreement_id == agreement_id)
    return query if state is None else query.where(Waiver.state == state)


async def get_waiver(work: UnitOfWork, waiver_id: UUID, *, lock: bool = False) -> Waiver:
    waiver = await work.get(Waiver, waiver_id, lock=lock)
    await work.session.refresh(waiver, ["approvals"])
    return waiver


def is_going_on_between(start: datetime | None, end: datetime | None) -> ColumnElement[bool]:
    """The condition that a window of the maintenance, or work after its last one, lies between the two."""
    is_window = MaintenanceWindow.maintenance_id == Maintenance.id
    begins = exists().where(is_window, MaintenanceWindow.window_from < end) if end else exists().where(is_window)
    if start is None:
        return begins
    works_later = or_(Maintenance.ended_at > start, Maintenance.state == MaintenanceState.UNDER_WAY)
    return begins & or_(exists().where(is_window, MaintenanceWindow.window_to > start), works_later)


def _affects_any(target_ids: Collection[UUID]) -> ColumnElement[bool]:
    return exists().where(
        MaintenanceTarget.maintenance_id == Maintenance.id, MaintenanceTarget.target_id.in_(target_ids)
    )


def _affects_customer(customer_id: UUID, *, drafts: bool) -> ColumnElement[bool]:
    """The condition that the maintenance affects an agreement of the customer, also one not proposed if `drafts`."""
    condition = exists().where(
        MaintenanceTarget.maintenance_id == Maintenance.id,
        Agreement.customer_id == customer_id,
        OfferingReplica.offering_id == Agreement.offering_id,
        MaintenanceTarget.target_id.in_((Agreement.id, Agreement.offering_id, OfferingReplica.service_id)),
    )
    return condition if drafts else condition.where(Agreement.proposed_at.is_not(None))


def _with_service() -> Select[Agreement, UUID]:
    return select(Agreement, OfferingReplica.service_id).join(
        OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id
    )


def _affected_agreement(agreement: Agreement, service_id: UUID) -> AffectedAgreement:
    target_ids = frozenset((agreement.id, agreement.offering_id, service_id))
    return AffectedAgreement(agreement.id, agreement.customer_id, target_ids)
