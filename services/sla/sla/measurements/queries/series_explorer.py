"""The series seen so far, the indicators they are bound to or might make, and dry runs of what would be measured."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np

from common.errors import DomainError, Invalid
from common.http.paging import BadCursor, Page
from common.unit_of_work import UnitOfWork
from sla.indicators import store as indicators
from sla.indicators.definition import IndicatorKind
from sla.indicators.histogram_roles import BUCKET_SUFFIX
from sla.indicators.model import Indicator
from sla.indicators.selectors import METRIC_NAME_LABEL, parse_selector
from sla.indicators.suggestions import suggest_indicator
from sla.measurements import store
from sla.measurements.minutes import EPOCH, MinuteState
from sla.measurements.model import Series
from sla.measurements.queries.indicator_trial import load_last_values, load_trial_minutes
from sla.measurements.queries.views import (
    IndicatorTrial,
    IndicatorTrialView,
    MatchedSeries,
    MinutesView,
    ObservationsView,
    SelectorMatches,
    SeriesView,
    SuggestionView,
)
from sla.measurements.rollup.series_roles import DefinitionIndex

MAX_SERIES_EXAMINED = 1000
"""Series that one request looks at, at the most."""
MAX_SERIES_SHOWN = 100
LATEST_WINDOW_END = datetime(9000, 1, 1, tzinfo=UTC)
MAX_TRIAL_WINDOW = timedelta(days=7)


class IndicatorIsNotAHistogram(DomainError, slug="no-histogram"):
    """Only indicators of kind histogram observe in buckets."""


async def list_series_page(
    work: UnitOfWork, *, bound: bool | None, metric: str | None, limit: int, cursor: str | None
) -> Page[SeriesView]:
    count = limit if bound is None else MAX_SERIES_EXAMINED
    seen = (await work.session.scalars(store.select_series_after(_number(cursor), metric, count + 1))).all()
    views = await build_series_views(work, seen[:count])
    wanted = [view for view in views if bound is None or bool(view.indicators) is bound]
    if len(wanted) > limit:
        return Page(items=wanted[:limit], next=str(wanted[limit - 1].id))
    return Page(items=wanted, next=str(seen[count - 1].id) if len(seen) > count else None)


async def list_matching_series(work: UnitOfWork, text: str) -> SelectorMatches:
    """Of the series of a metric, and of the classic histogram of that name."""
    wanted = parse_selector(text)
    seen = [
        one
        for metric in (wanted.metric, wanted.metric + BUCKET_SUFFIX)
        for one in (await work.session.scalars(store.select_series_after(0, metric, MAX_SERIES_EXAMINED + 1))).all()
    ]
    examined = seen[:MAX_SERIES_EXAMINED]
    matched = [one for one in examined if wanted.matches(one.labels | {METRIC_NAME_LABEL: wanted.metric})]
    last = await load_last_values(work, [one.id for one in matched])
    views = [_with_last(view, *last.get(view.id, (None, None))) for view in await build_series_views(work, matched)]
    return SelectorMatches(matched=views, examined=len(examined), complete=len(seen) <= MAX_SERIES_EXAMINED)


def _with_last(view: SeriesView, at: int | None, value: float | None) -> MatchedSeries:
    last_at = None if at is None else EPOCH + timedelta(milliseconds=at)
    known = value if value is not None and math.isfinite(value) else None
    return MatchedSeries(**dict(view), last_at=last_at, last_value=known)


async def run_indicator_trial(work: UnitOfWork, body: IndicatorTrial) -> IndicatorTrialView:
    check_window(body.window_from, body.window_to, MAX_TRIAL_WINDOW)
    series, minutes = await load_trial_minutes(work, body.indicator, body.window_from, body.window_to)
    counted = np.bincount(minutes.state, minlength=len(MinuteState)).tolist()
    return IndicatorTrialView(
        series=await build_series_views(work, series[:MAX_SERIES_SHOWN]),
        series_bound=len(series),
        good_minutes=counted[MinuteState.GOOD],
        bad_minutes=counted[MinuteState.BAD],
        unknown_minutes=counted[MinuteState.UNKNOWN],
        good=sum(minutes.good.tolist()),
        total=sum(minutes.total.tolist()),
        minutes=MinutesView.from_minutes(None, minutes),
    )


async def get_observations(
    work: UnitOfWork, indicator: Indicator, window: tuple[datetime, datetime], limit: Decimal | None
) -> ObservationsView:
    if indicator.kind is not IndicatorKind.HISTOGRAM:
        raise IndicatorIsNotAHistogram(f"This indicator is of kind {indicator.kind}.")
    found = (await store.load_observations_by_indicator(work.session, [indicator.id], *window))[indicator.id]
    return ObservationsView.from_observations(
        indicator.id, found, indicator.definition.limit if limit is None else limit
    )


def check_window(window_from: datetime, window_to: datetime, most: timedelta) -> None:
    """Raise Invalid naming from or to."""
    for name, instant in (("from", window_from), ("to", window_to)):
        if instant.second or instant.microsecond or not EPOCH <= instant < LATEST_WINDOW_END:
            raise Invalid("must be a whole minute between the years 1970 and 9000", field=name)
    if not timedelta(0) < window_to - window_from <= most:
        raise Invalid(f"must be after from, and at the most {most.days} days", field="to")


async def build_series_views(work: UnitOfWork, seen: Sequence[Series]) -> list[SeriesView]:
    index = DefinitionIndex([indicator.definition for indicator in await indicators.list_all_indicators(work)])
    return [_view(one, [indicator for indicator, _ in index.roles_of_series(one.labels)]) for one in seen]


def _view(one: Series, bound: list[UUID]) -> SeriesView:
    guess = None if bound else suggest_indicator(one.labels, histogram=one.histogram)
    return SeriesView(
        id=one.id,
        labels=one.labels,
        histogram=one.histogram,
        first_seen=one.first_seen,
        last_seen=one.last_seen,
        indicators=bound,
        suggestion=None if guess is None else SuggestionView.model_validate(guess),
    )


def _number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < len(str(2**63))):
        raise BadCursor("This cursor was not issued here.", field="cursor")
    return int(cursor)
