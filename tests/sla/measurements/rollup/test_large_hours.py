"""The cost of a cycle grows with what is new, not with the hour, however well the samples of the hour are packed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from sla.indicators.rollup_rules import VALUE_ROLE, SampleRule
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.columns import empty_histograms
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, to_milliseconds
from sla.measurements.rollup import store
from sla.measurements.rollup.hour_parts import LARGE_PART_BYTES
from sla.measurements.rollup.hours import PartLimits, StoredHours
from sla.measurements.rollup.sample_hours import SampleRollup
from sla.measurements.samples import Samples
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.rollup.cycles import load_needed, run_cycles

FIRST = 400_000  # an hour in 2015
SERIES = 200
SCRAPES_PER_MINUTE = 4
LIMITS = PartLimits(max_points=4000, large_points=800)
PROBES = SampleRollup(SampleRule(5 * MINUTE_MS))
ROLES = dict.fromkeys(range(SERIES), VALUE_ROLE)
HOUR = datetime(2026, 2, 3, 10, tzinfo=UTC)
PUSHES, COUNTS_PER_PUSH = 2, 6000
"""In two series, with more samples than a part that is always read, and packed in fewer bytes than such a part."""


def scrape_probes(scrapes: range) -> Iterator[DataPoints]:
    """Yield scrapes of probes that are up all the time, one every fifteen seconds."""
    for scrape in scrapes:
        instants = np.full(SERIES, FIRST * HOUR_MS + scrape * MINUTE_MS // SCRAPES_PER_MINUTE)
        yield DataPoints(Samples(np.arange(SERIES), instants, np.ones(SERIES)), empty_histograms())


def points_read(minutes: int) -> int:
    """Return how many points the next cycle reads after so many minutes of the hour."""
    past, now = (
        range(minutes * SCRAPES_PER_MINUTE),
        range(minutes * SCRAPES_PER_MINUTE, minutes * SCRAPES_PER_MINUTE + 1),
    )
    kept = run_cycles(PROBES, ROLES, scrape_probes(past), LIMITS)
    (arrived,) = scrape_probes(now)
    points, _ = load_needed(PROBES, kept, arrived).load(PROBES, 0, 2**62)
    return len(points)


def test_a_cycle_late_in_the_hour_reads_no_more_than_an_early_one() -> None:
    early, late = points_read(4), points_read(40)
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
