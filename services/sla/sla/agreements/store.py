"""Queries on agreements, their versions, and the schedules that follow from them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import selectinload

from common.canonical_json import hash_canonical_json
from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from common.views import View
from sla.agreements.errors import CustomerNotRegistered
from sla.agreements.lifecycle import Lifecycle, Suspension
from sla.agreements.model import Agreement, AgreementVersion, CustomerReplica, OfferingReplica
from sla.agreements.notice import Notice, build_suspensions, last_day_changes
from sla.agreements.schedule import Binding, Schedule, build_schedule
from sla.agreements.states import AgreementKind, AgreementState, NegotiationStage, NoticeKind, NoticeState, Party, Side
from sla.agreements.terms import Terms
from sla.closure_calendars.editions import Editions
from sla.closure_calendars.store import list_approved_editions

R = TypeVar("R", AgreementVersion, Notice)


class AgreementInForce(NamedTuple):
    """An agreement with the terms that bind both sides on one day."""

    agreement_id: UUID
    customer_id: UUID
    service_id: UUID
    service_name: str
    terms: Terms


def acting_party(work: UnitOfWork) -> Party:
    """Return the principal with the side it speaks for."""
    side = Side.CUSTOMER if work.principal.is_bound else Side.PROVIDER
    return Party(work.principal.subject, side)


class AgreementFilter(View):
    customer_id: UUID | None = None
    offering_id: UUID | None = None
    state: AgreementState | None = None
    kind: AgreementKind | None = None
    closure_calendar_id: UUID | None = None
    template_id: UUID | None = None


def select_agreements(work: UnitOfWork, filters: AgreementFilter | None = None) -> Select[Agreement]:
    """Select the agreements that the principal may see."""
    filters, query = filters or AgreementFilter(), work.select_visible(select(Agreement), Agreement.customer_id)
    if work.principal.is_bound:
        query = query.where(Agreement.proposed_at.is_not(None))
    query = query.filter_by(**filters.model_dump(exclude_none=True, exclude={"closure_calendar_id"}))
    if (closure_calendar_id := filters.closure_calendar_id) is not None:
        names_calendar = AgreementVersion.terms_document["closure_calendars"].contains([str(closure_calendar_id)])
        over = (NegotiationStage.WITHDRAWN, NegotiationStage.REJECTED)
        versions = select(AgreementVersion.agreement_id).where(names_calendar, AgreementVersion.stage.not_in(over))
        query = query.where(Agreement.id.in_(versions))
    return query


def select_agreements_with_services(agreement_ids: Collection[UUID]) -> Select[UUID, UUID, UUID, str]:
    """Select the id, customer and service of each agreement, and the name of the service, in the order of ids."""
    return (
        select(Agreement.id, Agreement.customer_id, OfferingReplica.service_id, OfferingReplica.service_name)
        .join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
        .where(Agreement.id.in_(agreement_ids))
        .order_by(Agreement.id)
    )


async def get_agreement(
    work: UnitOfWork, agreement_id: UUID, *, lock: bool = False, match: int | None = None
) -> Agreement:
    agreement = await work.get(Agreement, agreement_id, lock=lock, match=match)
    if agreement.proposed_at is None and work.principal.is_bound:
        raise NotFound("agreement", agreement_id)
    return agreement


async def get_version(work: UnitOfWork, agreement_id: UUID, number: int | None = None) -> AgreementVersion:
    """Return the version with this number, by default the highest one: the one being negotiated, if any is."""
    query = _select_versions(work, [agreement_id]).order_by(AgreementVersion.number.desc()).limit(1)
    query = query if number is None else query.where(AgreementVersion.number == number)
    version = (await work.session.scalars(query)).first()
    if version is None:
        raise NotFound("version", str(number))
    return version


async def list_versions(work: UnitOfWork, agreement_id: UUID) -> Sequence[AgreementVersion]:
    return (await work.session.scalars(_select_versions(work, [agreement_id]).order_by(AgreementVersion.number))).all()


async def list_newest_versions(work: UnitOfWork, agreement_ids: Collection[UUID]) -> Sequence[AgreementVersion]:
    """List the version with the highest number of each agreement that the principal may see."""
    newest = _select_versions(work, agreement_ids).ext(distinct_on(AgreementVersion.agreement_id))
    order = AgreementVersion.agreement_id, AgreementVersion.number.desc()
    return (await work.session.scalars(newest.order_by(*order))).all()


async def get_timezone(work: UnitOfWork, agreement_id: UUID) -> str:
    """Return the time zone in which all versions of a signed agreement count their days."""
    zone_column = AgreementVersion.terms_document["service_hours"]["timezone"].astext
    signed = (AgreementVersion.agreement_id == agreement_id, AgreementVersion.stage == NegotiationStage.SIGNED)
    zone: str = (await work.session.scalars(select(zone_column).where(*signed).limit(1))).one()
    return zone


async def find_agreement_in_force(work: UnitOfWork, agreement_id: UUID, instant: datetime) -> AgreementInForce | None:
    """Find the agreement with the terms in force on the local day of the instant, or None when none were."""
    return (await load_agreements_in_force(work, [(agreement_id, instant)]))[0]


async def load_agreements_in_force(
    work: UnitOfWork, instants: Sequence[tuple[UUID, datetime]]
) -> list[AgreementInForce | None]:
    """Load each agreement with the terms in force on the local day of its instant, or None where none were."""
    agreement_ids = {agreement_id for agreement_id, _ in instants}
    schedules = await load_schedules(work, agreement_ids)
    rows = (await work.session.execute(select_agreements_with_services(agreement_ids))).all()
    agreements = {row.id: row for row in rows}
    bindings = [schedules[agreement_id].binding_at(instant) for agreement_id, instant in instants]
    return [
        None if binding is None else AgreementInForce(*agreements[agreement_id], binding.terms)
        for binding, (agreement_id, _) in zip(bindings, instants, strict=True)
    ]


async def load_lifecycle(work: UnitOfWork, agreement_id: UUID, *, known_at: datetime | None = None) -> Lifecycle:
    return (await load_lifecycles(work, [agreement_id], known_at))[agreement_id]


async def load_schedule(work: UnitOfWork, agreement_id: UUID, *, known_at: datetime | None = None) -> Schedule:
    """Load the schedule as it was known at an instant, by default now; it is empty when nothing was signed."""
    return (await load_lifecycle(work, agreement_id, known_at=known_at)).schedule


async def load_schedules(
    work: UnitOfWork,
    agreement_ids: Collection[UUID],
    *,
    known_at: datetime | None = None,
    with_later_editions: bool = False,
) -> dict[UUID, Schedule]:
    """Load the schedules of many agreements as they were known at an instant, by default now.

    `with_later_editions`: with all editions of closure calendars that are approved now.
    """
    lifecycles = await load_lifecycles(work, agreement_ids, known_at, with_later_editions=with_later_editions)
    return {key: lifecycle.schedule for key, lifecycle in lifecycles.items()}


async def list_suspensions(
    work: UnitOfWork, agreement_id: UUID, *, known_at: datetime | None = None
) -> Sequence[Suspension]:
    """List the suspensions, which do not overlap, in the order of time."""
    return (await load_suspensions(work, [agreement_id], known_at=known_at))[agreement_id]


async def load_suspensions(
    work: UnitOfWork, agreement_ids: Collection[UUID], *, known_at: datetime | None = None
) -> dict[UUID, Sequence[Suspension]]:
    """Load the suspensions of many agreements, those of each in the order of time."""
    notices = await _list_effective_notices(work, agreement_ids, known_at)
    return {agreement_id: build_suspensions(notices[agreement_id]) for agreement_id in agreement_ids}


async def load_terms_with_closures(work: UnitOfWork, terms: Terms) -> Terms:
    """Add what closure calendars close to terms that nobody has signed, so that they can be evaluated."""
    return (await load_unsigned_binding(work, terms)).terms


async def load_unsigned_binding(work: UnitOfWork, terms: Terms) -> Binding:
    """Load the binding that terms which nobody has signed would be, with what closure calendars close."""
    schedule = Schedule.of_terms(terms)
    return schedule.with_closures(await _load_editions(work, [schedule])).bindings[0]


async def get_registered_customer(work: UnitOfWork, customer_id: UUID) -> CustomerReplica:
    customer = await work.session.get(CustomerReplica, customer_id)
    if customer is None:
        raise CustomerNotRegistered("Customer", customer_id, field="customer_id")
    return customer


async def find_amended_terms(work: UnitOfWork, version: AgreementVersion) -> dict[str, Any] | None:
    """Find the terms document that a version amends, with the last day as it is now; None of a first version."""
    key = version.agreement_id
    signed_versions = (await _list_signed_versions(work, [key]))[key]
    earlier = [signed for signed in signed_versions if signed.number < version.number]
    if not earlier:
        return None
    schedule = _build_schedule(earlier, (await _list_effective_notices(work, [key]))[key])
    binding = schedule.binding_on(version.valid_from) or schedule.bindings[-1]
    document = next(signed.terms_document for signed in earlier if signed.number == binding.version)
    return document | {"ends_on": binding.last_day and binding.last_day.isoformat()}


async def load_due_for_review(work: UnitOfWork, before: datetime, limit: int = 100) -> dict[UUID, datetime]:
    """Load agreements whose oldest period without a statement ended by `before`, and its end, longest due first."""
    columns = Agreement.id, Agreement.review_due_at
    query = select(*columns).where(Agreement.review_due_at <= before).order_by(Agreement.review_due_at).limit(limit)
    return {agreement_id: end for agreement_id, end in await work.session.execute(query) if end is not None}


async def get_next_notice_number(work: UnitOfWork, agreement_id: UUID) -> int:
    """Return the number of the next notice of an agreement that is locked."""
    query = select(func.coalesce(func.max(Notice.number), 0)).where(Notice.agreement_id == agreement_id)
    return (await work.session.execute(query)).scalar_one() + 1


def _select_versions(work: UnitOfWork, agreement_ids: Collection[UUID]) -> Select[AgreementVersion]:
    query = (
        select(AgreementVersion)
        .where(AgreementVersion.agreement_id.in_(agreement_ids))
        .options(selectinload(AgreementVersion.agreement), selectinload(AgreementVersion.signatures))
    )
    if work.principal.is_bound:
        query = query.where(AgreementVersion.proposed_at.is_not(None))
    return query


async def load_lifecycles(
    work: UnitOfWork,
    agreement_ids: Collection[UUID],
    known_at: datetime | None = None,
    *,
    with_later_editions: bool = False,
) -> dict[UUID, Lifecycle]:
    """Load what was signed and what notices changed since, as it was known at an instant, by default now."""
    if not agreement_ids:
        return {}
    notices = await _list_effective_notices(work, agreement_ids, known_at)
    versions = await _list_signed_versions(work, agreement_ids, known_at)
    schedules = {key: _build_schedule(versions[key], notices[key]) for key in agreement_ids}
    editions = await _load_editions(work, schedules.values(), None if with_later_editions else known_at)
    return {
        key: Lifecycle(
            schedule.with_closures(editions),
            build_suspensions(notices[key]),
            is_terminated=any(notice.kind is NoticeKind.TERMINATION for notice in notices[key]),
        )
        for key, schedule in schedules.items()
    }


async def _list_effective_notices(
    work: UnitOfWork, agreement_ids: Collection[UUID], known_at: datetime | None = None
) -> dict[UUID, list[Notice]]:
    """List the notices of each agreement in the order in which they took effect."""
    query = (
        select(Notice)
        .where(Notice.agreement_id.in_(agreement_ids), Notice.state == NoticeState.EFFECTIVE)
        .order_by(Notice.answered_at, Notice.number)
    )
    query = query if known_at is None else query.where(Notice.answered_at <= known_at)
    return _group_by_agreement(await work.session.scalars(query))


async def _list_signed_versions(
    work: UnitOfWork, agreement_ids: Collection[UUID], known_at: datetime | None = None
) -> dict[UUID, list[AgreementVersion]]:
    query = (
        select(AgreementVersion)
        .where(AgreementVersion.agreement_id.in_(agreement_ids), AgreementVersion.stage == NegotiationStage.SIGNED)
        .order_by(AgreementVersion.number)
    )
    query = query if known_at is None else query.where(AgreementVersion.recorded_at <= known_at)
    return _group_by_agreement(await work.session.scalars(query))


def _group_by_agreement(rows: Iterable[R]) -> dict[UUID, list[R]]:
    rows_by_agreement = defaultdict[UUID, list[R]](list)
    for row in rows:
        rows_by_agreement[row.agreement_id].append(row)
    return rows_by_agreement


def _build_schedule(versions: Iterable[AgreementVersion], notices: Iterable[Notice]) -> Schedule:
    """Build a schedule without the closures of closure calendars."""
    bindings = []
    for version in versions:
        terms = version.terms
        sha256 = hash_canonical_json(version.terms_document)
        bindings.append(Binding(version.number, terms, sha256, terms.starts_on, terms.ends_on))
    return build_schedule(bindings, last_day_changes(notices))


async def _load_editions(work: UnitOfWork, schedules: Iterable[Schedule], known_at: datetime | None = None) -> Editions:
    bindings = [binding for schedule in schedules for binding in schedule.bindings]
    calendar_ids = {calendar_id for binding in bindings for calendar_id in binding.terms.closure_calendars}
    return await list_approved_editions(work, calendar_ids, known_at) if calendar_ids else {}
