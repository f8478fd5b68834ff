"""A shop that pages show: customers, offerings, agreements with a measured month, incidents and issues."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import bench_closing as minutes
import httpx
import numpy as np
from house import House

from common.database.connections import Database
from common.ids import new_id
from common.settings import DatabaseSettings, Settings
from sla.agreements.terms import Terms
from sla.issues.opening.breaches import open_issue_for_breach
from sla.issues.origins import Breach
from sla.main import service
from sla.measurements.minutes import MinuteState, pack_hour

AGREEMENTS = 11
INCIDENTS = 20
OBJECTIVES = 2
NOW = datetime.now(UTC)
START = NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
"""Before the month, so that its evaluation has all it asks for."""
HOURS = (NOW - START) // timedelta(hours=1) + 1


@dataclass(frozen=True)
class Shop:
    customer_id: str
    agreement_id: UUID
    issue_id: UUID


async def open_shop(house: House, clients: dict[str, httpx.AsyncClient]) -> Shop:
    customers = [await _create(clients, "/engagement/v1/customers", name=f"Customer {n}") for n in range(AGREEMENTS)]
    offerings = [await _publish_offering(clients, number) for number in range(AGREEMENTS)]
    async with asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        await _wait_for_names(pool)
        await pool.execute("TRUNCATE sla.incidents, sla.agreements, sla.indicators CASCADE")
        agreement_ids, indicator_ids = await _agree(house, customers, offerings)
        await _fill(pool, indicator_ids)
        issue_id = await _open_issues(house, agreement_ids, customers, offerings)
    await _report_incidents(clients["sla"], customers, offerings)
    return Shop(customers[0]["id"], agreement_ids[0], issue_id)


async def _create(clients: dict[str, httpx.AsyncClient], path: str, **body: Any) -> Any:
    answer = await clients[path.split("/")[1]].post(path, json=body)
    return answer.raise_for_status().json()


async def _publish_offering(clients: dict[str, httpx.AsyncClient], number: int) -> Any:
    registered = await _create(clients, "/catalog/v1/services", name=f"Service {number}", owner="Ada Lovelace")
    price = {"amount": "12.50", "currency": "EUR", "unit": "seat and month"}
    offering = await _create(
        clients, "/catalog/v1/offerings", service_id=registered["id"], name="Seat", tier="gold", price=price
    )
    return await _create(clients, f"/catalog/v1/offerings/{offering['id']}/publication")


async def _wait_for_names(pool: asyncpg.Pool) -> None:
    for _ in range(600):
        counts = await pool.fetchrow(
            "SELECT (SELECT count(*) FROM sla.known_customers) AS c, (SELECT count(*) FROM sla.known_offerings) AS o,"
            " (SELECT count(*) FROM reporting.customers) AS r, (SELECT count(*) FROM feedback.customers) AS f"
        )
        if min(counts) >= AGREEMENTS:
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("the names of customers and offerings do not arrive")


async def _agree(house: House, customers: Sequence[Any], offerings: Sequence[Any]) -> tuple[list[UUID], list[UUID]]:
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    agreements, indicators = [], []
    async with database.sessions() as session, session.begin():
        for number, (customer, offering) in enumerate(zip(customers, offerings, strict=True)):
            own = [minutes.an_indicator(f"Service {number}.{place}") for place in range(OBJECTIVES)]
            terms = _terms(number, [indicator.id for indicator in own])
            agreement = minutes.an_agreement(UUID(offering["id"]), terms)
            agreement.customer_id = UUID(customer["id"])
            session.add_all([*own, agreement, minutes.a_version(agreement, terms)])
            agreements.append(agreement.id)
            indicators += [indicator.id for indicator in own]
    await database.close()
    return agreements, indicators


def _terms(number: int, indicators: Sequence[UUID]) -> Terms:
    measured = {"kind": "availability", "target": "99", "method": "time", "missing": "ignore"}
    times = {"priorities": [1, 2, 3, 4, 5], "target": "90"}
    objectives: list[dict[str, Any]] = [
        *(measured | {"name": f"Objective {n}", "indicator_id": key} for n, key in enumerate(indicators)),
        times | {"name": "Answered", "kind": "response_time", "within": "PT30M"},
        times | {"name": "Solved", "kind": "resolution_time", "within": "PT4H"},
    ]
    terms = minutes.the_terms(f"Service {number}", objectives)
    return terms.model_copy(update={"starts_on": START.date()})


async def _fill(pool: asyncpg.Pool, indicators: Sequence[UUID]) -> None:
    """Fill each minute of the month with four probes, of which now and then one failed."""
    chance = np.random.default_rng(8)
    rows = []
    for indicator in indicators:
        for hour in range(HOURS):
            total = np.full(60, 4)
            good = total - (chance.random(60) < 0.002)
            state = np.where(good < total, MinuteState.BAD, MinuteState.GOOD).astype(np.uint8)
            rows.append((indicator, START + timedelta(hours=hour), pack_hour(good, total, state)))
    columns = ["indicator_id", "hour", "minutes"]
    async with pool.acquire() as connection:
        await connection.copy_records_to_table("packed_hours", schema_name="sla", records=rows, columns=columns)


async def _open_issues(
    house: House, agreement_ids: Sequence[UUID], customers: Sequence[Any], offerings: Sequence[Any]
) -> UUID:
    """Open an issue for every agreement, and return the first."""
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    runtime = service().build_runtime(Settings(environment="test"), database)
    issue_ids = []
    for agreement_id, customer, offering in zip(agreement_ids, customers, offerings, strict=True):
        breach = Breach(
            agreement_id=agreement_id, customer_id=UUID(customer["id"]), statement_id=new_id(),
            service_id=UUID(offering["service_id"]), service_name="Service", objective_id=new_id(),
            objective_name="Objective", indicator_id=new_id(), period_from=START, period_to=NOW,
            target=Decimal("99.5"), attained=Decimal(99), weight_share=Decimal(50),
        )  # fmt: skip
        async with runtime.begin() as work:
            issue_ids.append((await open_issue_for_breach(work, breach)).id)
    await database.close()
    return issue_ids[0]


async def _report_incidents(sla: httpx.AsyncClient, customers: Sequence[Any], offerings: Sequence[Any]) -> None:
    opened_at = (NOW - timedelta(hours=2)).isoformat()
    events = [
        {
            "kind": "opened",
            "incident": f"INC{number}",
            "event_id": f"INC{number}/1",
            "occurred_at": opened_at,
            "customer_id": customers[number % AGREEMENTS]["id"],
            "offering_id": offerings[number % AGREEMENTS]["id"],
            "priority": 2,
            "title": "Slow",
        }
        for number in range(INCIDENTS)
    ]
    (await sla.post("/sla/v1/incidents", json={"source": "bench", "events": events})).raise_for_status()
