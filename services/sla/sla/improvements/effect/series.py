"""The points of a measure, one for each whole day, week or month: from minutes, incidents or satisfaction."""

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
"""Days of minutes held in memory."""


async def load_points(
    work: UnitOfWork, measure: Measure, rhythm: Granularity, zone: ZoneInfo, first: int, last: int
) -> list[SeriesPoint]:
    """Of the periods `first` to `last`, both included; those of which nothing is known are missing."""
    match measure:
        case IndicatorMeasure():
            found = {
                number: value
                for some in _portions(rhythm, first, last)
                for number, value in (await _attained(work, measure, rhythm, zone, some)).items()
            }
        case IncidentMeasure(counted="opened"):
            found = await _opened(work, measure, rhythm, zone, range(first, last + 1))
        case IncidentMeasure():
            found = await _resolved(work, measure, rhythm, zone, range(first, last + 1))
        case SatisfactionMeasure():
            found = await _satisfied(work, measure, rhythm, zone, range(first, last + 1))
    return [SeriesPoint(number, found[number]) for number in sorted(found)]


def _portions(rhythm: Granularity, first: int, last: int) -> Iterator[range]:
    start = rhythm.first_day(first)
    for _, numbers in groupby(
        range(first, last + 1), lambda one: (rhythm.first_day(one) - start).days // DAYS_PER_BATCH
    ):
        some = list(numbers)
        yield range(some[0], some[-1] + 1)


async def _attained(
    work: UnitOfWork, measure: IndicatorMeasure, rhythm: Granularity, zone: ZoneInfo, numbers: range
) -> dict[int, float]:
    edges = [start_of_day(rhythm.first_day(number), zone) for number in range(numbers.start, numbers.stop + 1)]
    measured = (await load_minutes_by_indicator(work.session, [measure.indicator_id], edges[0], edges[-1]))[
        measure.indicator_id
    ]
    offsets = np.array([(edge - edges[0]) // timedelta(minutes=1) for edge in edges[:-1]], np.int64)
    good, total = _counts(measure, measured)
    sums = zip(numbers, np.add.reduceat(good, offsets), np.add.reduceat(total, offsets), strict=True)
    return {number: 100 * int(part) / int(whole) for number, part, whole in sums if whole}


def _counts(measure: IndicatorMeasure, measured: Minutes) -> tuple[Ints, Ints]:
    known = measured.state != MinuteState.UNKNOWN
    if measure.of == "minutes":
        return (measured.state == MinuteState.GOOD).astype(np.int64), known.astype(np.int64)
    return np.where(known, measured.good, 0), np.where(known, measured.total, 0)


async def _opened(
    work: UnitOfWork, measure: IncidentMeasure, rhythm: Granularity, zone: ZoneInfo, numbers: range
) -> dict[int, float]:
    """A period without incidents counts 0: it is known that there were none."""
    found = dict.fromkeys(numbers, 0.0)
    query = select(Incident.opened_at).where(*_concerned(measure), *_inside(Incident.opened_at, rhythm, zone, numbers))
    for opened_at in await work.session.scalars(query):
        if opened_at is not None:
            found[rhythm.period_of(to_local_date(opened_at, zone))] += 1
    return found


async def _resolved(
    work: UnitOfWork, measure: IncidentMeasure, rhythm: Granularity, zone: ZoneInfo, numbers: range
) -> dict[int, float]:
    query = select(Incident.opened_at, Incident.resolved_at).where(
        *_concerned(measure), *_inside(Incident.resolved_at, rhythm, zone, numbers)
    )
    hours: dict[int, list[float]] = defaultdict(list)
    for opened_at, resolved_at in await work.session.execute(query):
        if opened_at is not None and resolved_at is not None:
            number = rhythm.period_of(to_local_date(resolved_at, zone))
            hours[number].append((resolved_at - opened_at) / timedelta(hours=1))
    return {number: sum(some) / len(some) for number, some in hours.items()}


async def _satisfied(
    work: UnitOfWork, measure: SatisfactionMeasure, rhythm: Granularity, zone: ZoneInfo, numbers: range
) -> dict[int, float]:
    """Surveys of one period count by their answers."""
    known = SatisfactionReplica
    query = select(known.opened_at, known.score, known.n).where(
        known.customer_id == measure.customer_id,
        known.instrument == measure.instrument,
        known.score.is_not(None),
        *_inside(known.opened_at, rhythm, zone, numbers),
    )
    sums: dict[int, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for opened_at, score, n in await work.session.execute(query):
        number = rhythm.period_of(to_local_date(opened_at, zone))
        total, count = sums[number]
        sums[number] = total + float(score or 0) * n, count + n
    return {number: total / count for number, (total, count) in sums.items() if count}


def _concerned(measure: IncidentMeasure) -> Iterator[ColumnElement[bool]]:
    yield Incident.cancelled_at.is_(None)
    if measure.customer_id is not None:
        yield Incident.customer_id == measure.customer_id
    if measure.service_id is not None:
        yield Incident.service_id == measure.service_id
    if measure.priorities:
        yield Incident.priority.in_(measure.priorities)


def _inside(
    column: InstrumentedAttribute[Any], rhythm: Granularity, zone: ZoneInfo, numbers: range
) -> Iterator[ColumnElement[bool]]:
    yield column >= start_of_day(rhythm.first_day(numbers.start), zone)
    yield column < start_of_day(rhythm.first_day(numbers.stop), zone)
