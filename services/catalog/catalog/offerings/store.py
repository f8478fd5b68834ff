"""Queries of services, offerings, prices and live agreements."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from catalog.offerings.model import SEARCH_VECTOR, LiveAgreement, Offering, OfferingState, Price, Service
from common.database.machinery_tables import machinery_tables
from common.errors import NotFound
from common.unit_of_work import UnitOfWork

S = TypeVar("S", bound=Select[Any])


def select_services(work: UnitOfWork, owner: str | None, q: str | None) -> Select[Service]:
    """Select the services; a customer sees those with an offering that is visible to it."""
    query = restrict_to_visible_services(work, select(Service))
    if owner is not None:
        query = query.where(Service.owner == owner)
    return query if q is None else query.where(_matches(q))


async def get_service(work: UnitOfWork, service_id: UUID) -> Service:
    service = await work.session.scalar(select_services(work, None, None).where(Service.id == service_id))
    if service is None:
        raise NotFound("service", service_id)
    return service


def select_offerings(
    work: UnitOfWork, service_id: UUID | None, state: OfferingState | None, tier: str | None, q: str | None
) -> Select[Offering]:
    query = restrict_to_visible_offerings(work, select(Offering))
    if service_id is not None:
        query = query.where(Offering.service_id == service_id)
    if state is not None:
        query = query.where(Offering.state == state)
    if tier is not None:
        query = query.where(func.lower(Offering.tier) == func.lower(tier))
    return query if q is None else query.where(_matches(q))


async def get_offering(work: UnitOfWork, offering_id: UUID) -> Offering:
    offering = await work.get(Offering, offering_id)
    customer = work.principal.customer_id
    if customer is not None and not offering.is_visible_to(customer):
        raise NotFound("offering", offering_id)
    return offering


def restrict_to_visible_services(work: UnitOfWork, query: S) -> S:
    """Restrict a query of services to those with an offering that the principal may see."""
    if not work.principal.is_bound:
        return query
    visible_offering = restrict_to_visible_offerings(work, select(Offering)).where(Offering.service_id == Service.id)
    return query.where(visible_offering.exists())


def restrict_to_visible_offerings(work: UnitOfWork, query: S) -> S:
    """Restrict a query of offerings to those that the principal may see."""
    customer = work.principal.customer_id
    if customer is None:
        return query
    in_audience = or_(Offering.visible_to.is_(None), any_(Offering.visible_to) == customer)
    return query.where(Offering.state == OfferingState.PUBLISHED, in_audience)


def _matches(q: str) -> ColumnElement[bool]:
    words = func.websearch_to_tsquery(literal_column("'simple'::regconfig"), q)
    return literal_column(SEARCH_VECTOR).bool_op("@@")(words)


async def list_prices(work: UnitOfWork, offering_id: UUID) -> Sequence[Price]:
    query = select(Price).where(Price.offering_id == offering_id).order_by(Price.valid_from)
    return (await work.session.scalars(query)).all()


async def find_price(work: UnitOfWork, offering_id: UUID, on: date) -> Price | None:
    return (await load_prices(work, [offering_id], on)).get(offering_id)


async def load_prices(work: UnitOfWork, offering_ids: Collection[UUID], on: date) -> Mapping[UUID, Price]:
    """Load the price of each offering on that day, in one statement.

    It is the price that began last, unless it is over: an earlier price does not come back.
    """
    query = (
        select(Price)
        .where(Price.offering_id.in_(offering_ids), Price.valid_from <= on)
        .ext(distinct_on(Price.offering_id))
        .order_by(Price.offering_id, Price.valid_from.desc())
    )
    newest_prices = await work.session.scalars(query)
    return {price.offering_id: price for price in newest_prices if not price.is_over(on)}


async def list_live_agreements(work: UnitOfWork, offering_id: UUID) -> Sequence[LiveAgreement]:
    return (await load_live_agreements(work, [offering_id]))[offering_id]


async def load_live_agreements(
    work: UnitOfWork, offering_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[LiveAgreement]]:
    """Load the live agreements on each offering, in one statement."""
    query = select(LiveAgreement).where(LiveAgreement.offering_id.in_(offering_ids))
    agreements: dict[UUID, list[LiveAgreement]] = {offering_id: [] for offering_id in offering_ids}
    for agreement in await work.session.scalars(query.order_by(LiveAgreement.agreement_id)):
        agreements[agreement.offering_id].append(agreement)
    return agreements


async def list_changes(work: UnitOfWork, offering_id: UUID, limit: int) -> Sequence[Any]:
    """List the audit trail of an offering and its prices, newest first."""
    trail = machinery_tables(Offering.metadata).audit.c
    of_prices = (trail.entity == Price.__tablename__) & trail.entity_id.startswith(f"{offering_id}/")
    of_itself = (trail.entity == Offering.__tablename__) & (trail.entity_id == str(offering_id))
    query = select(trail.at, trail.actor, trail.action, trail.entity, trail.before, trail.after)
    return (
        await work.session.execute(query.where(of_itself | of_prices).order_by(trail.seq.desc()).limit(limit))
    ).all()
