"""HTTP routes of planned maintenance."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsCustomer, AsOwner, AsReader, IfMatch, Router
from common.unit_of_work import UnitOfWork
from common.views import Reason
from sla.exclusions.maintenance import actions, store
from sla.exclusions.maintenance.model import Maintenance
from sla.exclusions.maintenance.states import MaintenanceState
from sla.exclusions.maintenance.views import ChangedWindows, MaintenanceView, NewMaintenance
from sla.hours.views import BoundedInstant

From = Annotated[BoundedInstant | None, Query(alias="from", description="Only maintenance that ends later.")]
To = Annotated[BoundedInstant | None, Query(description="Only maintenance that begins earlier.")]

router = Router(prefix="/maintenance", tags=["exclusions"])
MaintenancePaging = Annotated[
    PageRequest,
    listing(Maintenance.id, changed=Maintenance.modified_at, sort=(Maintenance.title,), search=(Maintenance.title,)),
]


@router.post("", status_code=201, summary="Announce planned maintenance")
async def announce_maintenance(work: AsOwner, body: NewMaintenance) -> MaintenanceView:
    """The notice that each agreement asks for is counted from now. Another person has to approve it.

    Windows may recur by a rule in local time. Work that is over is entered afterwards, and approved by both sides.
    """
    return await _view(work, await actions.announce(work, body))


@router.get("", summary="List planned maintenance, in the order it was announced")
async def list_maintenance(
    work: AsReader,
    paging: MaintenancePaging,
    from_: From = None,
    to: To = None,
    state: MaintenanceState | None = None,
    affects: UUID | None = None,
    customer_id: UUID | None = None,
) -> Page[MaintenanceView]:
    """A customer sees what affects its agreements. `affects` names a service, an offering or an agreement."""
    query = store.select_maintenances(work, affects=affects, customer_id=customer_id, state=state, start=from_, end=to)
    page = await paginate(work.session, query, paging, key=Maintenance.id)
    visible_ids = await store.list_visible_agreement_ids(work, page.items)
    return page.to_page(lambda maintenance: MaintenanceView.from_maintenance(work, maintenance, visible_ids))


@router.get("/{maintenance_id}", summary="Read planned maintenance")
async def read_maintenance(work: AsReader, maintenance_id: UUID) -> MaintenanceView:
    return await _view(work, await store.get_maintenance(work, maintenance_id))


@router.put("/{maintenance_id}/windows", summary="Change the windows of planned maintenance")
async def change_maintenance_windows(
    work: AsOwner, maintenance_id: UUID, match: IfMatch, body: ChangedWindows
) -> MaintenanceView:
    """New time is announced anew: its notice counts from now, and it has to be approved again."""
    return await _view(work, await actions.change_windows(work, maintenance_id, match, body))


@router.post("/{maintenance_id}/approval", status_code=201, summary="Approve planned maintenance")
async def approve_maintenance(work: AsCustomer, maintenance_id: UUID) -> MaintenanceView:
    """Approve it for one's side, unless one has announced it. Closed periods that it touches are restated."""
    return await _view(work, await actions.decide(work, maintenance_id, None))


@router.post("/{maintenance_id}/refusal", status_code=201, summary="Refuse planned maintenance")
async def refuse_maintenance(work: AsCustomer, maintenance_id: UUID, body: Reason) -> MaintenanceView:
    """A customer's refusal concerns only its own agreements."""
    return await _view(work, await actions.decide(work, maintenance_id, body.reason))


@router.post("/{maintenance_id}/start", status_code=201, summary="Start planned maintenance")
async def start_maintenance(work: AsOwner, maintenance_id: UUID) -> MaintenanceView:
    """The maintenance has to be approved first."""
    return await _view(work, await actions.start(work, maintenance_id))


@router.post("/{maintenance_id}/completion", status_code=201, summary="Complete planned maintenance")
async def finish_maintenance(work: AsOwner, maintenance_id: UUID) -> MaintenanceView:
    """The rest of its windows is excluded no more."""
    return await _view(work, await actions.finish(work, maintenance_id))


@router.post("/{maintenance_id}/cancellation", status_code=201, summary="Cancel planned maintenance")
async def cancel_maintenance(work: AsOwner, maintenance_id: UUID, body: Reason) -> MaintenanceView:
    """Work under way is broken off: the time until now stays excluded."""
    return await _view(work, await actions.cancel(work, maintenance_id, body.reason))


async def _view(work: UnitOfWork, maintenance: Maintenance) -> MaintenanceView:
    await work.flush()
    work.set_etag(maintenance)
    visible_ids = await store.list_visible_agreement_ids(work, [maintenance])
    return MaintenanceView.from_maintenance(work, maintenance, visible_ids)
