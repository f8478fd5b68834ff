"""The cost of a cycle grows with what is new, not with the hour, however well what is in the hour is packed."""

import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest

from sla.indicators.rollup_rules import VALUE_ROLE, HistogramRole, SampleRule
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.columns import HistogramColumns, empty_histograms
from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, to_milliseconds
from sla.measurements.rollup import store
from sla.measurements.rollup.histogram_hours import HistogramRollup
from sla.measurements.rollup.hour_parts import LARGE_PART_BYTES
from sla.measurements.rollup.hours import HourRollup, PartLimits, StoredHours
from sla.measurements.rollup.sample_hours import SampleRollup
from sla.measurements.samples import Samples, concat_samples
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.rollup.cycles import load_needed, run_cycles

FIRST = 400_000  # an hour in 2015
SCRAPES_PER_MINUTE = 4
LIMITS = PartLimits(max_points=4000, large_points=800)
EDGES = (0.1, 0.5, 1.0, 5.0, math.inf)
BUCKETS = 40
HOUR = datetime(2026, 2, 3, 10, tzinfo=UTC)
PUSHES, COUNTS_PER_PUSH = 2, 6000
"""In two series, with more samples than a part that is always read, and packed in fewer bytes than such a part."""


class Monitor(NamedTuple):
    """A way to roll up what is scraped every fifteen seconds."""

    rollup: HourRollup
    roles: dict[int, Any]
    scrape: Callable[[int, int], DataPoints]
    """By the instant and the number of scrapes before it."""

    def list_scrapes(self, scrapes: range) -> Iterator[DataPoints]:
        for scrape in scrapes:
            yield self.scrape(FIRST * HOUR_MS + scrape * MINUTE_MS // SCRAPES_PER_MINUTE, scrape)


def scrape_series(count: int, at: int, value: float) -> DataPoints:
    return DataPoints(Samples(np.arange(count), np.full(count, at), np.full(count, value)), empty_histograms())


def scrape_native_histograms(at: int, scrape: int) -> DataPoints:
    buckets = [(bucket, float(scrape)) for bucket in range(BUCKETS)]
    point = HistogramPoint.from_exponential(HistogramReading(at), schema=3, count=None, positive=buckets)
    return DataPoints(concat_samples([]), HistogramColumns.from_points([(series, point) for series in range(5)]))


LATENCIES = HistogramRollup(5 * MINUTE_MS, limit=Decimal(1))
MONITORS = {
    "probes": Monitor(
        SampleRollup(SampleRule(5 * MINUTE_MS)),
        dict.fromkeys(range(200), VALUE_ROLE),
        lambda at, _: scrape_series(200, at, 1.0),
    ),
    "classic histograms": Monitor(
        LATENCIES,
        {series: HistogramRole(series // len(EDGES), EDGES[series % len(EDGES)]) for series in range(200)},
        lambda at, scrape: scrape_series(200, at, float(scrape)),
    ),
    "classic histograms of each interval": Monitor(
        LATENCIES,
        {series: HistogramRole(series // len(EDGES), EDGES[series % len(EDGES)], delta=True) for series in range(200)},
        lambda at, _: scrape_series(200, at, 1.0),
    ),
    "native histograms": Monitor(
        LATENCIES, {series: HistogramRole(series) for series in range(5)}, scrape_native_histograms
    ),
    "single latencies": Monitor(
        LATENCIES,
        {series: HistogramRole(series) for series in range(200)},
        lambda at, _: scrape_series(200, at, 0.3),
    ),
}


def entries_read(monitor: Monitor, minutes: int) -> int:
    """Return how many samples, histograms and buckets the next cycle reads after so many minutes of the hour."""
    scrapes = minutes * SCRAPES_PER_MINUTE
    kept = run_cycles(monitor.rollup, monitor.roles, monitor.list_scrapes(range(scrapes)), LIMITS)
    (arrived,) = monitor.list_scrapes(range(scrapes, scrapes + 1))
    points, _ = load_needed(monitor.rollup, monitor.roles, kept, arrived).load(monitor.rollup, 0, 2**62)
    return points.entry_count


@pytest.mark.parametrize("monitor", MONITORS.values(), ids=MONITORS)
def test_a_cycle_late_in_the_hour_reads_no_more_than_an_early_one(monitor: Monitor) -> None:
    early, late = entries_read(monitor, 4), entries_read(monitor, 40)
    assert 0 < early <= LIMITS.max_points
    assert 0 < late <= LIMITS.max_points


async def test_a_large_part_is_read_when_it_is_needed_however_few_bytes_it_takes(monitored: MonitoredService) -> None:
    indicator = await monitored.define(kind="ratio")
    await monitored.roll_up()
    for push in range(PUSHES):
        instants = (HOUR + timedelta(minutes=25 * push, milliseconds=250 * number) for number in range(COUNTS_PER_PUSH))
        counts = [{"indicator": indicator["id"], "at": at.isoformat(), "good": 1, "total": 1} for at in instants]
        assert (await monitored.push_json(json.dumps({"samples": counts}))).status_code == 202
    await monitored.roll_up()

    key, hour = UUID(indicator["id"]), to_milliseconds(HOUR) // HOUR_MS
    async with (await monitored.runtime.get_pool()).acquire() as connection:
        stored: StoredHours = (await store.load_hours(connection, {key: [hour]}))[key]
        assert [part.packed for part in stored.parts.values()] == [None]
        await store.load_large_parts(connection, {key: stored}, [(key, hour * HOUR_MS)])

    assert [0 < len(part.packed or b"") < LARGE_PART_BYTES for part in stored.parts.values()] == [True]
