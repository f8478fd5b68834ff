"""HTTP routes of services and their offerings."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query

from catalog.offerings import actions, store
from catalog.offerings.model import Offering, OfferingState, Service
from catalog.offerings.views import (
    ChangeView,
    NewOffering,
    NewService,
    OfferingChange,
    OfferingView,
    PriceTerms,
    PriceView,
    Quote,
    ServiceChange,
    ServiceView,
)
from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsOwner, AsReader, AsStaff, IfMatch, Router
from common.unit_of_work import UnitOfWork
from common.views import Day, MachineName

services = Router(prefix="/services", tags=["services"])
offerings = Router(prefix="/offerings", tags=["offerings"])

Search = Annotated[
    MachineName | None, Query(description="Words in the name or description; quotes, `or` and `-` work.")
]
ServicePaging = Annotated[
    PageRequest, listing(Service.id, changed=Service.modified_at, sort=(Service.name, Service.owner))
]
OfferingPaging = Annotated[
    PageRequest, listing(Offering.id, changed=Offering.modified_at, sort=(Offering.name, Offering.tier))
]


@services.post("", status_code=201, summary="Register a service")
async def register_service(work: AsOwner, body: NewService) -> ServiceView:
    return _service(work, await actions.register_service(work, body))


@services.get("", summary="List services, oldest first")
async def list_services(
    work: AsReader, paging: ServicePaging, owner: MachineName | None = None, q: Search = None
) -> Page[ServiceView]:
    """A customer sees the services with an offering that is visible to it."""
    page = await paginate(work.session, store.select_services(work, owner, q), paging, key=Service.id)
    return page.to_page(ServiceView.model_validate)


@services.get("/{service_id}", summary="Read a service")
async def read_service(work: AsReader, service_id: UUID) -> ServiceView:
    return _service(work, await store.get_service(work, service_id))


@services.patch("/{service_id}", summary="Change a service")
async def change_service(work: AsOwner, service_id: UUID, match: IfMatch, body: ServiceChange) -> ServiceView:
    return _service(work, await actions.change_service(work, service_id, match, body))


@services.delete("/{service_id}", status_code=204, summary="Delete a service without offerings")
async def delete_service(work: AsOwner, service_id: UUID, match: IfMatch) -> None:
    await actions.delete_service(work, service_id, match)


@offerings.delete("/{offering_id}", status_code=204, summary="Delete the draft of an offering")
async def delete_offering(work: AsOwner, offering_id: UUID, match: IfMatch) -> None:
    """Delete the draft with its prices. An offering that was published is retired instead."""
    await actions.delete_offering(work, offering_id, match)


@offerings.post("", status_code=201, summary="Draft an offering of a service")
async def draft_offering(work: AsOwner, body: NewOffering) -> OfferingView:
    return await _offering(work, await actions.draft_offering(work, body))


@offerings.get("", summary="List offerings, oldest first")
async def list_offerings(
    work: AsReader,
    paging: OfferingPaging,
    service_id: UUID | None = None,
    state: OfferingState | None = None,
    tier: MachineName | None = None,
    q: Search = None,
) -> Page[OfferingView]:
    """A customer sees the published offerings that are visible to it."""
    page = await paginate(
        work.session, store.select_offerings(work, service_id, state, tier, q), paging, key=Offering.id
    )
    return page.with_views(await _list_offerings(work, page.items))


@offerings.get("/{offering_id}", summary="Read an offering")
async def read_offering(work: AsReader, offering_id: UUID) -> OfferingView:
    return await _offering(work, await store.get_offering(work, offering_id))


@offerings.patch("/{offering_id}", summary="Change an offering")
async def change_offering(work: AsOwner, offering_id: UUID, match: IfMatch, body: OfferingChange) -> OfferingView:
    """Name and tier can be changed until the offering is published, the rest until it is retired."""
    return await _offering(work, await actions.change_offering(work, offering_id, match, body))


@offerings.put("/{offering_id}/prices/{valid_from}", summary="Set the price from a day on")
async def price_offering(
    work: AsOwner, offering_id: UUID, valid_from: Day, match: IfMatch, body: PriceTerms
) -> OfferingView:
    """Earlier prices stay. For a published offering the earliest day is today, UTC."""
    return await _offering(work, await actions.set_price(work, offering_id, match, valid_from, body))


@offerings.get("/{offering_id}/prices", summary="List all prices of an offering by their first day")
async def list_offering_prices(work: AsStaff, offering_id: UUID) -> list[PriceView]:
    await store.get_offering(work, offering_id)
    return [PriceView.model_validate(price) for price in await store.list_prices(work, offering_id)]


@offerings.get("/{offering_id}/quote", summary="Quote an offering for a day")
async def quote_offering(
    work: AsReader, offering_id: UUID, on: Annotated[Day | None, Query(description="Default: today, UTC.")] = None
) -> Quote:
    offering = await store.get_offering(work, offering_id)
    day = on or work.now.date()
    price = await store.find_price(work, offering.id, day)
    return Quote(offering_id=offering.id, on=day, price=price and PriceView.model_validate(price))


@offerings.post("/{offering_id}/publication", status_code=201, summary="Publish an offering")
async def publish_offering(work: AsOwner, offering_id: UUID) -> OfferingView:
    """Customers that may see the offering can agree on it from now on."""
    return await _offering(work, await actions.publish_offering(work, offering_id))


@offerings.post("/{offering_id}/retirement", status_code=201, summary="Retire an offering")
async def retire_offering(work: AsOwner, offering_id: UUID) -> OfferingView:
    """An offering with live agreements cannot be retired; the problem names them."""
    return await _offering(work, await actions.retire_offering(work, offering_id))


@offerings.get("/{offering_id}/history", summary="List the changes of an offering and its prices")
async def read_offering_history(
    work: AsStaff, offering_id: UUID, limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> Sequence[ChangeView]:
    await store.get_offering(work, offering_id)
    return [ChangeView.model_validate(change) for change in await store.list_changes(work, offering_id, limit)]


def _service(work: UnitOfWork, service: Service) -> ServiceView:
    work.set_etag(service)
    return ServiceView.model_validate(service)


async def _offering(work: UnitOfWork, offering: Offering) -> OfferingView:
    work.set_etag(offering)
    return (await _list_offerings(work, [offering]))[0]


async def _list_offerings(work: UnitOfWork, offerings: Sequence[Offering]) -> list[OfferingView]:
    ids = [offering.id for offering in offerings]
    prices, live = await store.load_prices(work, ids, work.now.date()), await store.load_live_agreements(work, ids)
    return [
        OfferingView.from_offering(work, offering, prices.get(offering.id), live[offering.id]) for offering in offerings
    ]
