"""HTTP: indicators."""

from typing import Annotated
from uuid import UUID

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsAdmin, AsManager, AsStaff, IfMatch, Router
from common.unit_of_work import UnitOfWork
from sla.indicators import actions, store
from sla.indicators.definition import IndicatorKind
from sla.indicators.model import Indicator, Refold
from sla.indicators.views import IndicatorChange, IndicatorView, NewIndicator, NewRefold, RefoldView

router = Router(prefix="/indicators", tags=["indicators"])
IndicatorPaging = Annotated[
    PageRequest, listing(Indicator.id, changed=Indicator.modified_at, sort=(Indicator.name,), search=(Indicator.name,))
]
RefoldPaging = Annotated[PageRequest, listing(Refold.id, sort=(Refold.created_at,))]


@router.post("", status_code=201, summary="Define an indicator")
async def define_indicator(work: AsManager, body: NewIndicator) -> IndicatorView:
    """Define what is measured and when it is good. Samples that were pushed before are rolled up as well."""
    return await _saved_view(work, await actions.define(work, body))


@router.get("", summary="List indicators, oldest first")
async def list_indicators(
    work: AsStaff, paging: IndicatorPaging, kind: IndicatorKind | None = None, retired: bool | None = None
) -> Page[IndicatorView]:
    rows = await paginate(work.session, store.select_indicators(kind, retired=retired), paging, key=Indicator.id)
    activities = await store.load_activity_by_indicator(work, [indicator.id for indicator in rows.items])
    return rows.to_page(lambda indicator: IndicatorView.from_entity(indicator, activities.get(indicator.id)))


@router.get("/{indicator_id}", summary="Read an indicator")
async def read_indicator(work: AsStaff, indicator_id: UUID) -> IndicatorView:
    return await _saved_view(work, await work.get(Indicator, indicator_id))


@router.patch("/{indicator_id}", summary="Change an indicator")
async def change_indicator(work: AsManager, indicator_id: UUID, match: IfMatch, body: IndicatorChange) -> IndicatorView:
    """Change the fields that are sent: once there are samples, only name, description, unit and `silent_after`."""
    return await _saved_view(work, await actions.change(work, indicator_id, match, body))


@router.post("/{indicator_id}/retirement", summary="Retire an indicator")
async def retire_indicator(work: AsManager, indicator_id: UUID, match: IfMatch) -> IndicatorView:
    """Retire an indicator: it takes no sample later than now, and keeps what it measured."""
    return await _saved_view(work, await actions.retire(work, indicator_id, match))


@router.post("/{indicator_id}/refolds", status_code=202, summary="Roll up an indicator's samples again")
async def refold_indicator(work: AsAdmin, indicator_id: UUID, body: NewRefold | None = None) -> RefoldView:
    """Roll up what the log of pushes still holds; the minutes must come out the same."""
    return RefoldView.model_validate(await actions.request_refold(work, indicator_id, body or NewRefold()))


@router.get("/{indicator_id}/refolds", summary="List an indicator's refolds, oldest first")
async def list_refolds(work: AsStaff, indicator_id: UUID, paging: RefoldPaging) -> Page[RefoldView]:
    """List the refolds of an indicator. Its definition starts the first, of what was pushed before."""
    await work.get(Indicator, indicator_id)
    rows = await paginate(work.session, store.select_refolds(indicator_id), paging, key=Refold.id)
    return rows.to_page(RefoldView.model_validate)


async def _saved_view(work: UnitOfWork, indicator: Indicator) -> IndicatorView:
    await work.flush()
    work.set_etag(indicator)
    activities = await store.load_activity_by_indicator(work, [indicator.id])
    return IndicatorView.from_entity(indicator, activities.get(indicator.id))
