"""HTTP routes of waivers."""

from typing import Annotated
from uuid import UUID

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsCustomer, AsReader, Router
from common.unit_of_work import UnitOfWork
from common.views import Reason
from sla.exclusions.waivers import actions, store
from sla.exclusions.waivers.model import Waiver, WaiverState
from sla.exclusions.waivers.views import NewWaiver, WaiverView

router = Router(tags=["exclusions"])
WaiverPaging = Annotated[
    PageRequest, listing(Waiver.id, changed=Waiver.modified_at, sort=(Waiver.window_from, Waiver.requested_at))
]


@router.post("/agreements/{agreement_id}/waivers", status_code=201, summary="Request a waiver")
async def request_waiver(work: AsCustomer, agreement_id: UUID, body: NewWaiver) -> WaiverView:
    """A waiver is granted when somebody else on the customer's side approves it or, if asked for, one on each side."""
    return await _view(work, await actions.request(work, agreement_id, body))


@router.get("/waivers", summary="List waivers, oldest first")
async def list_waivers(
    work: AsReader, paging: WaiverPaging, agreement_id: UUID | None = None, state: WaiverState | None = None
) -> Page[WaiverView]:
    page = await paginate(work.session, store.select_waivers(work, agreement_id, state), paging, key=Waiver.id)
    return page.to_page(lambda waiver: WaiverView.from_waiver(work, waiver))


@router.get("/waivers/{waiver_id}", summary="Read a waiver")
async def read_waiver(work: AsReader, waiver_id: UUID) -> WaiverView:
    return await _view(work, await store.get_waiver(work, waiver_id))


@router.post("/waivers/{waiver_id}/approval", status_code=201, summary="Approve a waiver")
async def approve_waiver(work: AsCustomer, waiver_id: UUID) -> WaiverView:
    """Approve it for one's side. Closed periods that it touches are restated."""
    return await _view(work, await actions.approve(work, waiver_id))


@router.post("/waivers/{waiver_id}/refusal", status_code=201, summary="Refuse a waiver")
async def refuse_waiver(work: AsCustomer, waiver_id: UUID, body: Reason) -> WaiverView:
    """The time is not excluded."""
    return await _view(work, await actions.refuse(work, waiver_id, body.reason))


@router.post("/waivers/{waiver_id}/revocation", status_code=201, summary="Revoke a waiver")
async def revoke_waiver(work: AsCustomer, waiver_id: UUID, body: Reason) -> WaiverView:
    """The time is excluded no more; statements issued before keep their revision, and get another one."""
    return await _view(work, await actions.revoke(work, waiver_id, body.reason))


async def _view(work: UnitOfWork, waiver: Waiver) -> WaiverView:
    await work.flush()
    work.set_etag(waiver)
    return WaiverView.from_waiver(work, waiver)
