"""What an indicator would have measured, found out of the log of pushes before there is the indicator."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar

import asyncpg
from sqlalchemy import select

from common.errors import RuleBroken
from common.ids import new_id
from common.work import Work
from sla.indicators.definition import Definition
from sla.indicators.views import NewIndicator
from sla.measurements import log
from sla.measurements.minutes import Minutes, hour_of, milliseconds, unpack_hours
from sla.measurements.model import Series
from sla.measurements.points import unpack_push
from sla.measurements.sent import Sent, united
from sla.measurements.shares import Bound, Share, shared

AT_ONCE = 200
MOST_BATCHES = 20_000
MOST_SERIES = 10_000
RECENT = 200
"""Pushes in which the last values are looked for."""


class TooMuchToRehearse(RuleBroken, slug="too-much-to-rehearse"):
    """A dry run looks at so many series and pushes at the most: name fewer, or a shorter or later window."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


async def rehearse(
    work: Work, wanted: NewIndicator, window_from: datetime, window_to: datetime
) -> tuple[Sequence[Series], Minutes]:
    """The series it would be bound to, and its minutes. Raise TooMuchToRehearse, or what is wrong with it."""
    fields = wanted.model_dump(mode="python", exclude={"series"})
    documents = [rule.model_dump(mode="json") for rule in wanted.series]
    definition = Definition.read({**fields, "id": new_id(), "series": documents})
    definition.check()
    seen = await _seen(work, definition)
    roles = {one.id: definition.role_of(one.labels) for one in seen}
    bound: dict[int, Bound] = {
        number: ((definition.indicator_id, role),) for number, role in roles.items() if role is not None
    }
    share = await _share(work, definition, bound, (window_from, window_to))
    minutes = await asyncio.to_thread(_minutes, share, window_from, window_to)
    return [one for one in seen if one.id in bound], minutes


async def _seen(work: Work, definition: Definition) -> Sequence[Series]:
    query = select(Series).where(Series.metric.in_(definition.metrics)).order_by(Series.id)
    seen = (await work.session.scalars(query.limit(MOST_SERIES + 1))).all()
    if len(seen) > MOST_SERIES:
        raise TooMuchToRehearse(f"There are more than {MOST_SERIES} series of these metrics.", field="indicator.series")
    return seen


async def _share(
    work: Work, definition: Definition, bound: dict[int, Bound], window: tuple[datetime, datetime]
) -> Share | None:
    holds = timedelta(seconds=definition.holds_for)
    begin, end = window[0] - holds, window[1] + holds
    parts = [
        await asyncio.to_thread(_of_series, batches, set(bound), begin, end)
        async for batches in _batches(await connection_of(work), begin)
    ]
    one = definition.indicator_id
    whole = await asyncio.to_thread(united, parts)
    return shared(whole, bound, {one: definition}, {one: milliseconds(end)}).get(one)


async def _batches(connection: asyncpg.Connection, begin: datetime) -> AsyncIterator[list[log.Batch]]:
    last = 0
    for _ in range(MOST_BATCHES // AT_ONCE):
        batches = await log.after(connection, last, AT_ONCE, begin)
        if not batches:
            return
        yield batches
        last = batches[-1].id
    raise TooMuchToRehearse(f"More than {MOST_BATCHES} pushes came since then.", field="from")


def _of_series(batches: Sequence[log.Batch], wanted: set[int], begin: datetime, end: datetime) -> Sent:
    return united(
        [sent.between(milliseconds(begin), milliseconds(end)).of_series(wanted) for sent in _readable(batches)]
    )


def _readable(batches: Sequence[log.Batch]) -> Iterator[Sent]:
    """The folder sets the others aside, and tells an operator."""
    for batch in batches:
        with suppress(ValueError):
            yield Sent(*unpack_push(batch.packed))


def _minutes(share: Share | None, window_from: datetime, window_to: datetime) -> Minutes:
    hours = share.fold({}) if share else {}
    packed = [
        ((hour_of(number) - window_from) // timedelta(minutes=1), hour.minutes)
        for number, hour in hours.items()
        if hour.minutes is not None
    ]
    return unpack_hours(window_from, (window_to - window_from) // timedelta(minutes=1), packed)


async def last_values(work: Work, series: Sequence[int]) -> dict[int, tuple[int, float]]:
    """Instant (ms) and value, or count, that each was last sent with, where that was not long ago."""
    batches = await log.latest(await connection_of(work), RECENT)
    return await asyncio.to_thread(_last_values, batches, set(series))


def _last_values(batches: Sequence[log.Batch], wanted: set[int]) -> dict[int, tuple[int, float]]:
    found: dict[int, tuple[int, float]] = {}
    for every in _readable(batches):
        sent = every.of_series(wanted)
        for part, values in ((sent.samples, sent.samples.value), (sent.points, sent.points.count)):
            for series, at, value in zip(part.series.tolist(), part.at.tolist(), values.tolist(), strict=True):
                found[series] = max(found.get(series, (-1, 0.0)), (at, float(value)))
    return found


async def connection_of(work: Work) -> Any:
    raw = await (await work.session.connection()).get_raw_connection()
    return raw.driver_connection
