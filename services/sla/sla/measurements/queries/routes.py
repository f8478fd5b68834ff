"""HTTP: the series that monitors pushed, trials of selectors and indicators, and the minutes that were measured."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.http.paging import Page
from common.http.request_scope import AsManager, AsStaff, Router
from common.views import Instant, Number
from sla.indicators.model import Indicator
from sla.measurements import store
from sla.measurements.ingest.refusals import MAX_NAME_BYTES
from sla.measurements.queries import actions, views

MAX_WINDOW = timedelta(days=31)

router = Router(tags=["measurements"])


@router.get("/series", summary="List the series that were pushed")
async def list_series(
    work: AsStaff,
    bound: bool | None = None,
    metric: Annotated[str | None, Query(max_length=MAX_NAME_BYTES)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[views.SeriesView]:
    """Oldest first; `bound=false` lists those that no indicator uses.

    A filtered page may hold fewer than `limit` series and still have a next page.
    """
    return await actions.list_series_page(work, bound=bound, metric=metric, limit=limit, cursor=cursor)


@router.post("/series/selections", summary="Try a selector")
async def try_selector(work: AsManager, body: views.SelectorTrial) -> views.SelectorMatches:
    """Shows which of the series seen so far a selector matches. Nothing is stored."""
    return await actions.list_matching_series(work, body.selector)


@router.post("/indicators/trials", summary="Try an indicator")
async def try_indicator(work: AsManager, body: views.IndicatorTrial) -> views.IndicatorTrialView:
    """Shows the minutes it would have measured, as far as the push log still holds them. Nothing is stored."""
    return await actions.run_indicator_trial(work, body)


@router.get("/indicators/{indicator_id}/minutes", summary="Read the minutes an indicator measured")
async def read_indicator_minutes(
    work: AsStaff,
    indicator_id: UUID,
    window_from: Annotated[Instant, Query(alias="from")],
    window_to: Annotated[Instant, Query(alias="to")],
) -> views.MinutesView:
    """The window is at most 31 days long."""
    actions.check_window(window_from, window_to, MAX_WINDOW)
    await work.get(Indicator, indicator_id)
    minutes = await store.load_minutes_by_indicator(work.session, [indicator_id], window_from, window_to, now=work.now)
    return views.MinutesView.from_minutes(indicator_id, minutes[indicator_id])


@router.get("/indicators/{indicator_id}/observations", summary="Read what a histogram observed")
async def read_indicator_observations(
    work: AsStaff,
    indicator_id: UUID,
    window_from: Annotated[Instant, Query(alias="from")],
    window_to: Annotated[Instant, Query(alias="to")],
    up_to: Annotated[Number | None, Query(description="By default the threshold of the indicator.")] = None,
) -> views.ObservationsView:
    """Shows percentiles, and the share up to a limit, of a window of at most 31 days; exact at the edges of buckets."""
    actions.check_window(window_from, window_to, MAX_WINDOW)
    indicator = await work.get(Indicator, indicator_id)
    return await actions.get_observations(work, indicator, (window_from, window_to), up_to)
