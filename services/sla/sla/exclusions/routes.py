"""HTTP: planned maintenance and its calendar, waivers, and what is excluded from an agreement's time."""

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
From = Annotated[BoundedInstant | None, Query(alias="from", description="What ends later.")]
To = Annotated[BoundedInstant | None, Query(description="What begins earlier.")]

router = Router(tags=["exclusions"])


@router.post("/maintenance", status_code=201, summary="Announce planned maintenance")
async def announce_maintenance(work: AsOwner, body: NewMaintenance) -> MaintenanceView:
    """The notice each agreement asks for is counted from here. Another person approves it."""
    windows = [one.span for one in body.windows]
    return await _shown(work, await actions.announce(work, body.title, body.reason, body.affects.by_kind(), windows))


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
    return page.to_page(lambda one: MaintenanceView.from_entity(one, audience))


@router.get("/maintenance.ics", summary="Subscribe to planned maintenance", response_class=Response)
async def read_maintenance_calendar(work: AsReader, customer_id: UUID | None = None) -> Response:
    """As iCalendar: the last month and the year to come."""
    start, end = work.now - FEED_PAST, work.now + FEED_AHEAD
    query = store.select_maintenances(work, customer_id=customer_id, start=start, end=end)
    found = await work.session.scalars(query.order_by(Maintenance.id.desc()).limit(MAX_FEED_ENTRIES))
    return Response(calendar_feed.build_calendar_feed(found), media_type="text/calendar; charset=utf-8")


@router.get("/maintenance/{maintenance_id}", summary="Read planned maintenance")
async def read_maintenance(work: AsReader, maintenance_id: UUID) -> MaintenanceView:
    return await _shown(work, await store.get_maintenance(work, maintenance_id))


@router.put("/maintenance/{maintenance_id}/windows", summary="Change the windows of planned maintenance")
async def change_maintenance_windows(
    work: AsOwner, maintenance_id: UUID, match: IfMatch, body: ChangedWindows
) -> MaintenanceView:
    """What is added is another announcement: its notice counts from now, and it has to be approved again."""
    windows = [one.span for one in body.windows]
    return await _shown(work, await actions.change_windows(work, maintenance_id, match, windows))


@router.post("/maintenance/{maintenance_id}/approval", status_code=201, summary="Approve planned maintenance")
async def approve_maintenance(work: AsCustomer, maintenance_id: UUID) -> MaintenanceView:
    """For one's side, and not by who announced it. Closed periods it touches are stated again."""
    return await _shown(work, await actions.decide(work, maintenance_id, None))


@router.post("/maintenance/{maintenance_id}/refusal", status_code=201, summary="Refuse planned maintenance")
async def refuse_maintenance(work: AsCustomer, maintenance_id: UUID, body: ExclusionReason) -> MaintenanceView:
    """A customer refuses for its own agreements."""
    return await _shown(work, await actions.decide(work, maintenance_id, body.reason))


@router.post("/maintenance/{maintenance_id}/start", status_code=201, summary="Begin the work")
async def start_maintenance(work: AsOwner, maintenance_id: UUID) -> MaintenanceView:
    """Once it is approved."""
    return await _shown(work, await actions.start(work, maintenance_id))


@router.post("/maintenance/{maintenance_id}/completion", status_code=201, summary="Say that the work is done")
async def finish_maintenance(work: AsOwner, maintenance_id: UUID) -> MaintenanceView:
    """The rest of its windows counts again."""
    return await _shown(work, await actions.finish(work, maintenance_id))


@router.post("/maintenance/{maintenance_id}/cancellation", status_code=201, summary="Cancel planned maintenance")
async def cancel_maintenance(work: AsOwner, maintenance_id: UUID, body: ExclusionReason) -> MaintenanceView:
    """Work under way is broken off: what was done until now stays excluded."""
    return await _shown(work, await actions.cancel(work, maintenance_id, body.reason))


@router.get("/agreements/{agreement_id}/exclusions", summary="List what is excluded from an agreement's time")
async def list_exclusions(
    work: AsReader,
    agreement_id: UUID,
    from_: Annotated[BoundedInstant, Query(alias="from")],
    to: BoundedInstant,
    known_at: Annotated[BoundedInstant | None, Query(description="As it was known then; now.")] = None,
) -> ExclusionsView:
    """Maintenance, waivers and suspensions: what counts as excluded, what does not, and why."""
    if not from_ < to <= from_ + MAX_RANGE:
        raise Invalid(f"must be later than `from`, by {MAX_RANGE.days} days at the most", field="to")
    agreement = await agreements.get_agreement(work, agreement_id)
    span, at = Span(to_microseconds(from_), to_microseconds(to)), known_at or work.now
    found = await store.list_exclusion_verdicts_by_version(work, agreement.id, span, known_at=at)
    excluded = union(one.exclusion.span for _, one in found if one.is_excluded and one.exclusion.objective_ids is None)
    items = [ExclusionVerdictView.from_verdict(one, version) for version, one in found]
    return ExclusionsView(
        from_=from_, to=to, agreement_id=agreement.id, known_at=at, excluded=total_length(excluded), items=items
    )


@router.post("/agreements/{agreement_id}/waivers", status_code=201, summary="Ask for a waiver")
async def request_waiver(work: AsCustomer, agreement_id: UUID, body: NewWaiver) -> WaiverView:
    """Granted when somebody else on the customer's side approves it, or one on each side."""
    waiver = await waiver_actions.request(
        work,
        agreement_id,
        body.objective_ids,
        body.window.span,
        body.reason,
        body.evidence,
        both_sides=body.both_sides,
    )
    return _waiver(work, waiver)


@router.get("/waivers", summary="List waivers, oldest first")
async def list_waivers(
    work: AsReader, paging: Paging, agreement_id: UUID | None = None, state: WaiverState | None = None
) -> Page[WaiverView]:
    page = await paginate(work.session, store.select_waivers(work, agreement_id, state), paging, key=Waiver.id)
    return page.to_page(WaiverView.model_validate)


@router.get("/waivers/{waiver_id}", summary="Read a waiver")
async def read_waiver(work: AsReader, waiver_id: UUID) -> WaiverView:
    return _waiver(work, await store.get_waiver(work, waiver_id))


@router.post("/waivers/{waiver_id}/approval", status_code=201, summary="Approve a waiver")
async def approve_waiver(work: AsCustomer, waiver_id: UUID) -> WaiverView:
    """For one's side. Closed periods it touches are stated again."""
    return _waiver(work, await waiver_actions.approve(work, waiver_id))


@router.post("/waivers/{waiver_id}/refusal", status_code=201, summary="Refuse a waiver")
async def refuse_waiver(work: AsCustomer, waiver_id: UUID, body: ExclusionReason) -> WaiverView:
    """The time counts as any other."""
    return _waiver(work, await waiver_actions.refuse(work, waiver_id, body.reason))


@router.post("/waivers/{waiver_id}/revocation", status_code=201, summary="Revoke a waiver")
async def revoke_waiver(work: AsCustomer, waiver_id: UUID, body: ExclusionReason) -> WaiverView:
    """From now on the time counts again; statements drawn before keep their revision, and get another one."""
    return _waiver(work, await waiver_actions.revoke(work, waiver_id, body.reason))


async def _shown(work: UnitOfWork, found: Maintenance) -> MaintenanceView:
    work.set_etag(found)
    return MaintenanceView.from_entity(found, await store.load_audience(work, [found]))


def _waiver(work: UnitOfWork, waiver: Waiver) -> WaiverView:
    work.set_etag(waiver)
    return WaiverView.model_validate(waiver)
