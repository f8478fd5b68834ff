"""Which agreements there are, and which version of one binds on a day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from common.auth import Role
from common.errors import NotFound
from common.work import Work
from sla.agreements.model import Agreement, AgreementVersion, KnownOffering
from sla.agreements.states import AgreementState, Stage
from sla.agreements.terms import Terms, fingerprint
from sla.indicators.model import Indicator

EASTERNMOST = timedelta(hours=14)
"""A day begins somewhere this long before it begins in UTC."""


@dataclass(frozen=True)
class Promise:
    """What binds both sides on one day."""

    agreement_id: UUID
    customer_id: UUID
    offering_id: UUID
    service_id: UUID
    service_name: str
    version: int
    terms: Terms
    terms_sha256: str
    """Of the document as it is stored, which later code may read with more fields than it was signed with."""


def agreements(
    work: Work, customer_id: UUID | None, offering_id: UUID | None, state: AgreementState | None
) -> Select[Agreement]:
    query = work.visible(select(Agreement), Agreement.customer_id)
    if work.principal.has(Role.customer):
        query = query.where(Agreement.proposed_at.is_not(None))
    if customer_id is not None:
        query = query.where(Agreement.customer_id == customer_id)
    if offering_id is not None:
        query = query.where(Agreement.offering_id == offering_id)
    return query if state is None else query.where(Agreement.state == state)


async def agreement(work: Work, agreement_id: UUID, *, lock: bool = False, match: int | None = None) -> Agreement:
    found = await work.get(Agreement, agreement_id, lock=lock, match=match)
    if found.proposed_at is None and work.principal.has(Role.customer):
        raise NotFound("agreement", agreement_id)
    return found


async def newest_version(work: Work, of: Agreement) -> AgreementVersion:
    """The version with the highest number: the one being negotiated, if any is."""
    query = _versions(of.id).order_by(AgreementVersion.number.desc()).limit(1)
    return (await work.session.scalars(query)).one()


async def versions(work: Work, agreement_id: UUID) -> Sequence[AgreementVersion]:
    return (await work.session.scalars(_versions(agreement_id).order_by(AgreementVersion.number))).all()


async def promise_on(work: Work, agreement_id: UUID, day: date, *, known_at: datetime | None = None) -> Promise | None:
    """What bound both sides on `day`, as it was known at an instant (now); null when nothing did.

    Of the versions valid from that day or before, the last one recorded replaces the others.
    """
    query = (
        select(AgreementVersion, KnownOffering)
        .join(AgreementVersion.agreement)
        .join(KnownOffering, KnownOffering.offering_id == Agreement.offering_id)
        .options(selectinload(AgreementVersion.agreement))
        .where(AgreementVersion.agreement_id == agreement_id, AgreementVersion.stage == Stage.SIGNED)
        .where(AgreementVersion.valid_from <= day, AgreementVersion.recorded_at <= (known_at or work.now))
        .order_by(AgreementVersion.number.desc())
        .limit(1)
    )
    found = (await work.session.execute(query)).first()
    return None if found is None else _promise(found[0], found[1], day)


async def due_for_review(work: Work, before: datetime, limit: int = 100) -> Sequence[UUID]:
    """Agreements whose oldest period without a statement ended by `before`, longest due first."""
    query = select(Agreement.id).where(Agreement.review_due_at <= before).order_by(Agreement.review_due_at).limit(limit)
    return (await work.session.scalars(query)).all()


async def calendar_says(work: Work, state: AgreementState, limit: int = 100) -> Sequence[AgreementVersion]:
    """Locked, without those another transaction holds: what may have to become active, or to end, today."""
    today = (work.now + EASTERNMOST).date()
    day = Agreement.starts_on if state is AgreementState.SIGNED else Agreement.ends_on
    query = (
        select(AgreementVersion)
        .join(AgreementVersion.agreement)
        .options(selectinload(AgreementVersion.agreement))
        .where(Agreement.state == state, day <= today, AgreementVersion.stage == Stage.SIGNED)
        .order_by(day, AgreementVersion.number)
        .limit(limit)
        .with_for_update(of=Agreement, skip_locked=True)
    )
    return (await work.session.scalars(query)).all()


async def unusable_indicators(work: Work, indicator_ids: Collection[UUID]) -> set[UUID]:
    known = await work.session.scalars(
        select(Indicator.id).where(Indicator.id.in_(indicator_ids), Indicator.retired_at.is_(None))
    )
    return set(indicator_ids) - set(known)


def _versions(agreement_id: UUID) -> Select[AgreementVersion]:
    return (
        select(AgreementVersion)
        .where(AgreementVersion.agreement_id == agreement_id)
        .options(selectinload(AgreementVersion.agreement), selectinload(AgreementVersion.signatures))
    )


def _promise(version: AgreementVersion, offering: KnownOffering, day: date) -> Promise | None:
    terms = version.terms
    if terms.ends_on is not None and terms.ends_on < day:
        return None
    return Promise(
        agreement_id=version.agreement_id,
        customer_id=version.agreement.customer_id,
        offering_id=version.agreement.offering_id,
        service_id=offering.service_id,
        service_name=offering.service_name,
        version=version.number,
        terms=terms,
        terms_sha256=fingerprint(version.terms_document),
    )
