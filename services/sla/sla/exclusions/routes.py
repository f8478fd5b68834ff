"""HTTP routes of planned maintenance and its calendar, waivers, and the exclusions of an agreement."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from common.errors import Invalid
from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsCustomer, AsOwner, AsReader, IfMatch, Router
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.exclusions import actions, calendar_feed, store, waiver_actions
from sla.exclusions.model import Maintenance
from sla.exclusions.states import MaintenanceState, WaiverState
from sla.exclusions.views import (
    ChangedWindows,
    ExclusionReason,
    ExclusionsView,
    ExclusionVerdictView,
    MaintenanceView,
    NewMaintenance,
    NewWaiver,
    WaiverView,
)
from sla.exclusions.waivers import Waiver
from sla.hours.spans import Span, to_microseconds, total_length, union
from sla.hours.views import BoundedInstant

MAX_RANGE = timedelta(days=400)
FEED_PAST, FEED_AHEAD, MAX_FEED_ENTRIES = timedelta(days=31), timedelta(days=366), 1000
From = Annotated[BoundedInstant | None, Query(alias="from", description="Only maintenance that ends later.")]
To = Annotated[BoundedInstant | None, Query(description="Only maintenance that begins earlier.")]

router = Router(tags=["exclusions"])


@router.post("/maintenance", status_code=201, summary="Announce planned maintenance")
async def announce_maintenance(work: AsOwner, body: NewMaintenance) -> MaintenanceView:
    """The notice that each agreement asks for is counted from now. Another person has to approve it."""
    return await _view(work, await actions.announce(work, body))


@router.get("/maintenance", summary="List planned maintenance, in the order it was announced")
async def list_maintenance(
    work: AsReader,
    paging: Paging,
    from_: From = None,
    to: To = None,
    state: MaintenanceState | None = None,
    affects: UUID | None = None,
    customer_id: UUID | None = None,
) -> Page[MaintenanceView]:
    """A customer sees what affects its agreements. `affects` names a service, an offering or an agreement."""
    query = store.select_maintenances(work, affects=affects, customer_id=customer_id, state=state, start=from_, end=to)
    page = await paginate(work.session, query, paging, key=Maintenance.id)
    audience = await store.load_audience(work, page.items)
    return page.to_page(lambda maintenance: MaintenanceView.from_maintenance(maintenance, audience))


@router.get("/maintenance.ics", summary="Subscribe to planned maintenance", response_class=Response)
async def read_maintenance_calendar(work: AsReader, customer_id: UUID | None = None) -> Response:
    """An iCalendar feed of the last month and the year to come."""
    start, end = work.now - FEED_PAST, work.now + FEED_AHEAD
    query = store.select_maintenances(work, customer_id=customer_id, start=start, end=end)
    maintenances = await work.session.scalars(query.order_by(Maintenance.id.desc()).limit(MAX_FEED_ENTRIES))
    return Response(calendar_feed.build_calendar_feed(maintenances), media_type="text/calendar; charset=utf-8")


@router.get("/maintenance/{maintenance_id}", summary="Read planned maintenance")
async def read_maintenance(work: AsReader, maintenance_id: UUID) -> MaintenanceView:
    return await _view(work, await store.get_maintenance(work, maintenance_id))


@router.put("/maintenance/{maintenance_id}/windows", summary="Change the windows of planned maintenance")
async def change_maintenance_windows(
    work: AsOwner, maintenance_id: UUID, match: IfMatch, body: ChangedWindows
) -> MaintenanceView:
    """New time is announced anew: its notice counts from now, and it has to be approved again."""
    windows = [window.span for window in body.windows]
    return await _view(work, await actions.change_windows(work, maintenance_id, match, windows))


@router.post("/maintenance/{maintenance_id}/approval", status_code=201, summary="Approve planned maintenance")
async def approve_maintenance(work: AsCustomer, maintenance_id: UUID) -> MaintenanceView:
    """Approve it for one's side, unless one has announced it. Closed periods that it touches are restated."""
    return await _view(work, await actions.decide(work, maintenance_id, None))


@router.post("/maintenance/{maintenance_id}/refusal", status_code=201, summary="Refuse planned maintenance")
async def refuse_maintenance(work: AsCustomer, maintenance_id: UUID, body: ExclusionReason) -> MaintenanceView:
    """A customer's refusal concerns only its own agreements."""
    return await _view(work, await actions.decide(work, maintenance_id, body.reason))


@router.post("/maintenance/{maintenance_id}/start", status_code=201, summary="Start planned maintenance")
async def start_maintenance(work: AsOwner, maintenance_id: UUID) -> MaintenanceView:
    """The maintenance has to be approved first."""
    return await _view(work, await actions.start(work, maintenance_id))


@router.post("/maintenance/{maintenance_id}/completion", status_code=201, summary="Complete planned maintenance")
async def finish_maintenance(work: AsOwner, maintenance_id: UUID) -> MaintenanceView:
    """The rest of its windows is excluded no more."""
    return await _view(work, await actions.finish(work, maintenance_id))


@router.post("/maintenance/{maintenance_id}/cancellation", status_code=201, summary="Cancel planned maintenance")
async def cancel_maintenance(work: AsOwner, maintenance_id: UUID, body: ExclusionReason) -> MaintenanceView:
    """Work under way is broken off: the time until now stays excluded."""
    return await _view(work, await actions.cancel(work, maintenance_id, body.reason))


@router.get("/agreements/{agreement_id}/exclusions", summary="List the exclusions of an agreement")
async def list_exclusions(
    work: AsReader,
    agreement_id: UUID,
    from_: Annotated[BoundedInstant, Query(alias="from")],
    to: BoundedInstant,
    known_at: Annotated[
        BoundedInstant | None, Query(description="Answer as it was known then; by default now.")
    ] = None,
) -> ExclusionsView:
    """The answer says of maintenance, waivers and suspensions whether they are excluded, and why."""
    if not from_ < to <= from_ + MAX_RANGE:
        raise Invalid(f"must be later than `from`, by at most {MAX_RANGE.days} days", field="to")
    agreement = await agreements.get_agreement(work, agreement_id)
    span, at = Span(to_microseconds(from_), to_microseconds(to)), known_at or work.now
    verdicts = await store.list_exclusion_verdicts_by_version(work, agreement.id, span, known_at=at)
    excluded = union(
        verdict.exclusion.span
        for _, verdict in verdicts
        if verdict.is_excluded and verdict.exclusion.objective_ids is None
    )
    items = [ExclusionVerdictView.from_verdict(verdict, version) for version, verdict in verdicts]
    return ExclusionsView(
        from_=from_, to=to, agreement_id=agreement.id, known_at=at, excluded=total_length(excluded), items=items
    )


@router.post("/agreements/{agreement_id}/waivers", status_code=201, summary="Request a waiver")
async def request_waiver(work: AsCustomer, agreement_id: UUID, body: NewWaiver) -> WaiverView:
    """A waiver is granted when somebody else on the customer's side approves it or, if asked for, one on each side."""
    return _waiver_view(work, await waiver_actions.request(work, agreement_id, body))


@router.get("/waivers", summary="List waivers, oldest first")
async def list_waivers(
    work: AsReader, paging: Paging, agreement_id: UUID | None = None, state: WaiverState | None = None
) -> Page[WaiverView]:
    page = await paginate(work.session, store.select_waivers(work, agreement_id, state), paging, key=Waiver.id)
    return page.to_page(WaiverView.model_validate)


@router.get("/waivers/{waiver_id}", summary="Read a waiver")
async def read_waiver_view(work: AsReader, waiver_id: UUID) -> WaiverView:
    return _waiver_view(work, await store.get_waiver(work, waiver_id))


@router.post("/waivers/{waiver_id}/approval", status_code=201, summary="Approve a waiver")
async def approve_waiver_view(work: AsCustomer, waiver_id: UUID) -> WaiverView:
    """Approve it for one's side. Closed periods that it touches are restated."""
    return _waiver_view(work, await waiver_actions.approve(work, waiver_id))


@router.post("/waivers/{waiver_id}/refusal", status_code=201, summary="Refuse a waiver")
async def refuse_waiver_view(work: AsCustomer, waiver_id: UUID, body: ExclusionReason) -> WaiverView:
    """The time is not excluded."""
    return _waiver_view(work, await waiver_actions.refuse(work, waiver_id, body.reason))


@router.post("/waivers/{waiver_id}/revocation", status_code=201, summary="Revoke a waiver")
async def revoke_waiver_view(work: AsCustomer, waiver_id: UUID, body: ExclusionReason) -> WaiverView:
    """The time is excluded no more; statements issued before keep their revision, and get another one."""
    return _waiver_view(work, await waiver_actions.revoke(work, waiver_id, body.reason))


async def _view(work: UnitOfWork, maintenance: Maintenance) -> MaintenanceView:
    work.set_etag(maintenance)
    return MaintenanceView.from_maintenance(maintenance, await store.load_audience(work, [maintenance]))


def _waiver_view(work: UnitOfWork, waiver: Waiver) -> WaiverView:
    work.set_etag(waiver)
    return WaiverView.model_validate(waiver)
