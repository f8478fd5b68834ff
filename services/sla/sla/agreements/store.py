"""Queries on agreements, their versions, and the schedules that follow from them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from common.auth import Role
from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.model import Agreement, AgreementVersion, Notice, OfferingReplica
from sla.agreements.schedule import Binding, Schedule, build_schedule
from sla.agreements.states import (
    AgreementKind,
    AgreementState,
    NegotiationStage,
    NoticeKind,
    NoticeState,
    Party,
    Side,
)
from sla.agreements.suspensions import Suspension, build_suspensions, last_day_changes
from sla.agreements.terms import Terms, compute_terms_sha256
from sla.closure_calendars.store import list_approved_editions
from sla.indicators.model import Indicator


@dataclass(frozen=True)
class AgreementFilter:
    """The agreements to list; null allows every value."""

    customer_id: UUID | None = None
    offering_id: UUID | None = None
    state: AgreementState | None = None
    kind: AgreementKind | None = None
    closure_calendar_id: UUID | None = None


@dataclass(frozen=True)
class AgreementInForce:
    """An agreement with the terms that bind both sides on one day."""

    agreement_id: UUID
    customer_id: UUID
    offering_id: UUID
    service_id: UUID
    service_name: str
    version: int
    terms: Terms
    terms_sha256: str
    """Of the terms document that both sides signed."""


def acting_party(work: UnitOfWork) -> Party:
    """Return the principal with the side it speaks for."""
    side = Side.CUSTOMER if work.principal.has_role(Role.customer) else Side.PROVIDER
    return Party(work.principal.subject, side)


def select_agreements(work: UnitOfWork, filters: AgreementFilter = AgreementFilter()) -> Select[Agreement]:
    """Select the agreements that the principal may see and the filter allows."""
    query = work.select_visible(select(Agreement), Agreement.customer_id)
    if work.principal.has_role(Role.customer):
        query = query.where(Agreement.proposed_at.is_not(None))
    values = {
        Agreement.customer_id: filters.customer_id,
        Agreement.offering_id: filters.offering_id,
        Agreement.state: filters.state,
        Agreement.kind: filters.kind,
    }
    query = query.where(*(column == value for column, value in values.items() if value is not None))
    if filters.closure_calendar_id is not None:
        query = query.where(Agreement.id.in_(_select_ids_naming_calendar(filters.closure_calendar_id)))
    return query


def _select_ids_naming_calendar(calendar_id: UUID) -> Select[UUID]:
    """Select the agreements whose terms, signed or on the table, name the closure calendar."""
    names_calendar = AgreementVersion.terms_document["closure_calendars"].contains([str(calendar_id)])
    over = (NegotiationStage.WITHDRAWN, NegotiationStage.REJECTED)
    return select(AgreementVersion.agreement_id).where(names_calendar, AgreementVersion.stage.not_in(over))


async def get_agreement(
    work: UnitOfWork, agreement_id: UUID, *, lock: bool = False, match: int | None = None
) -> Agreement:
    agreement = await work.get(Agreement, agreement_id, lock=lock, match=match)
    if agreement.proposed_at is None and work.principal.has_role(Role.customer):
        raise NotFound("agreement", agreement_id)
    return agreement


async def get_version(work: UnitOfWork, agreement_id: UUID, number: int | None = None) -> AgreementVersion:
    """Return the version with this number, by default the highest one: the one being negotiated, if any is."""
    query = _select_versions(work, agreement_id).order_by(AgreementVersion.number.desc()).limit(1)
    query = query if number is None else query.where(AgreementVersion.number == number)
    version = (await work.session.scalars(query)).first()
    if version is None:
        raise NotFound("version", str(number))
    return version


async def list_versions(work: UnitOfWork, agreement_id: UUID) -> Sequence[AgreementVersion]:
    return (await work.session.scalars(_select_versions(work, agreement_id).order_by(AgreementVersion.number))).all()


async def get_timezone(work: UnitOfWork, agreement_id: UUID) -> str:
    """Return the time zone in which all versions of a signed agreement count their days."""
    zone_column = AgreementVersion.terms_document["service_hours"]["timezone"].astext
    signed = (AgreementVersion.agreement_id == agreement_id, AgreementVersion.stage == NegotiationStage.SIGNED)
    zone: str = (await work.session.scalars(select(zone_column).where(*signed).limit(1))).one()
    return zone


async def find_agreement_in_force(work: UnitOfWork, agreement_id: UUID, instant: datetime) -> AgreementInForce | None:
    """Find the agreement with the terms in force on the local day of the instant, or None when none were."""
    schedule = await load_schedule(work, agreement_id)
    binding = schedule.binding_on(schedule.local_day(instant)) if schedule.bindings else None
    if binding is None:
        return None
    query = (
        select(Agreement, OfferingReplica)
        .join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
        .where(Agreement.id == agreement_id)
    )
    agreement, offering = (await work.session.execute(query)).one()
    return AgreementInForce(
        agreement_id=agreement_id,
        customer_id=agreement.customer_id,
        offering_id=agreement.offering_id,
        service_id=offering.service_id,
        service_name=offering.service_name,
        version=binding.version,
        terms=binding.terms,
        terms_sha256=binding.terms_sha256,
    )


async def load_schedule(work: UnitOfWork, agreement_id: UUID, *, known_at: datetime | None = None) -> Schedule:
    """Load the schedule as it was known at an instant, by default now; it is empty when nothing was signed."""
    notices = await _list_effective_notices(work, [agreement_id], known_at)
    versions = await _list_signed_versions(work, [agreement_id], known_at)
    return await _add_closures(work, _build_schedule(versions, notices), known_at)


async def load_schedules(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, Schedule]:
    """Load the schedules of many agreements, as they are known now."""
    notices, versions = defaultdict[UUID, list[Notice]](list), defaultdict[UUID, list[AgreementVersion]](list)
    for notice in await _list_effective_notices(work, agreement_ids):
        notices[notice.agreement_id].append(notice)
    for version in await _list_signed_versions(work, agreement_ids):
        versions[version.agreement_id].append(version)
    schedules = {key: _build_schedule(versions[key], notices[key]) for key in agreement_ids}
    calendar_ids = {key for schedule in schedules.values() for key in _closure_calendars(schedule)}
    editions = await list_approved_editions(work, calendar_ids) if calendar_ids else {}
    return {key: schedule.with_closures(editions) for key, schedule in schedules.items()}


async def load_terms_with_closures(work: UnitOfWork, terms: Terms) -> Terms:
    """Add what closure calendars close to terms that nobody has signed, so that they can be evaluated."""
    if not terms.closure_calendars:
        return terms
    binding = Binding(1, terms, compute_terms_sha256(terms.to_document()), terms.starts_on, terms.ends_on)
    return (await _add_closures(work, Schedule((binding,)))).bindings[0].terms


async def find_amended_terms(work: UnitOfWork, version: AgreementVersion) -> dict[str, Any] | None:
    """Find the terms document that a version amends, with the last day as it is now; None of a first version."""
    signed_versions = await _list_signed_versions(work, [version.agreement_id])
    earlier = [signed for signed in signed_versions if signed.number < version.number]
    if not earlier:
        return None
    schedule = _build_schedule(earlier, await _list_effective_notices(work, [version.agreement_id]))
    binding = schedule.binding_on(version.valid_from) or schedule.bindings[-1]
    document = next(signed.terms_document for signed in earlier if signed.number == binding.version)
    return document | {"ends_on": binding.last_day and binding.last_day.isoformat()}


async def load_lifecycle(work: UnitOfWork, agreement_id: UUID) -> Lifecycle:
    notices = await _list_effective_notices(work, [agreement_id])
    versions = await _list_signed_versions(work, [agreement_id])
    is_terminated = any(notice.kind is NoticeKind.TERMINATION for notice in notices)
    schedule = await _add_closures(work, _build_schedule(versions, notices))
    return Lifecycle(schedule, build_suspensions(notices), is_terminated)


async def list_suspensions(
    work: UnitOfWork, agreement_id: UUID, *, known_at: datetime | None = None
) -> Sequence[Suspension]:
    """List the suspensions, which do not overlap, in the order of time."""
    return build_suspensions(await _list_effective_notices(work, [agreement_id], known_at))


async def list_due_for_review(work: UnitOfWork, before: datetime, limit: int = 100) -> Sequence[UUID]:
    """List agreements whose oldest period without a statement ended by `before`, longest due first."""
    query = select(Agreement.id).where(Agreement.review_due_at <= before).order_by(Agreement.review_due_at).limit(limit)
    return (await work.session.scalars(query)).all()


async def list_unusable_indicators(work: UnitOfWork, indicator_ids: Collection[UUID]) -> set[UUID]:
    """List those of the indicators that are not defined or are retired."""
    query = select(Indicator.id).where(Indicator.id.in_(indicator_ids), Indicator.retired_at.is_(None))
    return set(indicator_ids) - set(await work.session.scalars(query))


async def get_next_notice_number(work: UnitOfWork, agreement_id: UUID) -> int:
    """Return the number of the next notice of an agreement that is locked."""
    query = select(func.coalesce(func.max(Notice.number), 0)).where(Notice.agreement_id == agreement_id)
    return (await work.session.execute(query)).scalar_one() + 1


def _select_versions(work: UnitOfWork, agreement_id: UUID) -> Select[AgreementVersion]:
    query = (
        select(AgreementVersion)
        .where(AgreementVersion.agreement_id == agreement_id)
        .options(selectinload(AgreementVersion.agreement), selectinload(AgreementVersion.signatures))
    )
    if work.principal.has_role(Role.customer):
        query = query.where(AgreementVersion.proposed_at.is_not(None))
    return query


async def _list_effective_notices(
    work: UnitOfWork, agreement_ids: Collection[UUID], known_at: datetime | None = None
) -> Sequence[Notice]:
    """List notices in the order in which they took effect."""
    query = (
        select(Notice)
        .where(Notice.agreement_id.in_(agreement_ids), Notice.state == NoticeState.EFFECTIVE)
        .order_by(Notice.answered_at, Notice.number)
    )
    query = query if known_at is None else query.where(Notice.answered_at <= known_at)
    return (await work.session.scalars(query)).all()


async def _list_signed_versions(
    work: UnitOfWork, agreement_ids: Collection[UUID], known_at: datetime | None = None
) -> Sequence[AgreementVersion]:
    query = (
        select(AgreementVersion)
        .where(AgreementVersion.agreement_id.in_(agreement_ids), AgreementVersion.stage == NegotiationStage.SIGNED)
        .order_by(AgreementVersion.number)
    )
    query = query if known_at is None else query.where(AgreementVersion.recorded_at <= known_at)
    return (await work.session.scalars(query)).all()


def _build_schedule(versions: Iterable[AgreementVersion], notices: Iterable[Notice]) -> Schedule:
    """Build a schedule without the closures of closure calendars."""
    bindings = []
    for version in versions:
        terms = version.terms
        sha256 = compute_terms_sha256(version.terms_document)
        bindings.append(Binding(version.number, terms, sha256, terms.starts_on, terms.ends_on))
    return build_schedule(bindings, last_day_changes(notices))


def _closure_calendars(schedule: Schedule) -> set[UUID]:
    return {calendar_id for binding in schedule.bindings for calendar_id in binding.terms.closure_calendars}


async def _add_closures(work: UnitOfWork, schedule: Schedule, known_at: datetime | None = None) -> Schedule:
    calendar_ids = _closure_calendars(schedule)
    if not calendar_ids:
        return schedule
    return schedule.with_closures(await list_approved_editions(work, calendar_ids, known_at))
