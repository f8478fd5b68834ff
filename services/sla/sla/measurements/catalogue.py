"""The series seen so far, with the indicators they are bound to."""

from collections.abc import Sequence

from common.paging import BadCursor, Page
from common.work import Work
from sla.indicators import store as indicators
from sla.indicators.selectors import selector
from sla.measurements import store
from sla.measurements.bindings import Index
from sla.measurements.model import Series
from sla.measurements.views import SelectorMatches, SeriesView

EXAMINED = 1000
"""Series that one request looks at, at the most."""


async def page(
    work: Work, *, bound: bool | None, metric: str | None, limit: int, cursor: str | None
) -> Page[SeriesView]:
    count = limit if bound is None else EXAMINED
    seen = (await work.session.scalars(store.series_after(_number(cursor), metric, count + 1))).all()
    views = await _views(work, seen[:count])
    wanted = [view for view in views if bound is None or bool(view.indicators) is bound]
    if len(wanted) > limit:
        return Page(items=wanted[:limit], next=str(wanted[limit - 1].id))
    return Page(items=wanted, next=str(seen[count - 1].id) if len(seen) > count else None)


async def matches(work: Work, text: str) -> SelectorMatches:
    wanted = selector(text)
    seen = (await work.session.scalars(store.series_after(0, wanted.metric, EXAMINED + 1))).all()
    examined = seen[:EXAMINED]
    views = await _views(work, [one for one in examined if wanted.matches(one.labels)])
    return SelectorMatches(matched=views, examined=len(examined), complete=len(seen) <= EXAMINED)


async def _views(work: Work, seen: Sequence[Series]) -> list[SeriesView]:
    index = Index([indicator.definition for indicator in await indicators.all_indicators(work)])
    return [
        SeriesView(
            id=one.id,
            labels=one.labels,
            first_seen=one.first_seen,
            last_seen=one.last_seen,
            indicators=[indicator for indicator, _ in index.bound(one.labels)],
        )
        for one in seen
    ]


def _number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < len(str(2**63))):
        raise BadCursor("This cursor was not issued here.", field="cursor")
    return int(cursor)
