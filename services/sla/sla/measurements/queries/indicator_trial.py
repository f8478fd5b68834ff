"""A trial of an indicator: what it would have measured, computed from the push log before it is defined."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import asyncpg
import numpy as np

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.indicators.definition import IndicatorDefinition
from sla.indicators.views import NewIndicator
from sla.measurements import store
from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.ingest import push_log
from sla.measurements.minutes import Minutes, to_hour_start, to_milliseconds, unpack_hours
from sla.measurements.model import Series
from sla.measurements.queries.errors import TrialTooLarge
from sla.measurements.rollup.hours import StoredHours
from sla.measurements.rollup.indicator_input import IndicatorInput, split_by_indicator
from sla.measurements.rollup.series_roles import DefinitionIndex

PUSHES_PER_READ = 200
MAX_PUSHES = 20_000
MAX_SERIES = 10_000


async def load_trial_minutes(
    work: UnitOfWork, indicator: NewIndicator, window_from: datetime, window_to: datetime
) -> tuple[Sequence[Series], Minutes]:
    """Return the series it would be bound to, and its minutes. Raise TrialTooLarge, or what is wrong with it."""
    definition = IndicatorDefinition.from_row({**indicator.model_dump(), "id": new_id()})
    definition.check()
    candidates = await store.list_series(work.session, definition.metric_names, MAX_SERIES + 1)
    if len(candidates) > MAX_SERIES:
        raise TrialTooLarge(f"There are more than {MAX_SERIES} series of these metrics.", field="indicator.series")
    index = DefinitionIndex([definition])
    roles = {series.id: series_roles for series in candidates if (series_roles := index.roles_of_series(series.labels))}
    hold = timedelta(seconds=definition.holds_for)
    points = await _load_data_points(work, set(roles), window_from - hold, window_to + hold)
    inputs = await asyncio.to_thread(split_by_indicator, points, roles, index.definitions)
    minutes = await asyncio.to_thread(_compute_minutes, inputs.values(), window_from, window_to)
    return [series for series in candidates if series.id in roles], minutes


async def _load_data_points(work: UnitOfWork, series: set[int], start: datetime, end: datetime) -> DataPoints:
    parts = [
        await asyncio.to_thread(_select_data_points, pushes, series, to_milliseconds(start), to_milliseconds(end))
        async for pushes in _list_pushes(await store.get_driver_connection(work.session), start)
    ]
    return await asyncio.to_thread(merge_data_points, parts)


async def _list_pushes(connection: asyncpg.Connection, start: datetime) -> AsyncIterator[list[push_log.LoggedPush]]:
    last_id = 0
    for _ in range(MAX_PUSHES // PUSHES_PER_READ):
        pushes = await push_log.list_after(connection, last_id, PUSHES_PER_READ, start)
        if not pushes:
            return
        yield pushes
        last_id = pushes[-1].id
    raise TrialTooLarge(f"More than {MAX_PUSHES} pushes were received since then.", field="from")


def _select_data_points(pushes: Sequence[push_log.LoggedPush], series: set[int], start: int, end: int) -> DataPoints:
    """Select from pushes, without those that cannot be read: the rollup job reports them to an operator."""
    parts = []
    for push in pushes:
        with suppress(ValueError):
            parts.append(DataPoints.unpack(push.packed).between(start, end).for_series(series))
    return merge_data_points(parts)


def _compute_minutes(inputs: Iterable[IndicatorInput], window_from: datetime, window_to: datetime) -> Minutes:
    packed = [
        (np.array([(to_hour_start(number) - window_from) // timedelta(minutes=1)]), hour.minutes)
        for indicator_input in inputs
        for number, hour in indicator_input.roll_up(StoredHours()).hours.items()
        if hour.minutes is not None
    ]
    return unpack_hours(window_from, (window_to - window_from) // timedelta(minutes=1), packed)
