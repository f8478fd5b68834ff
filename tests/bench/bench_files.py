"""Importing a CSV file of a service desk, against bare INSERTs of the same events."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import asyncpg
from bench_imports import FIRST_OPENING, INSERT, TABLE, add_agreement
from figures import Aim, Figure
from house import House, Served
from inputs.client import connections, request

ROUNDS = 3
INCIDENTS = 2000
"""A fifth of what a file may have, so that a busy machine imports them in time as well."""
MOST_MILLISECONDS, MOST_RATIO = 2, 15
OK = 200
COLUMNS = "Number,Title,Priority,Customer,Offering,Opened,Acknowledged,Resolved,Closed,Assigned to"
KINDS = ("opened", "acknowledged", "resolved", "closed")
LATE_SHARE = 0.1
LIMIT = "asyncpg INSERTs of the same events, in one transaction"

Incident = tuple[str, int, list[datetime]]


async def run(house: House, rounds: int) -> list[Figure]:
    os.environ["RAPPORT_STATEMENT_GRACE"] = "P36500D"  # else statements of ten years are issued meanwhile
    concerns = await add_agreement(house)
    incidents = list(_incidents())
    ours, limits, busy = list[float](), list[float](), list[float]()
    async with house.service("sla") as served, asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        await pool.execute(TABLE.replace("inserted_events", "events_of_files"))
        for number in range(-1, min(rounds, ROUNDS)):  # one round to get warm
            source = f"files, round {number}"
            busy_before = served.processor_seconds()
            seconds = await _ours(served, source, concerns, incidents)
            busy_seconds = served.processor_seconds() - busy_before
            limit = await _limit(pool, source, incidents)
            if number >= 0:
                ours.append(seconds)
                busy.append(busy_seconds * 1000 / INCIDENTS)
                limits.append(limit)
    name = f"a file of {INCIDENTS:,} incidents with {5 * INCIDENTS:,} events"
    return [
        Figure("files", name, "s", "less", ours, limits, LIMIT, Aim("ratio", "<=", MOST_RATIO)),
        Figure(
            "files", f"{name}: processor", "ms each", "less", busy, limits, LIMIT, Aim("ours", "<=", MOST_MILLISECONDS)
        ),
    ]


async def _ours(served: Served, source: str, concerns: dict[str, str], incidents: Sequence[Incident]) -> float:
    headers = served.headers | {"Content-Type": "text/csv"}
    path = "/sla/v1/incidents/imports?" + urlencode({"source": source, "zone": "UTC"})
    body = "\n".join([COLUMNS, *(_line(incident, concerns) for incident in incidents)]).encode()
    async with connections(served.port, 1) as (connection,):
        began = time.perf_counter()
        status = await connection.ask(request("POST", path, headers, body))
        seconds = time.perf_counter() - began
        if status != OK:
            raise RuntimeError(f"the file was answered {status}: {connection.body.decode()}")
    return seconds


async def _limit(pool: asyncpg.Pool, source: str, incidents: Sequence[Incident]) -> float:
    rows = [row for incident in incidents for row in _rows(source, incident)]
    began = time.perf_counter()
    async with pool.acquire() as connection, connection.transaction():
        await connection.executemany(INSERT.replace("inserted_events", "events_of_files"), rows)
    return time.perf_counter() - began


def _incidents() -> Iterator[Incident]:
    chance = random.Random(7)
    for number in range(INCIDENTS):
        opened_at = FIRST_OPENING + timedelta(minutes=chance.randrange(16 * 24 * 60))
        acknowledged_at = opened_at + timedelta(minutes=chance.randrange(5, 50))
        resolved_at = acknowledged_at + timedelta(minutes=3000 if chance.random() < LATE_SHARE else 100)
        times = [opened_at, acknowledged_at, resolved_at, resolved_at + timedelta(hours=1)]
        yield f"INC{number:07}", chance.randrange(1, 5), times


def _line(incident: Incident, concerns: dict[str, str]) -> str:
    name, priority, times = incident
    cells = [name, f"{name} has a title", str(priority), concerns["customer_id"], concerns["offering_id"]]
    return ",".join([*cells, *(f"{at:%F %T}" for at in times), "Olga"])


def _rows(source: str, incident: Incident) -> Iterator[tuple[Any, ...]]:
    name, priority, times = incident
    yield source, f"{name}/assigned", name, "assigned", times[0], '{"assignee": "Olga"}'
    for kind, at in zip(KINDS, times, strict=True):
        yield source, f"{name}/{kind}", name, kind, at, f'{{"title": "{name} has a title", "priority": {priority}}}'
