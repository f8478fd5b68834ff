"""Series find their indicators without keeping anything else waiting."""

import asyncio
import time
from uuid import uuid4

import asyncpg
import orjson

from sla.indicators.definition import IndicatorDefinition
from sla.measurements.rollup.series_roles import DefinitionIndex, SeriesRoleCache
from tests.sla.measurements.conftest import MonitoredService

COUNT = 3_000
INDICATORS = 100


def define(pattern: str) -> IndicatorDefinition:
    series = [{"selector": f'up{{host=~"{pattern}"}}', "part": "value"}]
    judgement = {"good_when": "at_least", "threshold": 1.0, "holds_for": 300, "counters": "cumulative"}
    return IndicatorDefinition.from_row({"id": uuid4(), "kind": "availability", "series": series} | judgement)


async def test_many_series_are_matched_with_many_selectors_while_others_are_served(
    monitored: MonitoredService,
) -> None:
    cache = SeriesRoleCache()
    definitions = [define(f"web{number}|.*x{number}") for number in range(INDICATORS)]
    cache.index = DefinitionIndex(definitions)

    async with (await monitored.runtime.get_pool()).acquire() as connection:
        ids = await _add_series(connection)
        loading = asyncio.create_task(cache.load_roles(connection, ids))
        longest_pause, began = 0.0, time.perf_counter()
        ticked = began
        while not loading.done():
            await asyncio.sleep(0.005)
            longest_pause, ticked = max(longest_pause, time.perf_counter() - ticked), time.perf_counter()
        roles = await loading

    assert longest_pause < max(0.2, 0.5 * (ticked - began))
    assert [[indicator_id for indicator_id, _ in roles[ids[number]]] for number in (0, 1)] == [
        [definitions[0].indicator_id],
        [definitions[1].indicator_id],
    ]
    assert len(roles) == INDICATORS


async def _add_series(connection: asyncpg.Connection) -> list[int]:
    labels = [orjson.dumps({"__name__": "up", "host": f"web{number}"}).decode() for number in range(COUNT)]
    query = (
        "INSERT INTO sla.series (digest, metric, labels) SELECT sha256(label::bytea), 'up', label::jsonb "
        "FROM unnest($1::text[]) WITH ORDINALITY AS added(label, place) ORDER BY place RETURNING id"
    )
    return [row["id"] for row in await connection.fetch(query, labels)]
