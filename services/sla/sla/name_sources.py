"""Where the sla service finds the names of the customers, offerings, services and agreements in its answers."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, or_, select

from common.names.references import NameSource
from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, CustomerReplica, OfferingReplica, ServiceReplica
from sla.agreements.store import select_agreements

S = TypeVar("S", bound=Select[Any])


def _restrict_to_visible_agreements(work: UnitOfWork, query: S) -> S:
    if not work.principal.is_bound:
        return query
    return query.where(Agreement.id.in_(select_agreements(work).with_only_columns(Agreement.id)))


def _restrict_to_visible_offerings(work: UnitOfWork, query: S) -> S:
    customer_id = work.principal.customer_id
    return query if customer_id is None else query.where(_is_visible(work, customer_id))


def _restrict_to_visible_services(work: UnitOfWork, query: S) -> S:
    """A customer sees the services of the offerings that it sees."""
    customer_id = work.principal.customer_id
    if customer_id is None:
        return query
    visible_offerings = select(OfferingReplica.offering_id).where(_is_visible(work, customer_id))
    return query.where(visible_offerings.where(OfferingReplica.service_id == ServiceReplica.service_id).exists())


def _is_visible(work: UnitOfWork, customer_id: UUID) -> ColumnElement[bool]:
    """A customer sees the offerings that the catalog shows it, and those of its own agreements."""
    in_audience = or_(OfferingReplica.visible_to.is_(None), any_(OfferingReplica.visible_to) == customer_id)
    agreed = select_agreements(work).with_only_columns(Agreement.offering_id)
    return or_(OfferingReplica.retired_at.is_(None) & in_audience, OfferingReplica.offering_id.in_(agreed))


NAME_SOURCES = {
    "customer": NameSource(
        CustomerReplica.customer_id,
        CustomerReplica.name,
        lambda work, query: work.select_visible(query, CustomerReplica.customer_id),
    ),
    "offering": NameSource(OfferingReplica.offering_id, OfferingReplica.offering_name, _restrict_to_visible_offerings),
    "agreement": NameSource(Agreement.id, Agreement.name, _restrict_to_visible_agreements),
    "service": NameSource(ServiceReplica.service_id, ServiceReplica.name, _restrict_to_visible_services),
}
