"""Pushes: samples/s acknowledged and rolled up into minutes, against a bare COPY of the same samples by asyncpg."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import cramjam
import httpx
from figures import Aim, Figure
from house import House, Served
from inputs.client import HOST, load, request

from common.auth.development_issuer import development_settings, issue_token, load_or_create_key
from common.auth.principal import Role
from sla.measurements.receivers.remote_write_pb2 import Label, Sample, TimeSeries, WriteRequest

SERIES = 2000
SCRAPES = 960
EVERY = timedelta(seconds=15)
INDICATORS = 20
AT_ONCE = 8
ROLLED_UP = """
SELECT NOT EXISTS (SELECT FROM sla.push_pending) AND NOT EXISTS (SELECT FROM sla.waiting_rollups)
"""


async def run(house: House, rounds: int) -> list[Figure]:
    rates: tuple[list[float], list[float]] = ([], [])
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5 * rounds + 10)
    os.environ["RAPPORT_PUSH_ROLLUP_INTERVAL"] = "PT1S"  # else much of a round is the pause before the last cycle
    async with house.service("sla") as served, asyncpg.create_pool(house.url, min_size=1) as pool:
        key = await create_key(house, served)
        await _define(served)
        await pool.execute("CREATE TABLE copied (series bigint, at timestamptz, value float8)")
        for number in range(-1, rounds):  # one round to get warm
            begin = start + timedelta(hours=5 * number + 5)
            measured = await _ours(served, key, pool, begin), await _limit(pool, begin)
            if number >= 0:
                rates[0].append(measured[0])
                rates[1].append(measured[1])
    name = f"remote write, {SERIES:,} samples a request, rolled up for {INDICATORS} indicators"
    limit = "asyncpg COPY of the same, 2,000 a commit, no index"
    return [Figure("push", name, "samples/s", "more", *rates, limit, Aim("ratio", ">=", 1))]


async def create_key(house: House, served: Served) -> str:
    url = f"http://{HOST}:{served.port}"
    admin = issue_token(load_or_create_key(house.home), Role.admin, settings=development_settings(url))
    async with httpx.AsyncClient(base_url=f"{url}/sla/v1", headers={"Authorization": f"Bearer {admin}"}) as client:
        answer = (await client.post("/api-keys", json={"name": "bench"})).raise_for_status()
    return str(answer.json()["key"])


async def _define(served: Served) -> None:
    async with served.client("/sla/v1") as client:
        for number in range(INDICATORS):
            parts = {"total": f'requests_total{{handler="/{number}"}}'}
            parts["bad"] = f'requests_total{{handler="/{number}", code=~"5.."}}'
            series = [{"selector": selector, "part": part} for part, selector in parts.items()]
            body = {"name": f"Handler {number}", "kind": "ratio", "series": series}
            (await client.post("/indicators", json=body)).raise_for_status()


async def _ours(served: Served, key: str, pool: asyncpg.Pool, begin: datetime) -> float:
    """From the first push to the last minute rolled up; what the sender does for it is done before."""
    requests = list(_requests(key, begin))
    began = time.perf_counter()
    await load(served.port, iter(requests), at_once=AT_ONCE)
    while not await pool.fetchval(ROLLED_UP):
        pass
    return SERIES * SCRAPES / (time.perf_counter() - began)


def _requests(key: str, begin: datetime) -> Iterator[bytes]:
    """As a Prometheus sends a scrape: one sample per series, labels first."""
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
    }
    written = [TimeSeries(labels=_labels(number)).SerializeToString() for number in range(SERIES)]
    for at, values in _scrapes(begin):
        milliseconds = int(at.timestamp() * 1000)
        samples = [TimeSeries(samples=[Sample(value=value, timestamp=milliseconds)]) for value in values]
        series = [labels + sample.SerializeToString() for labels, sample in zip(written, samples, strict=True)]
        body = bytes(cramjam.snappy.compress_raw(WriteRequest(timeseries=series).SerializeToString()))
        yield request("POST", "/sla/v1/push/prometheus", headers, body)


def _labels(number: int) -> list[bytes]:
    labels = {
        "__name__": "requests_total",
        "code": "503" if number % 10 == 0 else "200",
        "handler": f"/{number % INDICATORS}",
        "instance": f"10.0.{number // 250}.{number % 250}:9090",
        "job": "shop",
    }
    return [Label(name=name, value=value).SerializeToString() for name, value in labels.items()]


def _scrapes(begin: datetime) -> Iterator[tuple[datetime, list[float]]]:
    for scrape in range(SCRAPES):
        yield begin + scrape * EVERY, [float(scrape * (number % 50 + 1)) for number in range(SERIES)]


async def _limit(pool: asyncpg.Pool, begin: datetime) -> float:
    batches = [[(n, at, value) for n, value in enumerate(values)] for at, values in _scrapes(begin)]
    async with pool.acquire() as connection:
        began = time.perf_counter()
        for batch in batches:
            await connection.copy_records_to_table("copied", records=batch)
        return SERIES * SCRAPES / (time.perf_counter() - began)
