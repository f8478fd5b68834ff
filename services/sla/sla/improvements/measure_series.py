"""The series of a measure: a point for each whole day, week or month, from minutes, incidents or satisfaction."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from common.unit_of_work import UnitOfWork
from sla.hours.time_zones import start_of_day, to_local_date
from sla.improvements.effect.granularity import Granularity
from sla.improvements.effect.regression import SeriesPoint
from sla.improvements.model import SatisfactionReplica
from sla.improvements.registration import IncidentMeasure, IndicatorMeasure, Measure, SatisfactionMeasure
from sla.incidents.model import Incident
from sla.measurements.minutes import Minutes, MinuteState
from sla.measurements.samples import Ints
from sla.measurements.store import load_minutes_by_indicator

DAYS_PER_BATCH = 366
"""How many days of minutes are held in memory."""


async def load_points(
    work: UnitOfWork, measure: Measure, granularity: Granularity, zone: ZoneInfo, first: int, last: int
) -> list[SeriesPoint]:
    """Load the points of the periods `first` to `last`, both included; periods without data are missing."""
    match measure:
        case IndicatorMeasure():
            values = {
                number: value
                for batch in _batches(granularity, first, last)
                for number, value in (await _load_percent_good(work, measure, granularity, zone, batch)).items()
            }
        case IncidentMeasure(counted="opened"):
            values = await _count_opened(work, measure, granularity, zone, range(first, last + 1))
        case IncidentMeasure():
            values = await _load_hours_to_resolve(work, measure, granularity, zone, range(first, last + 1))
        case SatisfactionMeasure():
            values = await _load_scores(work, measure, granularity, zone, range(first, last + 1))
    return [SeriesPoint(number, values[number]) for number in sorted(values)]


def _batches(granularity: Granularity, first: int, last: int) -> Iterator[range]:
    start = granularity.first_day(first)
    for _, numbers in groupby(
        range(first, last + 1), lambda number: (granularity.first_day(number) - start).days // DAYS_PER_BATCH
    ):
        batch = list(numbers)
        yield range(batch[0], batch[-1] + 1)


async def _load_percent_good(
    work: UnitOfWork, measure: IndicatorMeasure, granularity: Granularity, zone: ZoneInfo, numbers: range
) -> dict[int, float]:
    edges = [start_of_day(granularity.first_day(number), zone) for number in range(numbers.start, numbers.stop + 1)]
    measured = (await load_minutes_by_indicator(work.session, [measure.indicator_id], edges[0], edges[-1]))[
        measure.indicator_id
    ]
    offsets = np.array([(edge - edges[0]) // timedelta(minutes=1) for edge in edges[:-1]], np.int64)
    good, total = _counts(measure, measured)
    sums = zip(numbers, np.add.reduceat(good, offsets), np.add.reduceat(total, offsets), strict=True)
    return {number: 100 * int(part) / int(total) for number, part, total in sums if total}


def _counts(measure: IndicatorMeasure, measured: Minutes) -> tuple[Ints, Ints]:
    is_known = measured.state != MinuteState.UNKNOWN
    if measure.counted == "minutes":
        return (measured.state == MinuteState.GOOD).astype(np.int64), is_known.astype(np.int64)
    return np.where(is_known, measured.good, 0), np.where(is_known, measured.total, 0)


async def _count_opened(
    work: UnitOfWork, measure: IncidentMeasure, granularity: Granularity, zone: ZoneInfo, numbers: range
) -> dict[int, float]:
    """Count the incidents opened in each period; without incidents the count is 0, not missing."""
    counts = dict.fromkeys(numbers, 0.0)
    query = select(Incident.opened_at).where(
        *_conditions(measure), *_within(Incident.opened_at, granularity, zone, numbers)
    )
    for opened_at in await work.session.scalars(query):
        if opened_at is not None:
            counts[granularity.period_of(to_local_date(opened_at, zone))] += 1
    return counts


async def _load_hours_to_resolve(
    work: UnitOfWork, measure: IncidentMeasure, granularity: Granularity, zone: ZoneInfo, numbers: range
) -> dict[int, float]:
    query = select(Incident.opened_at, Incident.resolved_at).where(
        *_conditions(measure), *_within(Incident.resolved_at, granularity, zone, numbers)
    )
    hours: dict[int, list[float]] = defaultdict(list)
    for opened_at, resolved_at in await work.session.execute(query):
        if opened_at is not None and resolved_at is not None:
            number = granularity.period_of(to_local_date(resolved_at, zone))
            hours[number].append((resolved_at - opened_at) / timedelta(hours=1))
    return {number: sum(values) / len(values) for number, values in hours.items()}


async def _load_scores(
    work: UnitOfWork, measure: SatisfactionMeasure, granularity: Granularity, zone: ZoneInfo, numbers: range
) -> dict[int, float]:
    """Load the mean score of each period, weighted by answers."""
    survey = SatisfactionReplica
    query = select(survey.opened_at, survey.score, survey.n).where(
        survey.customer_id == measure.customer_id,
        survey.instrument == measure.instrument,
        survey.score.is_not(None),
        *_within(survey.opened_at, granularity, zone, numbers),
    )
    sums: dict[int, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for opened_at, score, n in await work.session.execute(query):
        number = granularity.period_of(to_local_date(opened_at, zone))
        total, count = sums[number]
        sums[number] = total + float(score or 0) * n, count + n
    return {number: total / count for number, (total, count) in sums.items() if count}


def _conditions(measure: IncidentMeasure) -> Iterator[ColumnElement[bool]]:
    yield Incident.cancelled_at.is_(None)
    if measure.customer_id is not None:
        yield Incident.customer_id == measure.customer_id
    if measure.service_id is not None:
        yield Incident.service_id == measure.service_id
    if measure.priorities:
        yield Incident.priority.in_(measure.priorities)


def _within(
    column: InstrumentedAttribute[Any], granularity: Granularity, zone: ZoneInfo, numbers: range
) -> Iterator[ColumnElement[bool]]:
    yield column >= start_of_day(granularity.first_day(numbers.start), zone)
    yield column < start_of_day(granularity.first_day(numbers.stop), zone)
