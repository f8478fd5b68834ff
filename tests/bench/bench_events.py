"""Events: from the commit of a change to the commit of its effect in another service, at 200 events a second."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import quantiles

import asyncpg
from figures import Aim, Figure
from house import House, Served
from inputs.client import Connection, connections, request

RATE = 200
SECONDS = 15
ROUNDS = 3
"""At the most: each takes half a minute."""
AT_ONCE = 32
PATIENCE = 30
"""Seconds that effects may be late."""
BARE = Path(__file__).with_name("children") / "bare_events.py"
DELAYS = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(i.xmin) - pg_xact_commit_timestamp(o.xmin))::float8 * 1000
FROM engagement.outbox o LEFT JOIN feedback.inbox i ON i.event_id = o.id WHERE o.seq > $1
"""


async def run(house: House, rounds: int) -> list[Figure]:
    measured, limit = [], []
    async with (
        house.service("engagement") as teller,
        house.service("feedback"),
        asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool,
    ):
        await _delays(pool, teller, 2, "warm")
        for number in range(min(rounds, ROUNDS)):
            measured.append(await _delays(pool, teller, SECONDS, str(number)))
            limit.append(await _bare(house))
    return [_figure(50, measured, limit, None), _figure(99, measured, limit, Aim("ours", "<=", 100))]


def _figure(percent: int, measured: list[list[float]], limit: list[list[float]], aim: Aim | None) -> Figure:
    name = f"{RATE}/s, commit to effect, p{percent}"
    sides = [_p(percent, delays) for delays in measured], [_p(percent, limit_delays) for limit_delays in limit]
    return Figure("events", name, "ms", "less", *sides, "aiokafka alone, produce to consume", aim)


def _p(percent: int, values: list[float]) -> float:
    return quantiles(values, n=100)[percent - 1]


async def _delays(pool: asyncpg.Pool, teller: Served, seconds: float, name: str) -> list[float]:
    """Register customers at a steady pace, and wait until the last one is known to the other service."""
    before = await pool.fetchval("SELECT coalesce(max(seq), 0) FROM engagement.outbox")
    requests = [_registration(teller, f"{name} {number}") for number in range(int(RATE * seconds))]
    async with connections(teller.port, AT_ONCE) as opened:
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in opened:
            free.put_nowait(connection)
        await steadily(RATE, [_asked(free, request) for request in requests])
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        delays = [row[0] for row in await pool.fetch(DELAYS, before)]
        if len(delays) == len(requests) and None not in delays:
            return delays
        if asyncio.get_running_loop().time() > deadline:
            raise RuntimeError(f"{delays.count(None)} of {len(delays)} events have had no effect after {PATIENCE} s")
        await asyncio.sleep(0.2)


def _registration(teller: Served, name: str) -> bytes:
    headers = teller.headers | {"Content-Type": "application/json"}
    return request("POST", "/engagement/v1/customers", headers, json.dumps({"name": name}).encode())


def _asked(free: asyncio.Queue[Connection], registration: bytes) -> Callable[[], Awaitable[None]]:
    async def ask() -> None:
        connection = await free.get()
        status = await connection.ask(registration)
        free.put_nowait(connection)
        if status != 201:
            raise RuntimeError(f"the service answered {status}")

    return ask


async def steadily(rate: float, steps: list[Callable[[], Awaitable[None]]]) -> None:
    """Begin each step at its time, whether or not those before are done."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.TaskGroup() as group:
        for number, step in enumerate(steps):
            await asyncio.sleep(start + number / rate - loop.time())
            group.create_task(step())


async def _bare(house: House) -> list[float]:
    words = (str(BARE), house.broker.bootstrap, str(RATE), str(SECONDS))
    child = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
    printed, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError("the bare producer and consumer failed")
    return list(json.loads(printed))
