"""Reading series and observations, and trying selectors and indicators before they are defined."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from common.errors import Invalid
from common.http.conventions.cursors import BadCursor
from common.http.paging import Page
from common.unit_of_work import UnitOfWork
from sla.indicators import store as indicators
from sla.indicators.definition import IndicatorKind
from sla.indicators.errors import InvalidSelector
from sla.indicators.histogram_roles import BUCKET_SUFFIX
from sla.indicators.model import Indicator
from sla.indicators.selectors import METRIC_NAME_LABEL, parse_selector
from sla.indicators.suggestions import suggest_indicator
from sla.measurements import store
from sla.measurements.minutes import EPOCH
from sla.measurements.model import Series
from sla.measurements.queries.errors import IndicatorIsNotAHistogram
from sla.measurements.queries.indicator_trial import load_trial_minutes
from sla.measurements.queries.views import (
    IndicatorTrial,
    IndicatorTrialView,
    MinutesView,
    ObservationsView,
    SelectorMatches,
    SeriesView,
)
from sla.measurements.rollup.series_roles import DefinitionIndex

MAX_SERIES_EXAMINED = 1000
MAX_SERIES_SHOWN = 100
LATEST_WINDOW_END = datetime(9000, 1, 1, tzinfo=UTC)
MAX_TRIAL_WINDOW = timedelta(days=7)


async def list_series_page(
    work: UnitOfWork, *, bound: bool | None, metric: str | None, limit: int, cursor: str | None
) -> Page[SeriesView]:
    count = limit if bound is None else MAX_SERIES_EXAMINED
    metrics = [metric] if metric else None
    series = await store.list_series(work.session, metrics, count + 1, after=_parse_cursor(cursor))
    views = await _build_views(work, series[:count])
    items = [view for view in views if bound is None or bool(view.indicators) is bound]
    if len(items) > limit:
        return Page(items=items[:limit], next=str(items[limit - 1].id))
    return Page(items=items, next=str(series[count - 1].id) if len(series) > count else None)


async def list_matching_series(work: UnitOfWork, text: str) -> SelectorMatches:
    """List the series that a selector matches, also those of the classic histogram that has the metric's name."""
    selector = parse_selector(text)
    metrics = [selector.metric, selector.metric + BUCKET_SUFFIX]
    candidates = await store.list_series(work.session, metrics, MAX_SERIES_EXAMINED + 1)
    examined = candidates[:MAX_SERIES_EXAMINED]
    matched = [series for series in examined if selector.matches(series.labels | {METRIC_NAME_LABEL: selector.metric})]
    return SelectorMatches(
        matched=await _build_views(work, matched),
        examined=len(examined),
        complete=len(candidates) <= MAX_SERIES_EXAMINED,
    )


async def run_indicator_trial(work: UnitOfWork, body: IndicatorTrial) -> IndicatorTrialView:
    check_window(body.window_from, body.window_to, MAX_TRIAL_WINDOW)
    series, minutes = await load_trial_minutes(work, body.indicator, body.window_from, body.window_to)
    views = await _build_views(work, series[:MAX_SERIES_SHOWN])
    return IndicatorTrialView(series=views, series_count=len(series), minutes=MinutesView.from_minutes(None, minutes))


async def get_observations(
    work: UnitOfWork, indicator: Indicator, window: tuple[datetime, datetime], limit: Decimal | None
) -> ObservationsView:
    if indicator.kind is not IndicatorKind.HISTOGRAM:
        raise IndicatorIsNotAHistogram(
            f"This indicator is of kind {indicator.kind}: only a histogram has observations."
        )
    by_indicator = await store.load_observations_by_indicator(work.session, [indicator.id], *window)
    up_to = indicator.definition.limit if limit is None else limit
    return ObservationsView.from_observations(indicator.id, by_indicator[indicator.id], up_to)


def check_window(window_from: datetime, window_to: datetime, longest: timedelta) -> None:
    """Raise Invalid naming from or to, if they are no window of whole minutes that may be asked for."""
    for name, at in (("from", window_from), ("to", window_to)):
        if at.second or at.microsecond or not EPOCH <= at < LATEST_WINDOW_END:
            raise Invalid("must be a whole minute between the years 1970 and 9000", field=name)
    if not timedelta(0) < window_to - window_from <= longest:
        raise Invalid(f"must be after from, by at most {longest.days} days", field="to")


async def _build_views(work: UnitOfWork, series: Sequence[Series]) -> list[SeriesView]:
    definitions = []
    for indicator in await indicators.list_all_indicators(work):
        with suppress(InvalidSelector):  # it binds no series until its stored selectors can be read
            definitions.append(indicator.definition)
    index = DefinitionIndex(definitions)
    return [_build_view(row, [indicator_id for indicator_id, _ in index.roles_of_series(row.labels)]) for row in series]


def _build_view(series: Series, indicator_ids: list[UUID]) -> SeriesView:
    suggestion = None if indicator_ids else suggest_indicator(series.labels, histogram=series.histogram)
    return SeriesView.from_entity(series, indicators=indicator_ids, suggestion=suggestion)


def _parse_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < len(str(2**63))):
        raise BadCursor("This cursor was not issued here.", field="cursor")
    return int(cursor)
