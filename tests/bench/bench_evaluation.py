"""Evaluation: 90 days of five objectives, minute by minute out of packed hours, against SQL over a row per minute."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from figures import Aim, Figure
from house import House, Served
from numpy.typing import NDArray

from common.database import Database
from common.settings import DatabaseSettings
from sla.agreements.terms import Terms
from sla.compliance.evaluation import evaluate
from sla.measurements import store
from sla.measurements.minutes import State, pack_hour

DAYS = 90
START = datetime(2026, 8, 1, tzinfo=UTC)
END = START + timedelta(days=DAYS)
HOURS = 24 * DAYS
OBJECTIVES = 5
ZONE = "Europe/Paris"
REPEATS = 10
"""Evaluations of one round; the round is their mean."""

ROWS = "CREATE TABLE minute_rows (indicator_id uuid, at timestamptz, good int, total int)"
INDEX = "CREATE INDEX ON minute_rows (indicator_id, at) INCLUDE (good, total)"
SQL = """
SELECT indicator_id, count(*) FILTER (WHERE good < total) AS bad, count(*) AS known
FROM (SELECT indicator_id, good, total, at AT TIME ZONE $4 AS local
      FROM minute_rows WHERE indicator_id = ANY($1) AND at >= $2 AND at < $3) AS minutes
WHERE extract(isodow FROM local) < 6 AND local::time >= '08:00' AND local::time < '18:00'
GROUP BY indicator_id
"""


async def run(house: House, rounds: int) -> list[Figure]:
    async with house.service("sla") as served:
        indicators = await _define(served)
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    async with asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        await _fill(pool, indicators)
        terms = _terms(indicators)
        sides = (lambda: _ours(database, terms)), (lambda: _limit(pool, indicators))
        if await sides[0]() != await sides[1]():
            raise RuntimeError("packed hours and rows do not tell the same")
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            for side, times in zip(sides, taken, strict=True):
                times.append(await _milliseconds(side))
    await database.close()
    name = f"{DAYS} days of {OBJECTIVES} objectives, every minute"
    limit = "one SQL statement over a row per minute, covering index"
    return [Figure("evaluation", name, "ms", "less", *taken, limit, Aim("ours", "<=", 10))]


async def _define(served: Served) -> list[UUID]:
    async with served.client("/sla/v1") as client:
        bodies = [{"name": f"Shop {number}", "kind": "availability"} for number in range(OBJECTIVES)]
        answers = [(await client.post("/indicators", json=body)).raise_for_status() for body in bodies]
    return [UUID(answer.json()["id"]) for answer in answers]


async def _fill(pool: asyncpg.Pool, indicators: Sequence[UUID]) -> None:
    """Every minute has four probes, of which now and then one failed; now and then a minute is unknown."""
    await pool.execute(ROWS)
    chance = np.random.default_rng(8)
    hours, rows = [], []
    for indicator in indicators:
        total = np.where(chance.random(60 * HOURS) < 0.001, 0, 4)
        good = total - ((chance.random(60 * HOURS) < 0.002) & (total > 0))
        hours += _packed(indicator, good, total)
        rows += [
            (indicator, START + timedelta(minutes=minute), int(good[minute]), int(total[minute]))
            for minute in np.flatnonzero(total).tolist()
        ]
    async with pool.acquire() as connection:
        await connection.copy_records_to_table("packed_hours", schema_name="sla", records=hours)
        await connection.copy_records_to_table("minute_rows", records=rows)
        await connection.execute(INDEX)
        for table in ("minute_rows", "sla.packed_hours"):
            await connection.execute(f"VACUUM (ANALYZE) {table}")


def _packed(indicator: UUID, good: NDArray[np.int64], total: NDArray[np.int64]) -> list[tuple[UUID, datetime, bytes]]:
    state = np.where(total == 0, State.UNKNOWN, np.where(good < total, State.BAD, State.GOOD)).astype(np.uint8)
    parts = [slice(60 * hour, 60 * hour + 60) for hour in range(HOURS)]
    packed = [pack_hour(good[part], total[part], state[part]) for part in parts]
    return [(indicator, START + timedelta(hours=hour), minutes) for hour, minutes in enumerate(packed) if minutes]


def _terms(indicators: Sequence[UUID]) -> Terms:
    common: dict[str, Any] = {"kind": "availability", "target": Decimal("99.5"), "method": "time", "missing": "ignore"}
    objectives = [{"name": f"Shop {number}", "indicator_id": one, **common} for number, one in enumerate(indicators)]
    days = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    hours = {"timezone": ZONE, "hours": days}
    return Terms.model_validate(
        {"name": "Shop", "service_hours": hours, "objectives": objectives, "starts_on": START.date()}
    )


async def _ours(database: Database, terms: Terms) -> dict[UUID, tuple[int, int]]:
    """What an outlook does, and a statement: read, evaluate, hash the evidence. Bad and known minutes in service."""
    async with database.readings() as session:
        minutes = await store.minutes_of(session, {one.indicator_id for one in terms.objectives}, START, END)
    found = evaluate(terms, START, END, minutes)
    unit = timedelta(minutes=1) // timedelta(microseconds=1)
    return {
        one.objective.indicator_id: (one.found.bad // unit, (one.found.in_scope - one.found.unknown) // unit)
        for one in found.outcomes
    }


async def _limit(pool: asyncpg.Pool, indicators: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    rows = await pool.fetch(SQL, indicators, START, END, ZONE)
    return {row["indicator_id"]: (row["bad"], row["known"]) for row in rows}


async def _milliseconds(side: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    for _ in range(REPEATS):
        await side()
    return (time.perf_counter() - began) * 1000 / REPEATS
