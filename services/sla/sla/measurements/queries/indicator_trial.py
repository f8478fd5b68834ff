"""What an indicator would have measured, found out of the log of pushes before there is the indicator."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar

import asyncpg
from sqlalchemy import select

from common.errors import DomainError
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.indicators.definition import IndicatorDefinition
from sla.indicators.views import NewIndicator
from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.ingest import push_log
from sla.measurements.minutes import Minutes, to_hour_start, to_milliseconds, unpack_hours
from sla.measurements.model import Series
from sla.measurements.rollup.indicator_input import IndicatorInput, SeriesRoles, split_by_indicator

PUSHES_PER_READ = 200
MAX_PUSHES = 20_000
MAX_SERIES = 10_000
RECENT_PUSHES = 200
"""Pushes in which the last values are looked for."""


class TrialTooLarge(DomainError, slug="too-much-to-rehearse"):
    """A dry run looks at so many series and pushes at the most: name fewer, or a shorter or later window."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


async def load_trial_minutes(
    work: UnitOfWork, wanted: NewIndicator, window_from: datetime, window_to: datetime
) -> tuple[Sequence[Series], Minutes]:
    """The series it would be bound to, and its minutes. Raise TooMuchToRehearse, or what is wrong with it."""
    fields = wanted.model_dump(mode="python", exclude={"series"})
    documents = [rule.model_dump(mode="json") for rule in wanted.series]
    definition = IndicatorDefinition.from_row({**fields, "id": new_id(), "series": documents})
    definition.check()
    seen = await _seen(work, definition)
    roles = {one.id: definition.role_of(one.labels) for one in seen}
    bound: dict[int, SeriesRoles] = {
        number: ((definition.indicator_id, role),) for number, role in roles.items() if role is not None
    }
    share = await _share(work, definition, bound, (window_from, window_to))
    minutes = await asyncio.to_thread(_minutes, share, window_from, window_to)
    return [one for one in seen if one.id in bound], minutes


async def _seen(work: UnitOfWork, definition: IndicatorDefinition) -> Sequence[Series]:
    query = select(Series).where(Series.metric.in_(definition.metric_names)).order_by(Series.id)
    seen = (await work.session.scalars(query.limit(MAX_SERIES + 1))).all()
    if len(seen) > MAX_SERIES:
        raise TrialTooLarge(f"There are more than {MAX_SERIES} series of these metrics.", field="indicator.series")
    return seen


async def _share(
    work: UnitOfWork, definition: IndicatorDefinition, bound: dict[int, SeriesRoles], window: tuple[datetime, datetime]
) -> IndicatorInput | None:
    holds = timedelta(seconds=definition.holds_for)
    begin, end = window[0] - holds, window[1] + holds
    parts = [
        await asyncio.to_thread(_of_series, batches, set(bound), begin, end)
        async for batches in _batches(await get_driver_connection(work), begin)
    ]
    one = definition.indicator_id
    whole = await asyncio.to_thread(merge_data_points, parts)
    return split_by_indicator(whole, bound, {one: definition}, {one: to_milliseconds(end)}).get(one)


async def _batches(connection: asyncpg.Connection, begin: datetime) -> AsyncIterator[list[push_log.LoggedPush]]:
    last = 0
    for _ in range(MAX_PUSHES // PUSHES_PER_READ):
        batches = await push_log.list_after(connection, last, PUSHES_PER_READ, begin)
        if not batches:
            return
        yield batches
        last = batches[-1].id
    raise TrialTooLarge(f"More than {MAX_PUSHES} pushes came since then.", field="from")


def _of_series(batches: Sequence[push_log.LoggedPush], wanted: set[int], begin: datetime, end: datetime) -> DataPoints:
    return merge_data_points(
        [sent.between(to_milliseconds(begin), to_milliseconds(end)).for_series(wanted) for sent in _readable(batches)]
    )


def _readable(batches: Sequence[push_log.LoggedPush]) -> Iterator[DataPoints]:
    """The folder sets the others aside, and tells an operator."""
    for batch in batches:
        with suppress(ValueError):
            yield DataPoints.unpack(batch.packed)


def _minutes(share: IndicatorInput | None, window_from: datetime, window_to: datetime) -> Minutes:
    hours = share.roll_up({}) if share else {}
    packed = [
        ((to_hour_start(number) - window_from) // timedelta(minutes=1), hour.minutes)
        for number, hour in hours.items()
        if hour.minutes is not None
    ]
    return unpack_hours(window_from, (window_to - window_from) // timedelta(minutes=1), packed)


async def load_last_values(work: UnitOfWork, series: Sequence[int]) -> dict[int, tuple[int, float]]:
    """Instant (ms) and value, or count, that each was last sent with, where that was not long ago."""
    batches = await push_log.list_latest(await get_driver_connection(work), RECENT_PUSHES)
    return await asyncio.to_thread(_last_values, batches, set(series))


def _last_values(batches: Sequence[push_log.LoggedPush], wanted: set[int]) -> dict[int, tuple[int, float]]:
    found: dict[int, tuple[int, float]] = {}
    for every in _readable(batches):
        sent = every.for_series(wanted)
        for part, values in ((sent.samples, sent.samples.value), (sent.histograms, sent.histograms.count)):
            for series, at, value in zip(part.series.tolist(), part.at.tolist(), values.tolist(), strict=True):
                found[series] = max(found.get(series, (-1, 0.0)), (at, float(value)))
    return found


async def get_driver_connection(work: UnitOfWork) -> Any:
    raw = await (await work.session.connection()).get_raw_connection()
    return raw.driver_connection
