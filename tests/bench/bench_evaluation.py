"""Evaluation: 90 days of five objectives, minute by minute out of packed hours, against SQL over a row per minute.
And how its cost grows: with the window, not with what else is stored, nor with how often was measured.
"""

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

from common.database.connections import Database
from common.settings import DatabaseSettings
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import evaluate_period, indicator_id_of
from sla.measurements import store
from sla.measurements.minutes import MinuteState, pack_hour

DAYS = 90
START = datetime(2026, 8, 1, tzinfo=UTC)
END = START + timedelta(days=DAYS)
LONG = 390
"""Days of which the others are stored."""
OBJECTIVES = 5
ZONE = "Europe/Paris"
REPEATS = 10
"""Evaluations of one round; the round is their mean."""

Side = Callable[[], Awaitable[object]]
Columns = tuple[NDArray[np.int64], NDArray[np.int64]]

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
        indicators, more_indicators = await _define(served), await _define(served)
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    async with asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        await _fill(pool, indicators)
        await _keep(pool, more_indicators, LONG, probes=4000)
        terms = _terms(indicators)
        sides = (lambda: _ours(database, terms)), (lambda: _limit(pool, indicators))
        if await sides[0]() != await sides[1]():
            raise RuntimeError("packed hours and rows do not tell the same")
        month, busy = START + timedelta(days=DAYS // 3), _terms(more_indicators)
        longer = sides[0], (lambda: _ours(database, terms, month))
        fuller = (lambda: _ours(database, busy, month)), longer[1]
        measured = [await _taken(rounds, pair) for pair in (sides, longer, fuller)]
    await database.close()
    name = f"{DAYS} days of {OBJECTIVES} objectives, every minute"
    limit = "one SQL statement over a row per minute, covering index"
    full = f"{DAYS // 3} days out of {LONG}, of 4,000 probes a minute"
    return [
        Figure("evaluation", name, "ms", "less", *measured[0], limit, Aim("ours", "<=", 10)),
        Figure(
            "evaluation", name, "ms", "less", *measured[1], f"{DAYS // 3} days of the same", Aim("ratio", "<=", 3.3)
        ),
        Figure("evaluation", full, "ms", "less", *measured[2], f"out of {DAYS}, of 4 probes", Aim("ratio", "<=", 1.5)),
    ]


async def _taken(rounds: int, sides: tuple[Side, Side]) -> tuple[list[float], list[float]]:
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, times in zip(sides, seconds, strict=True):
            times.append(await _milliseconds(side))
    return seconds


async def _define(served: Served) -> list[UUID]:
    async with served.client("/sla/v1") as client:
        bodies = [{"name": f"Shop {number}", "kind": "availability"} for number in range(OBJECTIVES)]
        answers = [(await client.post("/indicators", json=body)).raise_for_status() for body in bodies]
    return [UUID(answer.json()["id"]) for answer in answers]


async def _fill(pool: asyncpg.Pool, indicators: Sequence[UUID]) -> None:
    """Every minute has four probes, of which now and then one failed; now and then a minute is unknown."""
    await pool.execute(ROWS)
    rows = []
    for indicator, (good, total) in (await _keep(pool, indicators, DAYS, probes=4)).items():
        rows += [
            (indicator, START + timedelta(minutes=minute), int(good[minute]), int(total[minute]))
            for minute in np.flatnonzero(total).tolist()
        ]
    async with pool.acquire() as connection:
        await connection.copy_records_to_table("minute_rows", records=rows)
        await connection.execute(INDEX)
        for table in ("minute_rows", "sla.packed_hours"):
            await connection.execute(f"VACUUM (ANALYZE) {table}")


async def _keep(pool: asyncpg.Pool, indicators: Sequence[UUID], days: int, *, probes: int) -> dict[UUID, Columns]:
    """Packed hours of so many days from the start on; what they hold, good and all."""
    chance, length = np.random.default_rng(8), days * 1440
    columns: dict[UUID, Columns] = {}
    for indicator in indicators:
        total = np.where(chance.random(length) < 0.001, 0, probes)
        good = total - ((chance.random(length) < 0.002) & (total > 0))
        columns[indicator] = good, total
        await pool.copy_records_to_table(
            "packed_hours", schema_name="sla", records=_packed(indicator, good, total, 24 * days)
        )
    return columns


def _packed(
    indicator: UUID, good: NDArray[np.int64], total: NDArray[np.int64], hours: int
) -> list[tuple[UUID, datetime, bytes]]:
    state = np.where(total == 0, MinuteState.UNKNOWN, np.where(good < total, MinuteState.BAD, MinuteState.GOOD)).astype(
        np.uint8
    )
    parts = [slice(60 * hour, 60 * hour + 60) for hour in range(hours)]
    packed = [pack_hour(good[part], total[part], state[part]) for part in parts]
    return [(indicator, START + timedelta(hours=hour), minutes) for hour, minutes in enumerate(packed) if minutes]


def _terms(indicators: Sequence[UUID]) -> Terms:
    common: dict[str, Any] = {"kind": "availability", "target": Decimal("99.5"), "method": "time", "missing": "ignore"}
    objectives = [
        {"name": f"Shop {number}", "indicator_id": indicator, **common} for number, indicator in enumerate(indicators)
    ]
    days = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    hours = {"timezone": ZONE, "hours": days}
    return Terms.model_validate(
        {"name": "Shop", "service_hours": hours, "objectives": objectives, "starts_on": START.date()}
    )


async def _ours(database: Database, terms: Terms, end: datetime = END) -> dict[UUID, tuple[int, int]]:
    """What an outlook does, and a statement: read, evaluate, hash the evidence. Bad and known minutes in service."""
    async with database.read_sessions() as session:
        minutes = await store.load_minutes_by_indicator(session, terms.indicator_ids, START, end)
    evaluation = evaluate_period(terms, START, end, PeriodEvidence(minutes))
    unit = timedelta(minutes=1) // timedelta(microseconds=1)
    return {
        indicator: (outcome.assessment.bad // unit, (outcome.assessment.in_scope - outcome.assessment.unknown) // unit)
        for outcome in evaluation.outcomes
        if (indicator := indicator_id_of(outcome.objective))
    }


async def _limit(pool: asyncpg.Pool, indicators: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    rows = await pool.fetch(SQL, indicators, START, END, ZONE)
    return {row["indicator_id"]: (row["bad"], row["known"]) for row in rows}


async def _milliseconds(side: Side) -> float:
    began = time.perf_counter()
    for _ in range(REPEATS):
        await side()
    return (time.perf_counter() - began) * 1000 / REPEATS
