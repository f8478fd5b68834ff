"""The series seen so far, the indicators they are bound to or might make, and dry runs of what would be measured."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np

from common.errors import Invalid, RuleBroken
from common.paging import BadCursor, Page
from common.work import Work
from sla.indicators import store as indicators
from sla.indicators.definition import Kind
from sla.indicators.model import Indicator
from sla.indicators.selectors import NAME, selector
from sla.indicators.streams import BUCKET
from sla.indicators.suggestions import suggestion
from sla.measurements import store
from sla.measurements.bindings import Index
from sla.measurements.minutes import EPOCH, State
from sla.measurements.model import Series
from sla.measurements.rehearsal import last_values, rehearse
from sla.measurements.views import (
    IndicatorTrial,
    MatchedSeries,
    MinutesView,
    ObservationsView,
    SelectorMatches,
    SeriesView,
    SuggestionView,
    TrialView,
)

EXAMINED = 1000
"""Series that one request looks at, at the most."""
SHOWN = 100
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
MOST_REHEARSED = timedelta(days=7)


class NoHistogram(RuleBroken, slug="no-histogram"):
    """Only indicators of kind histogram observe in buckets."""


async def page(
    work: Work, *, bound: bool | None, metric: str | None, limit: int, cursor: str | None
) -> Page[SeriesView]:
    count = limit if bound is None else EXAMINED
    seen = (await work.session.scalars(store.series_after(_number(cursor), metric, count + 1))).all()
    views = await views_of(work, seen[:count])
    wanted = [view for view in views if bound is None or bool(view.indicators) is bound]
    if len(wanted) > limit:
        return Page(items=wanted[:limit], next=str(wanted[limit - 1].id))
    return Page(items=wanted, next=str(seen[count - 1].id) if len(seen) > count else None)


async def matches(work: Work, text: str) -> SelectorMatches:
    """Of the series of a metric, and of the classic histogram of that name."""
    wanted = selector(text)
    seen = [
        one
        for metric in (wanted.metric, wanted.metric + BUCKET)
        for one in (await work.session.scalars(store.series_after(0, metric, EXAMINED + 1))).all()
    ]
    examined = seen[:EXAMINED]
    matched = [one for one in examined if wanted.matches(one.labels | {NAME: wanted.metric})]
    last = await last_values(work, [one.id for one in matched])
    views = [_with_last(view, *last.get(view.id, (None, None))) for view in await views_of(work, matched)]
    return SelectorMatches(matched=views, examined=len(examined), complete=len(seen) <= EXAMINED)


def _with_last(view: SeriesView, at: int | None, value: float | None) -> MatchedSeries:
    last_at = None if at is None else EPOCH + timedelta(milliseconds=at)
    known = value if value is not None and math.isfinite(value) else None
    return MatchedSeries(**dict(view), last_at=last_at, last_value=known)


async def trial(work: Work, body: IndicatorTrial) -> TrialView:
    check_window(body.window_from, body.window_to, MOST_REHEARSED)
    series, minutes = await rehearse(work, body.indicator, body.window_from, body.window_to)
    counted = np.bincount(minutes.state, minlength=len(State)).tolist()
    return TrialView(
        series=await views_of(work, series[:SHOWN]),
        series_bound=len(series),
        good_minutes=counted[State.GOOD],
        bad_minutes=counted[State.BAD],
        unknown_minutes=counted[State.UNKNOWN],
        good=sum(minutes.good.tolist()),
        total=sum(minutes.total.tolist()),
        minutes=MinutesView.of(None, minutes),
    )


async def observations(
    work: Work, indicator: Indicator, window: tuple[datetime, datetime], limit: Decimal | None
) -> ObservationsView:
    if indicator.kind is not Kind.HISTOGRAM:
        raise NoHistogram(f"This indicator is of kind {indicator.kind}.")
    found = (await store.observations_of(work.session, [indicator.id], *window))[indicator.id]
    return ObservationsView.of(indicator.id, found, indicator.definition.limit if limit is None else limit)


def check_window(window_from: datetime, window_to: datetime, most: timedelta) -> None:
    """Raise Invalid naming from or to."""
    for name, instant in (("from", window_from), ("to", window_to)):
        if instant.second or instant.microsecond or not EPOCH <= instant < LATEST:
            raise Invalid("must be a whole minute between the years 1970 and 9000", field=name)
    if not timedelta(0) < window_to - window_from <= most:
        raise Invalid(f"must be after from, and at the most {most.days} days", field="to")


async def views_of(work: Work, seen: Sequence[Series]) -> list[SeriesView]:
    index = Index([indicator.definition for indicator in await indicators.all_indicators(work)])
    return [_view(one, [indicator for indicator, _ in index.bound(one.labels)]) for one in seen]


def _view(one: Series, bound: list[UUID]) -> SeriesView:
    guess = None if bound else suggestion(one.labels, histogram=one.histogram)
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
