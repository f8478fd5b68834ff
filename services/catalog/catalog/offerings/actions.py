"""Commands of the catalog: register a service; draft, price, publish and retire an offering."""

from datetime import date
from uuid import UUID

from catalog.offerings import store
from catalog.offerings.errors import OfferingNameTaken, ServiceNameTaken, ServiceNotInCatalog
from catalog.offerings.model import Offering, OfferingState, Price, Service
from catalog.offerings.views import NewOffering, NewService, OfferingChange, PriceTerms, ServiceChange
from common.database.constraints import raise_on_violation
from common.database.deletion import delete_unused
from common.errors import Invalid
from common.unit_of_work import UnitOfWork
from published.catalog import (
    OfferingAudienceChanged,
    OfferingPublished,
    OfferingRetired,
    ServiceDeleted,
    ServiceRegistered,
    ServiceRenamed,
)


async def register_service(work: UnitOfWork, body: NewService) -> Service:
    service = Service(**body.model_dump())
    work.add(service)
    await _flush_service(work, service)
    work.emit(ServiceRegistered.from_entity(service))
    return service


async def change_service(work: UnitOfWork, service_id: UUID, match: int, change: ServiceChange) -> Service:
    service = await work.get(Service, service_id, match=match)
    old_name = service.name
    change.apply_to(service)
    await _flush_service(work, service)
    if service.name != old_name:
        work.emit(ServiceRenamed.from_entity(service))
    return service


async def delete_service(work: UnitOfWork, service_id: UUID, match: int) -> None:
    """Delete a service without offerings."""
    service = await work.get(Service, service_id, match=match)
    await delete_unused(work, service)
    work.emit(ServiceDeleted(service_id=service_id, deleted_at=work.now))


async def delete_offering(work: UnitOfWork, offering_id: UUID, match: int) -> None:
    """Delete the draft of an offering, with its prices."""
    offering = await work.get(Offering, offering_id, match=match)
    offering.check_draft()
    await delete_unused(work, offering, (Price,))


async def draft_offering(work: UnitOfWork, body: NewOffering) -> Offering:
    if await work.session.get(Service, body.service_id) is None:
        raise ServiceNotInCatalog(f"Service {body.service_id} is not in the catalog.", field="service_id")
    offering = Offering(**body.model_dump(exclude={"price"}))
    work.add(offering)
    await _flush_offering(work, offering)
    if body.price is not None:
        await _set_price(work, offering, body.price.valid_from or work.now.date(), body.price)
    return offering


async def change_offering(work: UnitOfWork, offering_id: UUID, match: int, change: OfferingChange) -> Offering:
    offering = await work.get(Offering, offering_id, match=match)
    old_audience = offering.visible_to
    offering.apply_changes(change.model_dump())
    await _flush_offering(work, offering)
    if offering.state is OfferingState.PUBLISHED and offering.visible_to != old_audience:
        work.emit(OfferingAudienceChanged.from_entity(offering, visible_before=old_audience))
    return offering


async def set_price(work: UnitOfWork, offering_id: UUID, match: int, valid_from: date, terms: PriceTerms) -> Offering:
    """Set the price from `valid_from` on, replacing one that begins on the same day."""
    offering = await work.get(Offering, offering_id, match=match)
    await _set_price(work, offering, valid_from, terms)
    return offering


async def publish_offering(work: UnitOfWork, offering_id: UUID) -> Offering:
    offering = await work.get(Offering, offering_id, lock=True)
    offering.publish(work.now)
    service = await work.get(Service, offering.service_id)
    price = await store.find_price(work, offering.id, work.now.date())
    work.emit(
        OfferingPublished.from_entity(
            offering,
            offering_name=offering.name,
            service_name=service.name,
            price=price and price.amount,
            currency=price and price.currency,
            unit=price and price.unit,
        )
    )
    await work.flush()
    return offering


async def retire_offering(work: UnitOfWork, offering_id: UUID) -> Offering:
    offering = await work.get(Offering, offering_id, lock=True)
    offering.retire(await store.list_live_agreements(work, offering_id), work.now)
    work.emit(OfferingRetired.from_entity(offering))
    await work.flush()
    return offering


async def _set_price(work: UnitOfWork, offering: Offering, valid_from: date, terms: PriceTerms) -> None:
    if terms.valid_to is not None and terms.valid_to < valid_from:
        raise Invalid("must not be before the first day", field="valid_to")
    offering.mark_repriced(valid_from, work.now)
    price = await work.session.get(Price, (offering.id, valid_from))
    if price is None:
        price = Price(offering_id=offering.id, valid_from=valid_from)
        work.add(price)
    for name, value in terms.model_dump(exclude={"valid_from"}).items():
        setattr(price, name, value)
    await work.flush()


async def _flush_service(work: UnitOfWork, service: Service) -> None:
    error = ServiceNameTaken(f'There is already a service "{service.name}". Choose another name.', field="name")
    async with raise_on_violation(error, "uq_services_name"):
        await work.flush()


async def _flush_offering(work: UnitOfWork, offering: Offering) -> None:
    error = OfferingNameTaken(
        f'The service already has an offering "{offering.name}" in tier "{offering.tier}".', field="name"
    )
    async with raise_on_violation(error, "uq_offerings_service_name_tier"):
        await work.flush()
