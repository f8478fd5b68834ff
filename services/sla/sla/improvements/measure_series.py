"""The series of a measure: a point for each whole day, week or month, from minutes, incidents or satisfaction."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
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


class _Periods(NamedTuple):
    """A range of periods, counted in days, weeks or months of a time zone."""

    granularity: Granularity
    zone: ZoneInfo
    numbers: range

    def number_of(self, at: datetime) -> int:
        return self.granularity.period_of(to_local_date(at, self.zone))

    def starts(self) -> list[datetime]:
        """Return the start of each period, and the end of the last."""
        days = (self.granularity.first_day(number) for number in range(self.numbers.start, self.numbers.stop + 1))
        return [start_of_day(day, self.zone) for day in days]

    def contain(self, column: InstrumentedAttribute[Any]) -> Iterator[ColumnElement[bool]]:
        starts = self.starts()
        yield column >= starts[0]
        yield column < starts[-1]

    def batches(self) -> "Iterator[_Periods]":
        first_day = self.granularity.first_day(self.numbers.start)
        for _, numbers in groupby(
            self.numbers, lambda number: (self.granularity.first_day(number) - first_day).days // DAYS_PER_BATCH
        ):
            batch = list(numbers)
            yield self._replace(numbers=range(batch[0], batch[-1] + 1))


async def load_points(
    work: UnitOfWork, measure: Measure, granularity: Granularity, zone: ZoneInfo, first: int, last: int
) -> list[SeriesPoint]:
    """Load the points of the periods `first` to `last`, both included; periods without data are missing."""
    periods = _Periods(granularity, zone, range(first, last + 1))
    values: dict[int, float] = {}
    match measure:
        case IndicatorMeasure():
            for batch in periods.batches():
                values |= await _load_percent_good(work, measure, batch)
        case IncidentMeasure(quantity="opened"):
            values = await _count_opened(work, measure, periods)
        case IncidentMeasure():
            values = await _load_hours_to_resolve(work, measure, periods)
        case SatisfactionMeasure():
            values = await _load_scores(work, measure, periods)
    return [SeriesPoint(number, values[number]) for number in sorted(values)]


async def _load_percent_good(work: UnitOfWork, measure: IndicatorMeasure, periods: _Periods) -> dict[int, float]:
    starts = periods.starts()
    minutes = await load_minutes_by_indicator(work.session, [measure.indicator_id], starts[0], starts[-1])
    good, total = _counts(measure, minutes[measure.indicator_id])
    offsets = np.array([(start - starts[0]) // timedelta(minutes=1) for start in starts[:-1]], np.int64)
    sums = zip(periods.numbers, np.add.reduceat(good, offsets), np.add.reduceat(total, offsets), strict=True)
    return {number: 100 * int(good_sum) / int(total_sum) for number, good_sum, total_sum in sums if total_sum}


def _counts(measure: IndicatorMeasure, minutes: Minutes) -> tuple[Ints, Ints]:
    is_known = minutes.state != MinuteState.UNKNOWN
    if measure.unit == "minutes":
        return (minutes.state == MinuteState.GOOD).astype(np.int64), is_known.astype(np.int64)
    return np.where(is_known, minutes.good, 0), np.where(is_known, minutes.total, 0)


async def _count_opened(work: UnitOfWork, measure: IncidentMeasure, periods: _Periods) -> dict[int, float]:
    """Count the incidents opened in each period; without incidents the count is 0, not missing."""
    counts = dict.fromkeys(periods.numbers, 0.0)
    query = select(Incident.opened_at).where(*_conditions(measure), *periods.contain(Incident.opened_at))
    for opened_at in await work.session.scalars(query):
        if opened_at is not None:
            counts[periods.number_of(opened_at)] += 1
    return counts


async def _load_hours_to_resolve(work: UnitOfWork, measure: IncidentMeasure, periods: _Periods) -> dict[int, float]:
    query = select(Incident.opened_at, Incident.resolved_at).where(
        *_conditions(measure), *periods.contain(Incident.resolved_at)
    )
    hours: dict[int, list[float]] = defaultdict(list)
    for opened_at, resolved_at in await work.session.execute(query):
        if opened_at is not None and resolved_at is not None:
            hours[periods.number_of(resolved_at)].append((resolved_at - opened_at) / timedelta(hours=1))
    return {number: sum(values) / len(values) for number, values in hours.items()}


async def _load_scores(work: UnitOfWork, measure: SatisfactionMeasure, periods: _Periods) -> dict[int, float]:
    """Load the mean score of each period, weighted by answers."""
    survey = SatisfactionReplica
    query = select(survey.opened_at, survey.score, survey.n).where(
        survey.customer_id == measure.customer_id,
        survey.instrument == measure.instrument,
        survey.score.is_not(None),
        *periods.contain(survey.opened_at),
    )
    sums: dict[int, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for opened_at, score, n in await work.session.execute(query):
        number = periods.number_of(opened_at)
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
