"""Backlog: events of all kinds that reporting reacts to, drained by its real consumer as fast as it can."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
import psutil
from figures import Aim, Figure
from house import PASSWORD, SERVICES, House
from inputs.event_stream import write_histories

from common.database.connections import Database
from common.events.relay import Relay
from common.events.replay import clear_projections
from common.http.health import load_event_backlog
from common.runtime import Runtime
from common.settings import DatabaseSettings, KafkaSettings, Settings
from published.event import topic_name
from rapport.embedded.broker import Broker
from rapport.embedded.services import load_service
from rapport.postgres.setup import prepare_database, service_url

CHILDREN = Path(__file__).with_name("children")
DATABASE = "backlog"
SOURCES = ("engagement", "catalog", "sla", "feedback")
PATIENCE = 300
"""Seconds for one side to drain the backlog."""
LIMIT = "aiokafka + asyncpg, one INSERT each"
OURS = """
SELECT count(*), max(pg_xact_commit_timestamp(xmin)) FROM reporting.inbox
"""
BARE = """
SELECT count(*), max(pg_xact_commit_timestamp(xmin)) FROM bare_events
"""


@dataclass(frozen=True, slots=True)
class Drained:
    rate: float
    """Events per second."""
    processor_time: float
    """Microseconds of the consumer's process per event."""


@dataclass(frozen=True, slots=True)
class Site:
    """A database and a broker of the bench's own, so that the log holds nothing but its backlog."""

    url: str
    broker: Broker
    count: int
    """The events of the backlog."""

    def runtime(self, service: str) -> Runtime:
        settings = Settings(
            environment="embedded",
            database=DatabaseSettings(url=service_url(self.url, service, PASSWORD)),
            kafka=KafkaSettings(bootstrap=self.broker.bootstrap),
        )
        return load_service(service).build_runtime(settings, Database(settings.database))


async def run(house: House, rounds: int) -> list[Figure]:
    ours, limit = [], []
    async with _site(house) as site, asyncpg.create_pool(site.url, min_size=1, max_size=1) as pool:
        await pool.execute("CREATE TABLE bare_events (id uuid PRIMARY KEY, data text)")
        for number in range(-1, rounds):  # one round to get warm
            measured = await _drain_with_reporting(site, pool), await _drain_bare(site, pool)
            if number >= 0:
                ours.append(measured[0])
                limit.append(measured[1])
    rates = [side.rate for side in ours], [side.rate for side in limit]
    costs = [side.processor_time for side in ours], [side.processor_time for side in limit]
    name = f"{site.count} events"
    return [
        Figure("backlog", name, "events/s", "more", *rates, LIMIT, Aim("ratio", ">=", 0.15)),
        Figure("backlog", "processor time of an event", "us", "less", *costs, LIMIT, Aim("ours", "<=", 667)),
    ]


@asynccontextmanager
async def _site(house: House) -> AsyncIterator[Site]:
    url = house.postgres.dsn(DATABASE)
    await prepare_database(url, dict.fromkeys(SERVICES, PASSWORD))
    async with Broker(house.home / DATABASE, list(map(topic_name, SERVICES))) as broker:
        empty = Site(url, broker, 0)
        count = await write_histories({source: empty.runtime(source) for source in SOURCES}, random.Random(8))
        for source in SOURCES:
            await _relay_all(empty.runtime(source))
        yield Site(url, broker, count)


async def _relay_all(runtime: Runtime) -> None:
    relay = Relay(runtime.name, runtime.database, runtime.tables, runtime.settings.kafka, runtime.settings.events)
    relaying = asyncio.create_task(relay.run())
    while (await load_event_backlog(runtime))["pending"]:
        await asyncio.wait([relaying], timeout=0.2)
        if relaying.done():
            relaying.result()
    relaying.cancel()
    await asyncio.wait([relaying])
    await runtime.database.close()


async def _drain_with_reporting(site: Site, pool: asyncpg.Pool) -> Drained:
    runtime = site.runtime("reporting")
    async with runtime.begin() as work:
        await clear_projections(work, load_service("reporting"), runtime.tables)
    await runtime.database.close()
    words = ["drained.py", service_url(site.url, "reporting", PASSWORD), site.broker.bootstrap]
    return await _measure(site, pool, words, OURS)


async def _drain_bare(site: Site, pool: asyncpg.Pool) -> Drained:
    await pool.execute("TRUNCATE bare_events")
    words = ["bare_drained.py", site.url, site.broker.bootstrap, *map(topic_name, SOURCES)]
    return await _measure(site, pool, words, BARE)


async def _measure(site: Site, pool: asyncpg.Pool, words: list[str], query: str) -> Drained:
    """Have a child drain the backlog, and wait until the last event has had its effect."""
    async with _child(*words) as child:
        process = psutil.Process(child.pid)
        spent, began = _processor_seconds(process), await pool.fetchval("SELECT clock_timestamp()")
        await _tell(child, "start")
        ended = await _wait_for_all(site, pool, query)
        spent = _processor_seconds(process) - spent
        await _tell(child, "stop")
    return Drained(site.count / (ended - began).total_seconds(), spent / site.count * 1e6)


@asynccontextmanager
async def _child(script: str, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a script of the folder `children` that has said it is ready; it may end by itself afterwards."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, str(CHILDREN / script), *words)
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        if child.stdout is None or await child.stdout.readline() != b"ready\n":
            raise RuntimeError(f"{script} does not start")
        yield child
        if await child.wait():
            raise RuntimeError(f"{script} failed")
    finally:
        if child.returncode is None:
            child.kill()


async def _tell(child: asyncio.subprocess.Process, word: str) -> None:
    if child.stdin is not None:
        child.stdin.write(f"{word}\n".encode())
        await child.stdin.drain()


async def _wait_for_all(site: Site, pool: asyncpg.Pool, query: str) -> datetime:
    """Wait for the effect of every event, and return when the last one was committed."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < deadline:
        count, last = await pool.fetchrow(query)
        if count == site.count:
            return last
        await asyncio.sleep(0.1)
    raise RuntimeError(f"{count} of {site.count} events have had their effect after {PATIENCE} s")


def _processor_seconds(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return spent.user + spent.system
