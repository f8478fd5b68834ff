"""Monitors that push: values follow from instants, so that the right minutes can be computed without the product."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import cramjam

from common.auth.principal import Role
from sla.measurements.receivers.remote_write_pb2 import Label, Sample, TimeSeries, WriteRequest
from tests.faults.load.journal import Journal
from tests.faults.load.workers import Caller

STEP = 15
"""Seconds from one scrape to the next."""
HOLDS = 60
ROUNDS = 8
"""Scrapes in one push."""
BACK = timedelta(days=10)
INSTANCES = ("a", "b", "c")

INDICATORS: dict[str, dict[str, Any]] = {
    "probe": {"kind": "availability", "holds_for": 1, "series": [{"selector": 'probe_success{job="faults"}'}]},
    "counters": {
        "kind": "ratio",
        "holds_for": HOLDS,
        "series": [
            {"selector": 'requests_total{code="200"}', "part": "good"},
            {"selector": 'requests_total{code="500"}', "part": "bad"},
        ],
    },
    "script": {"kind": "ratio", "holds_for": HOLDS},
}
Minutes = tuple[dict[int, int], dict[int, int]]
"""Good and total by minute, counted from the start of the pushes."""


def up(tick: int, instance: str) -> int:
    return int(hash_of(tick, instance) % 20 != 0)


def good(tick: int) -> int:
    return hash_of(tick, "good") % 50


def bad(tick: int) -> int:
    return hash_of(tick, "bad") % 3


def hash_of(tick: int, salt: str) -> int:
    """The same in every process and run."""
    return Random(f"{salt}/{tick}").getrandbits(30)


@dataclass
class Monitors:
    """Workers share one line of time; each push is repeated until it is acknowledged, some after that as well."""

    caller: Caller
    journal: Journal
    random: Random
    stop: asyncio.Event
    start: datetime = field(
        default_factory=lambda: (datetime.now(UTC) - BACK).replace(minute=0, second=0, microsecond=0)
    )
    indicators: dict[str, str] = field(default_factory=dict)
    acknowledged: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often each push was acknowledged, by its form and number."""
    _next: int = 0
    _sum: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])

    async def prepare(self) -> None:
        """An API key and the indicators, before anything breaks."""
        admin = self.caller.rig.headers(Role.admin)
        key = await self.caller.until_success(
            "POST", "/sla/v1/api-keys", json={"name": "faults"}, headers={**admin, "Idempotency-Key": "the key"}
        )
        self._headers = {"X-API-Key": key.json()["key"]}
        for name, definition in INDICATORS.items():
            created = await self.caller.until_success(
                "POST", "/sla/v1/indicators", json={"name": name} | definition, headers=admin
            )
            self.indicators[name] = created.json()["id"]

    async def run(self) -> None:
        while not self.stop.is_set():
            number, self._next = self._next, self._next + 1
            if self.random.random() < 0.1:
                await asyncio.sleep(self.random.uniform(0.5, 3))
            for form in self.random.sample(("remote", "json"), 2):
                await self._push(form, number)
                if self.random.random() < 0.2:
                    await self._push(form, number)
            await asyncio.sleep(self.random.uniform(0, 0.05))

    async def _push(self, form: str, number: int) -> None:
        ticks = range(number * ROUNDS, (number + 1) * ROUNDS)
        if form == "json":
            await self.caller.until_success(
                "POST", "/sla/v1/push/samples", json={"samples": self._samples(ticks)}, headers=self._headers
            )
        else:
            kind = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
            await self.caller.until_success(
                "POST", "/sla/v1/push/prometheus", content=self._body(ticks), headers={**self._headers, **kind}
            )
        self.acknowledged[form, number] += 1
        self.journal.note(f"push-{form}", "ok", number=number)

    def _samples(self, ticks: Iterable[int]) -> list[dict[str, Any]]:
        minutes = [
            {
                "indicator": self.indicators["script"],
                "at": (self.start + timedelta(seconds=tick * STEP)).isoformat(),
                "good": good(tick),
                "total": good(tick) + bad(tick),
            }
            for tick in ticks
        ]
        return self.random.sample(minutes, len(minutes))

    def _body(self, ticks: Iterable[int]) -> bytes:
        series = [
            self._series({"__name__": "probe_success", "instance": instance, "job": "faults"}, tick, up(tick, instance))
            for tick in ticks
            for instance in INSTANCES
        ]
        for tick in ticks:
            for code, count in zip(("200", "500"), self._counted(tick), strict=True):
                series.append(self._series({"__name__": "requests_total", "code": code}, tick, count))
        written = WriteRequest(timeseries=self.random.sample(series, len(series)))
        return bytes(cramjam.snappy.compress_raw(written.SerializeToString()))

    def _series(self, labels: dict[str, str], tick: int, value: float) -> bytes:
        encoded = [Label(name=name, value=content).SerializeToString() for name, content in sorted(labels.items())]
        at = int((self.start + timedelta(seconds=tick * STEP)).timestamp() * 1000)
        written: bytes = TimeSeries(labels=encoded, samples=[Sample(value=value, timestamp=at)]).SerializeToString()
        return written

    def _counted(self, tick: int) -> tuple[int, int]:
        """The counters at a scrape: all that happened up to it."""
        while len(self._sum) <= tick:
            number, (ok, failed) = len(self._sum), self._sum[-1]
            self._sum.append((ok + good(number), failed + bad(number)))
        return self._sum[tick]

    @property
    def ticks(self) -> range:
        """All that was pushed in the end: no push is given up."""
        return range(self._next * ROUNDS)

    def expected(self) -> dict[str, Minutes]:
        """What the minutes must hold, computed from the acknowledged pushes alone."""
        probe, counters, script = no_minutes(), no_minutes(), no_minutes()
        for tick in self.ticks:
            minute = tick * STEP // 60
            for instance in INSTANCES:
                _add(probe, minute, up(tick, instance), 1)
            _add(script, minute, good(tick), good(tick) + bad(tick))
            if tick:  # the first scrape of a counter counts nothing yet
                _add(counters, minute, good(tick), good(tick) + bad(tick))
        return {"probe": probe, "counters": counters, "script": script}


def no_minutes() -> Minutes:
    return {}, {}


def _add(minutes: Minutes, minute: int, ok: int, every: int) -> None:
    minutes[0][minute] = minutes[0].get(minute, 0) + ok
    minutes[1][minute] = minutes[1].get(minute, 0) + every
