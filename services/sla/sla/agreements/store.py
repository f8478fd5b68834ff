"""Which agreements there are, and which version of one binds on a day."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from common.auth import Role
from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.model import Agreement, AgreementVersion, Notice, OfferingReplica
from sla.agreements.schedule import Binding, Schedule, build_schedule
from sla.agreements.states import NegotiationStage, Party, Side
from sla.agreements.suspensions import NoticeKind, NoticeState, Suspension, build_suspensions, last_day_changes
from sla.agreements.terms import Terms, compute_terms_sha256
from sla.closure_calendars.store import list_approved_editions
from sla.indicators.model import Indicator


@dataclass(frozen=True)
class AgreementInForce:
    """What binds both sides on one day."""

    agreement_id: UUID
    customer_id: UUID
    offering_id: UUID
    service_id: UUID
    service_name: str
    version: int
    terms: Terms
    terms_sha256: str
    """Of the document both sides signed."""


def acting_party(work: UnitOfWork) -> Party:
    """Whom the principal speaks for."""
    side = Side.CUSTOMER if work.principal.has_role(Role.customer) else Side.PROVIDER
    return Party(work.principal.subject, side)


def select_agreements(work: UnitOfWork, wanted: Mapping[InstrumentedAttribute[Any], object]) -> Select[Agreement]:
    """Those that have the wanted values; null wants nothing."""
    query = work.select_visible(select(Agreement), Agreement.customer_id)
    if work.principal.has_role(Role.customer):
        query = query.where(Agreement.proposed_at.is_not(None))
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


def select_naming_calendar(query: Select[Agreement], calendar_id: UUID) -> Select[Agreement]:
    """Of these, those whose terms, signed or on the table, name the closure calendar."""
    named = AgreementVersion.terms_document["closure_calendars"].contains([str(calendar_id)])
    over = (NegotiationStage.WITHDRAWN, NegotiationStage.REJECTED)
    versions = select(AgreementVersion.agreement_id).where(named, AgreementVersion.stage.not_in(over))
    return query.where(Agreement.id.in_(versions))


async def get_agreement(
    work: UnitOfWork, agreement_id: UUID, *, lock: bool = False, match: int | None = None
) -> Agreement:
    found = await work.get(Agreement, agreement_id, lock=lock, match=match)
    if found.proposed_at is None and work.principal.has_role(Role.customer):
        raise NotFound("agreement", agreement_id)
    return found


async def get_newest_version(work: UnitOfWork, of: Agreement) -> AgreementVersion:
    """The version with the highest number: the one being negotiated, if any is."""
    query = _versions(work, of.id).order_by(AgreementVersion.number.desc()).limit(1)
    return (await work.session.scalars(query)).one()


async def get_version(work: UnitOfWork, of: Agreement, number: int) -> AgreementVersion:
    found = (await work.session.scalars(_versions(work, of.id).where(AgreementVersion.number == number))).first()
    if found is None:
        raise NotFound("version", str(number))
    return found


async def list_versions(work: UnitOfWork, agreement_id: UUID) -> Sequence[AgreementVersion]:
    return (await work.session.scalars(_versions(work, agreement_id).order_by(AgreementVersion.number))).all()


async def get_timezone(work: UnitOfWork, agreement_id: UUID) -> str:
    """In which all versions of a signed agreement count their days."""
    zone = AgreementVersion.terms_document["service_hours"]["timezone"].astext
    signed = (AgreementVersion.agreement_id == agreement_id, AgreementVersion.stage == NegotiationStage.SIGNED)
    found: str = (await work.session.scalars(select(zone).where(*signed).limit(1))).one()
    return found


async def find_agreement_in_force(work: UnitOfWork, agreement_id: UUID, instant: datetime) -> AgreementInForce | None:
    """What bound both sides on the local day of the instant; null when nothing did."""
    promised = await load_schedule(work, agreement_id)
    binding = promised.binding_on(promised.local_day(instant)) if promised.bindings else None
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
    """What binds from day to day, as it was known at an instant (now); without bindings when nothing was signed."""
    notices = await _effective(work, agreement_id, known_at)
    return await _schedule(work, agreement_id, notices, known_at)


async def load_schedules(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, Schedule]:
    """The same of many, as it is known now."""
    notices, signed = defaultdict[UUID, list[Notice]](list), defaultdict[UUID, list[Binding]](list)
    effective = select(Notice).where(Notice.agreement_id.in_(agreement_ids), Notice.state == NoticeState.EFFECTIVE)
    for notice in await work.session.scalars(effective.order_by(Notice.answered_at, Notice.number)):
        notices[notice.agreement_id].append(notice)
    versions = select(AgreementVersion).where(
        AgreementVersion.agreement_id.in_(agreement_ids), AgreementVersion.stage == NegotiationStage.SIGNED
    )
    for version in await work.session.scalars(versions.order_by(AgreementVersion.number)):
        signed[version.agreement_id].append(_binding(version))
    found = {one: build_schedule(signed[one], last_day_changes(notices[one])) for one in agreement_ids}
    named = {key for one in found.values() for binding in one.bindings for key in binding.terms.closure_calendars}
    closed = await list_approved_editions(work, named) if named else {}
    return {one: schedule.with_closures(closed) for one, schedule in found.items()}


async def load_terms_with_closures(work: UnitOfWork, terms: Terms) -> Terms:
    """To evaluate with, as a binding's are, of terms that nobody has signed: with what the shared calendars close."""
    if not terms.closure_calendars:
        return terms
    alone = Schedule((Binding(1, terms, compute_terms_sha256(terms.to_document()), terms.starts_on, terms.ends_on),))
    return alone.with_closures(await list_approved_editions(work, set(terms.closure_calendars))).bindings[0].terms


async def find_amended_terms(work: UnitOfWork, version: AgreementVersion) -> dict[str, Any] | None:
    """The terms document that a version amends, with the last day it had come to; null of a first version."""
    signed = [one for one in await _signed(work, version.agreement_id, None) if one.number < version.number]
    if not signed:
        return None
    notices = await _effective(work, version.agreement_id, None)
    before = build_schedule([_binding(one) for one in signed], last_day_changes(notices))
    binding = before.binding_on(version.valid_from) or before.bindings[-1]
    document = next(one.terms_document for one in signed if one.number == binding.version)
    return document | {"ends_on": binding.last_day and binding.last_day.isoformat()}


async def load_lifecycle(work: UnitOfWork, agreement_id: UUID) -> Lifecycle:
    notices = await _effective(work, agreement_id, None)
    terminated = any(one.kind is NoticeKind.TERMINATION for one in notices)
    return Lifecycle(await _schedule(work, agreement_id, notices, None), build_suspensions(notices), terminated)


async def list_suspensions(
    work: UnitOfWork, agreement_id: UUID, *, known_at: datetime | None = None
) -> Sequence[Suspension]:
    """Disjoint, in the order of time."""
    return build_suspensions(await _effective(work, agreement_id, known_at))


async def list_due_for_review(work: UnitOfWork, before: datetime, limit: int = 100) -> Sequence[UUID]:
    """Agreements whose oldest period without a statement ended by `before`, longest due first."""
    query = select(Agreement.id).where(Agreement.review_due_at <= before).order_by(Agreement.review_due_at).limit(limit)
    return (await work.session.scalars(query)).all()


async def list_due_for_lifecycle(work: UnitOfWork) -> Sequence[UUID]:
    """What the calendar changes by now, longest due first."""
    query = select(Agreement.id).where(Agreement.turns_at <= work.now).order_by(Agreement.turns_at, Agreement.id)
    return (await work.session.scalars(query)).all()


async def lock_due_for_lifecycle(work: UnitOfWork, agreement_ids: Collection[UUID]) -> Sequence[Agreement]:
    """Those of them that the calendar changes by now, locked, without those another transaction holds."""
    query = select(Agreement).where(Agreement.id.in_(agreement_ids), Agreement.turns_at <= work.now)
    return (await work.session.scalars(query.order_by(Agreement.id).with_for_update(skip_locked=True))).all()


async def list_unusable_indicators(work: UnitOfWork, indicator_ids: Collection[UUID]) -> set[UUID]:
    known = await work.session.scalars(
        select(Indicator.id).where(Indicator.id.in_(indicator_ids), Indicator.retired_at.is_(None))
    )
    return set(indicator_ids) - set(known)


async def get_next_notice_number(work: UnitOfWork, agreement_id: UUID) -> int:
    """Its number, while the agreement is locked."""
    query = select(func.coalesce(func.max(Notice.number), 0)).where(Notice.agreement_id == agreement_id)
    return (await work.session.execute(query)).scalar_one() + 1


def _versions(work: UnitOfWork, agreement_id: UUID) -> Select[AgreementVersion]:
    query = (
        select(AgreementVersion)
        .where(AgreementVersion.agreement_id == agreement_id)
        .options(selectinload(AgreementVersion.agreement), selectinload(AgreementVersion.signatures))
    )
    if work.principal.has_role(Role.customer):
        query = query.where(AgreementVersion.proposed_at.is_not(None))
    return query


async def _effective(work: UnitOfWork, agreement_id: UUID, known_at: datetime | None) -> Sequence[Notice]:
    """In the order in which they took effect."""
    query = (
        select(Notice)
        .where(Notice.agreement_id == agreement_id, Notice.state == NoticeState.EFFECTIVE)
        .order_by(Notice.answered_at, Notice.number)
    )
    query = query if known_at is None else query.where(Notice.answered_at <= known_at)
    return (await work.session.scalars(query)).all()


async def _schedule(
    work: UnitOfWork, agreement_id: UUID, notices: Sequence[Notice], known_at: datetime | None
) -> Schedule:
    signed = await _signed(work, agreement_id, known_at)
    schedule = build_schedule([_binding(version) for version in signed], last_day_changes(notices))
    named = {key for binding in schedule.bindings for key in binding.terms.closure_calendars}
    return schedule.with_closures(await list_approved_editions(work, named, known_at)) if named else schedule


async def _signed(work: UnitOfWork, agreement_id: UUID, known_at: datetime | None) -> Sequence[AgreementVersion]:
    query = (
        select(AgreementVersion)
        .where(AgreementVersion.agreement_id == agreement_id, AgreementVersion.stage == NegotiationStage.SIGNED)
        .order_by(AgreementVersion.number)
    )
    query = query if known_at is None else query.where(AgreementVersion.recorded_at <= known_at)
    return (await work.session.scalars(query)).all()


def _binding(version: AgreementVersion) -> Binding:
    terms = version.terms
    return Binding(version.number, terms, compute_terms_sha256(version.terms_document), terms.starts_on, terms.ends_on)
