"""Real metrics pushed as a real Prometheus would, shuffled, repeated and late, against a reading of the files."""

import csv
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from sla.measurements import store
from tests.sla.measurements.conftest import MonitoredService

THRESHOLD = 50.0
EVERY = timedelta(minutes=5)

Reading = tuple[datetime, float]


@pytest.fixture
def readings(shared: Path) -> Callable[[str], list[Reading]]:
    def of(name: str) -> list[Reading]:
        with (shared / "data" / "metrics" / name).open() as file:
            return [
                (datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC), float(row["value"]))
                for row in csv.DictReader(file)
            ]

    return of


async def push_as_prometheus_might(
    monitored: MonitoredService, labels: dict[str, str], readings: Sequence[Reading]
) -> None:
    """Batches of 500 in any order, a third of them sent again, by two replicas; rolled up in between."""
    chance = np.random.default_rng(8)
    samples = [(int(at.timestamp() * 1000), value) for at, value in readings]
    order = chance.permutation(len(samples)).tolist()
    batches = [[samples[place] for place in order[start : start + 500]] for start in range(0, len(order), 500)]
    again = [*range(len(batches)), *chance.choice(len(batches), len(batches) // 3).tolist()]
    for number, batch_number in enumerate(chance.permutation(again).tolist()):
        labels_of_replica = labels | {"prometheus_replica": "ab"[number % 2]}
        answer = await monitored.push((labels_of_replica, batches[batch_number][:: 1 - 2 * (number % 2)]))
        assert answer.status_code == 204, answer.text
        if number % 3 == 0:
            await monitored.roll_up()
    await monitored.roll_up()


async def measured(
    monitored: MonitoredService, indicator: dict[str, Any], start: datetime, count: int
) -> list[tuple[int, int, str]]:
    minutes: list[tuple[int, int, str]] = []
    while len(minutes) < count:
        begin = start + timedelta(minutes=len(minutes))
        part = await monitored.minutes(indicator, begin, min(count - len(minutes), 31 * 24 * 60))
        minutes += zip(part["good"], part["total"], part["state"], strict=True)
    return minutes


async def test_latency_until_a_server_fails(
    monitored: MonitoredService, readings: Callable[[str], list[Reading]]
) -> None:
    data = readings("ec2_request_latency_system_failure.csv")
    labels = {"__name__": "request_latency_ms", "instance": "i-5a2b", "job": "ec2"}
    rule = {"selector": 'request_latency_ms{job="ec2"}'}
    indicator = await monitored.define(kind="latency", threshold=THRESHOLD, holds_for=300, series=[rule])
    await push_as_prometheus_might(monitored, labels, data)
    start, count = data[0][0], int((data[-1][0] + EVERY - data[0][0]) / timedelta(minutes=1))
    expected = [(0, 0, "unknown")] * count
    for at, value in data:
        first = int((at - start) / timedelta(minutes=1))
        good = value <= THRESHOLD
        for minute in range(first, first + 5):
            expected[minute] = (int(good), 1, "good" if good else "bad")
    assert await measured(monitored, indicator, start, count) == expected
    assert 0 < sum(state == "bad" for _, _, state in expected) < count


async def test_percentiles_of_real_latencies(
    monitored: MonitoredService, readings: Callable[[str], list[Reading]]
) -> None:
    """As the sorted readings say it: the edge is not below, and at the most a 256th of an octave above."""
    data = readings("ec2_request_latency_system_failure.csv")
    indicator = await monitored.define(kind="histogram", series=[{"selector": "request_latency_ms"}])
    await push_as_prometheus_might(monitored, {"__name__": "request_latency_ms", "instance": "i-5a2b"}, data)
    start = data[0][0].replace(second=0)
    count = (data[-1][0] - start) // timedelta(minutes=1) + 1
    async with monitored.runtime.begin() as work:
        end = start + timedelta(minutes=count)
        observations = await store.load_observations_by_indicator(work.session, [UUID(indicator["id"])], start, end)
    observed = observations[UUID(indicator["id"])].distribution(np.ones(count, np.bool_))
    largest: dict[datetime, float] = {}  # some instants are there twice
    for at, value in data:
        largest[at] = max(value, largest.get(at, value))
    values = sorted(largest.values())
    assert (observed.count_up_to(Decimal(10**9)), observed.count) == (len(values), len(values))
    for share in (Decimal("0.5"), Decimal("0.95"), Decimal("0.99")):
        exact = values[math.ceil(share * len(values)) - 1]
        edge = observed.percentile(share)
        assert edge is not None
        assert exact <= float(edge) * (1 + 1e-9) <= exact * 2 ** (1 / 256) * (1 + 2e-9)


async def test_requests_of_a_load_balancer(
    monitored: MonitoredService, readings: Callable[[str], list[Reading]]
) -> None:
    """A counter that is reset now and then; the share that fails is made up, the requests are real."""
    data = readings("elb_request_count_8c0756.csv")
    kinds = {"total": [value for _, value in data], "bad": [value // 17 for _, value in data]}
    series = [{"selector": f"elb_{part}", "part": part} for part in kinds]
    indicator = await monitored.define(kind="ratio", holds_for=300, series=series)
    for part, increases in kinds.items():
        await push_as_prometheus_might(monitored, {"__name__": f"elb_{part}"}, as_counter(data, increases))
    start, count = data[0][0], int((data[-1][0] - data[0][0]) / timedelta(minutes=1)) + 1
    expected = [(0, 0, "unknown")] * count
    for number, ((before, _), (at, _)) in enumerate(pairwise(data), start=1):
        if at - before > EVERY:
            continue
        last = int((at - start) / timedelta(minutes=1))
        total, bad = int(kinds["total"][number]), int(kinds["bad"][number])
        for minute in range(int((before - start) / timedelta(minutes=1)), last):
            expected[minute] = expected[minute] if expected[minute][1] else (0, 0, "good")
        expected[last] = (total - bad, total, "bad" if bad else "good")
    assert await measured(monitored, indicator, start, count) == expected
    assert sum(total for _, total, _ in expected) > 100_000


def as_counter(data: Sequence[Reading], increases: Sequence[float]) -> list[Reading]:
    """The counter that shows these increases; every 500 readings it starts again."""
    count, readings = 0.0, []
    for number, ((at, _), increase) in enumerate(zip(data, increases, strict=True)):
        count = increase if number % 500 == 499 and increase < count else count + increase
        readings.append((at, count))
    return readings
