"""What people ask of the catalog: to register a service, to draft, price, publish and retire an offering."""

from datetime import date
from typing import Any
from uuid import UUID

from catalog.offerings import store
from catalog.offerings.model import Offering, OfferingNameTaken, Price, Service, ServiceNameTaken
from catalog.offerings.views import NewOffering, NewService, OfferingChange, PriceTerms, ServiceChange
from common.database.constraints import raise_on_violation
from common.errors import DomainError, Invalid
from common.unit_of_work import UnitOfWork
from published.catalog import OfferingPublished, OfferingRetired


class ServiceNotInCatalog(DomainError, slug="service-not-in-catalog"):
    """An offering is of a service that stands in the catalog."""

    status = 422


async def register_service(work: UnitOfWork, wanted: NewService) -> Service:
    service = Service(**wanted.model_dump())
    work.add(service)
    await _flush_service(work, service)
    return service


async def change_service(work: UnitOfWork, service_id: UUID, match: int, change: ServiceChange) -> Service:
    service = await work.get(Service, service_id, match=match)
    _apply(service, change.model_dump())
    await _flush_service(work, service)
    return service


async def draft_offering(work: UnitOfWork, wanted: NewOffering) -> Offering:
    if await work.session.get(Service, wanted.service_id) is None:
        raise ServiceNotInCatalog(f"There is no service {wanted.service_id}.", field="service_id")
    offering = Offering(**wanted.model_dump(exclude={"price"}))
    work.add(offering)
    await _flush_offering(work, offering)
    if wanted.price is not None:
        await _price(work, offering, wanted.price.valid_from or work.now.date(), wanted.price)
    return offering


async def change_offering(work: UnitOfWork, offering_id: UUID, match: int, change: OfferingChange) -> Offering:
    offering = await work.get(Offering, offering_id, match=match)
    offering.apply_changes(change.model_dump())
    await _flush_offering(work, offering)
    return offering


async def set_price(work: UnitOfWork, offering_id: UUID, match: int, valid_from: date, terms: PriceTerms) -> Offering:
    """Let this price hold from `valid_from`, in place of one that was to begin on the same day."""
    offering = await work.get(Offering, offering_id, match=match)
    await _price(work, offering, valid_from, terms)
    return offering


async def publish_offering(work: UnitOfWork, offering_id: UUID) -> Offering:
    offering = await work.get(Offering, offering_id, lock=True)
    offering.publish(work.now)
    service = await work.get(Service, offering.service_id)
    price = await store.find_price(work, offering.id, work.now.date())
    work.emit(
        OfferingPublished(
            offering_id=offering.id,
            offering_name=offering.name,
            service_id=service.id,
            service_name=service.name,
            tier=offering.tier,
            price=price and price.amount,
            currency=price and price.currency,
            unit=price and price.unit,
            published_at=work.now,
        )
    )
    await work.flush()
    return offering


async def retire_offering(work: UnitOfWork, offering_id: UUID) -> Offering:
    offering = await work.get(Offering, offering_id, lock=True)
    offering.retire(await store.list_live_agreements(work, offering_id), work.now)
    work.emit(OfferingRetired(offering_id=offering.id, service_id=offering.service_id, retired_at=work.now))
    await work.flush()
    return offering


async def _price(work: UnitOfWork, offering: Offering, valid_from: date, terms: PriceTerms) -> None:
    if terms.valid_to is not None and terms.valid_to < valid_from:
        raise Invalid("must not be before the first day", field="valid_to")
    offering.mark_repriced(valid_from, work.now)
    price = await work.session.get(Price, (offering.id, valid_from))
    if price is None:
        price = Price(offering_id=offering.id, valid_from=valid_from)
        work.add(price)
    _apply(price, terms.model_dump(exclude={"valid_from"}))
    await work.flush()


def _apply(entity: Service | Price, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(entity, name, value)


async def _flush_service(work: UnitOfWork, service: Service) -> None:
    taken = ServiceNameTaken(f"There is a service {service.name!r} already.", field="name")
    async with raise_on_violation(taken, "uq_services_name"):
        await work.flush()


async def _flush_offering(work: UnitOfWork, offering: Offering) -> None:
    taken = OfferingNameTaken(f"The service has an offering {offering.name!r} in tier {offering.tier!r}.", field="name")
    async with raise_on_violation(taken, "uq_offerings_service_name_tier"):
        await work.flush()
