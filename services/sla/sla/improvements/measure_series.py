"""The series of a measure: a point for each whole day, week or month, from minutes, incidents or satisfaction."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, Select, func, literal, select

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

PERIODS_PER_BATCH = {Granularity.DAY: 366, Granularity.WEEK: 53, Granularity.MONTH: 12}
"""A year: of how much time minutes are held in memory."""


class _Periods(NamedTuple):
    """A range of periods, counted in days, weeks or months of a time zone."""

    granularity: Granularity
    zone: ZoneInfo
    numbers: range

    def starts(self) -> list[datetime]:
        """Return the start of each period, and the end of the last."""
        days = (self.granularity.first_day(number) for number in range(self.numbers.start, self.numbers.stop + 1))
        return [start_of_day(day, self.zone) for day in days]

    def batches(self) -> "Iterator[_Periods]":
        size = PERIODS_PER_BATCH[self.granularity]
        for first in range(0, len(self.numbers), size):
            yield self._replace(numbers=self.numbers[first : first + size])


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
    query = select(Incident.opened_at, literal(1.0), literal(1)).where(*_conditions(measure))
    incidents = await _load_rows(work, query, periods)
    return {number: float(len(incidents[number])) for number in periods.numbers}


async def _load_hours_to_resolve(work: UnitOfWork, measure: IncidentMeasure, periods: _Periods) -> dict[int, float]:
    hours = func.extract("epoch", Incident.resolved_at - Incident.opened_at) / 3600
    query = select(Incident.resolved_at, hours, literal(1)).where(*_conditions(measure), hours.is_not(None))
    return _means(await _load_rows(work, query, periods))


async def _load_scores(work: UnitOfWork, measure: SatisfactionMeasure, periods: _Periods) -> dict[int, float]:
    """Load the mean score of each period, weighted by answers."""
    survey = SatisfactionReplica
    query = select(survey.opened_at, survey.score, survey.n).where(
        survey.customer_id == measure.customer_id,
        survey.instrument == measure.instrument,
        survey.score.is_not(None),
        survey.n > 0,
    )
    return _means(await _load_rows(work, query, periods))


async def _load_rows(
    work: UnitOfWork, query: Select[datetime | None, Any, int], periods: _Periods
) -> dict[int, list[tuple[float, int]]]:
    """Load values and their weights by period; the first column of the query is the instant that counts."""
    at, starts = query.selected_columns[0], periods.starts()
    rows: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for instant, value, weight in await work.session.execute(query.where(at >= starts[0], at < starts[-1])):
        if instant is not None:
            number = periods.granularity.period_of(to_local_date(instant, periods.zone))
            rows[number].append((float(value), weight))
    return rows


def _means(rows: Mapping[int, list[tuple[float, int]]]) -> dict[int, float]:
    return {
        number: sum(value * weight for value, weight in weighted) / sum(weight for _, weight in weighted)
        for number, weighted in rows.items()
    }


def _conditions(measure: IncidentMeasure) -> Iterator[ColumnElement[bool]]:
    yield Incident.cancelled_at.is_(None)
    if measure.customer_id is not None:
        yield Incident.customer_id == measure.customer_id
    if measure.service_id is not None:
        yield Incident.service_id == measure.service_id
    if measure.priorities:
        yield Incident.priority.in_(measure.priorities)
