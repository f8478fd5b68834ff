"""Importing incidents, by requests of any slicing and order and by files, against bare INSERTs of the same events."""

import asyncio
import os
import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import asyncpg
import orjson
from bench_closing import a_version, an_agreement
from figures import Aim, Figure
from house import House, Served
from inputs import desk_export
from inputs.client import connections, request

from common.database.connections import Database
from common.ids import new_id
from common.settings import DatabaseSettings
from sla.agreements.model import CustomerReplica, OfferingReplica
from sla.agreements.terms import Terms

ROUNDS = 3
"""At the most: each sends the log three times."""
INCIDENTS = 447
"""As in a log of 3,000 updates of a service desk, which make some 2,500 events."""
FIRST_OPENING = datetime(2016, 2, 29, tzinfo=UTC)
STARTS_ON = date(2016, 1, 1)
REVIEW_DUE_AT = datetime(2016, 2, 1, tzinfo=UTC)
AT_ONCE = 50
ALLOWED = {1: "PT4H", 2: "PT8H", 3: "PT90H", 4: "PT120H"}
WAITING_SHARE, ESCALATED_SHARE = 0.4, 0.1
ACCEPTED, IMPORTED = 202, 200
MOST_SECONDS, MOST_REQUEST_SECONDS = 10, 2
MOST_MILLISECONDS, MOST_FILE_RATIO = 2, 15
PROBE_PAUSE = 0.01
TABLE = """
CREATE TABLE inserted_events (source text, event_id text, incident text, kind text, occurred_at timestamptz,
    content text, UNIQUE (source, event_id))
"""
INSERT = "INSERT INTO inserted_events VALUES ($1, $2, $3, $4, $5, $6)"
LIMIT = "asyncpg INSERTs of the same events, a transaction per request"

Log = list[dict[str, Any]]


class Import(NamedTuple):
    """What one import took, in seconds."""

    total: float
    slowest_request: float
    slowest_probe: float
    """The longest wait, while it ran, for an answer that needs no database."""


async def run(house: House, rounds: int) -> list[Figure]:
    os.environ["RAPPORT_STATEMENT_GRACE"] = "P36500D"  # else statements of ten years are issued meanwhile
    concerns = await _agree(house)
    log_by_incident = _log(concerns)
    figures: list[Figure] = []
    async with house.service("sla") as served, asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        await pool.execute(TABLE)
        for name, slices in _slicings(log_by_incident).items():
            imports, limits = list[Import](), list[float]()
            for number in range(-1, min(rounds, ROUNDS)):  # one round to get warm
                source = f"{name}, round {number}"
                measured = (
                    await _ours(served, source, slices),
                    await _limit(pool, [[_row(source, event) for event in events] for events in slices]),
                )
                if number >= 0:
                    imports.append(measured[0])
                    limits.append(measured[1])
            figures += _figures(f"{sum(map(len, slices)):,} events {name}", imports, limits)
        figures += await _import_files(served, pool, concerns, min(rounds, ROUNDS))
    return figures


async def _import_files(served: Served, pool: asyncpg.Pool, concerns: dict[str, str], rounds: int) -> list[Figure]:
    """Import the export of a service desk, a line for each incident."""
    seconds, limits, processor = list[float](), list[float](), list[float]()
    incidents = list(desk_export.list_incidents())
    for number in range(-1, rounds):  # one round to get warm
        source, busy_before = f"file, round {number}", served.processor_seconds()
        taken = await _import_file(served, source, concerns, incidents)
        busy = served.processor_seconds() - busy_before
        limit = await _limit(pool, [[row for incident in incidents for row in desk_export.list_rows(source, incident)]])
        if number >= 0:
            seconds.append(taken)
            processor.append(busy * 1000 / len(incidents))
            limits.append(limit)
    name = f"a file of {len(incidents):,} incidents with {desk_export.EVENTS_EACH * len(incidents):,} events"
    each = f"{name}: processor for each"
    return [
        Figure("imports", name, "s", "less", seconds, limits, LIMIT, Aim("ratio", "<=", MOST_FILE_RATIO)),
        Figure("imports", each, "ms", "less", processor, limits, LIMIT, Aim("ours", "<=", MOST_MILLISECONDS)),
    ]


async def _import_file(
    served: Served, source: str, concerns: dict[str, str], incidents: Sequence[desk_export.Incident]
) -> float:
    path = "/sla/v1/incidents/imports?" + urlencode({"source": source, "zone": "UTC"})
    lines = [desk_export.COLUMNS, *(desk_export.build_line(incident, concerns) for incident in incidents)]
    body = "\n".join(lines).encode()
    async with connections(served.port, 1) as (connection,):
        began = time.perf_counter()
        status = await connection.ask(request("POST", path, served.headers | {"Content-Type": "text/csv"}, body))
        seconds = time.perf_counter() - began
        if status != IMPORTED:
            raise RuntimeError(f"the file was answered {status}: {connection.body.decode()}")
    return seconds


def _figures(name: str, imports: Sequence[Import], limits: Sequence[float]) -> list[Figure]:
    totals, requests, probes = ([getattr(each, field) for each in imports] for field in Import._fields)
    slowest, waits = f"{name}: the slowest request", f"{name}: the longest wait for /healthz meanwhile"
    return [
        Figure("imports", name, "s", "less", totals, limits, LIMIT, Aim("ours", "<=", MOST_SECONDS)),
        Figure("imports", slowest, "s", "less", requests, totals, "all", Aim("ours", "<=", MOST_REQUEST_SECONDS)),
        Figure("imports", waits, "s", "less", probes, requests, "the slowest request"),
    ]


async def _ours(served: Served, source: str, slices: Sequence[Log]) -> Import:
    headers = served.headers | {"Content-Type": "application/json"}
    bodies = [orjson.dumps({"source": source, "events": events}) for events in slices]
    seconds, waits = list[float](), list[float]()
    probing = asyncio.create_task(_probe(served, waits))
    async with connections(served.port, 1) as (connection,):
        for body in bodies:
            began = time.perf_counter()
            status = await connection.ask(request("POST", "/sla/v1/incidents", headers, body))
            seconds.append(time.perf_counter() - began)
            if status != ACCEPTED:
                raise RuntimeError(f"the import was answered {status}: {connection.body.decode()}")
    probing.cancel()
    return Import(sum(seconds), max(seconds), max(waits))


async def _probe(served: Served, waits: list[float]) -> None:
    """Ask again and again for what needs no database, and note how long each answer took."""
    probe = request("GET", "/sla/healthz", {})
    async with connections(served.port, 1) as (connection,):
        while True:
            began = time.perf_counter()
            await connection.ask(probe)
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(PROBE_PAUSE)


async def _limit(pool: asyncpg.Pool, batches: Sequence[Sequence[tuple[Any, ...]]]) -> float:
    began = time.perf_counter()
    async with pool.acquire() as connection:
        for batch in batches:
            async with connection.transaction():
                await connection.executemany(INSERT, batch)
    return time.perf_counter() - began


def _row(source: str, event: dict[str, Any]) -> tuple[Any, ...]:
    occurred_at = datetime.fromisoformat(event["occurred_at"])
    return source, event["event_id"], event["incident"], event["kind"], occurred_at, orjson.dumps(event).decode()


def _slicings(log_by_incident: Sequence[Log]) -> dict[str, list[Log]]:
    in_order = [event for events in log_by_incident for event in events]
    by_time = sorted(in_order, key=lambda event: event["occurred_at"])
    shuffled = random.Random(20160229).sample(in_order, len(in_order))
    return {
        "by incident": list(log_by_incident),
        f"by {AT_ONCE} in the order of time": list(_batches(by_time)),
        f"by {AT_ONCE}, shuffled": list(_batches(shuffled)),
    }


def _batches(events: Log) -> Iterator[Log]:
    for start in range(0, len(events), AT_ONCE):
        yield events[start : start + AT_ONCE]


async def _agree(house: House) -> dict[str, str]:
    """Add an agreement on incidents, and return what its incidents concern."""
    terms = _terms()
    offering = OfferingReplica(
        offering_id=new_id(), offering_name="Desk", service_id=new_id(), service_name="Desk", published_at=FIRST_OPENING
    )
    agreement = an_agreement(offering.offering_id, terms)
    agreement.review_due_at = REVIEW_DUE_AT
    customer = CustomerReplica(customer_id=agreement.customer_id, name="Customer")
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    async with database.sessions() as session, session.begin():
        session.add_all([offering, customer, agreement, a_version(agreement, terms)])
    await database.close()
    return {"customer_id": str(customer.customer_id), "offering_id": str(offering.offering_id)}


def _terms() -> Terms:
    times = {"target": "90"}
    objectives: list[dict[str, Any]] = [
        times | {"name": f"Priority {number}", "kind": "resolution_time", "priorities": [number], "within": within}
        for number, within in ALLOWED.items()
    ]
    answered = {"name": "Answered", "kind": "response_time", "priorities": [1, 2, 3, 4, 5], "within": "PT1H"}
    hours = {"timezone": "UTC", "hours": "24x7"}
    document = {"name": "Desk", "service_hours": hours, "objectives": [times | answered, *objectives]}
    return Terms.model_validate(document | {"starts_on": STARTS_ON})


def _log(concerns: dict[str, str]) -> list[Log]:
    """The events of each incident; some are answered, wait for the user, or get another priority."""
    chance = random.Random(5)
    return [list(_events(f"INC{number:07}", concerns, chance)) for number in range(INCIDENTS)]


def _events(incident: str, concerns: dict[str, str], chance: random.Random) -> Iterator[dict[str, Any]]:
    occurred_at = FIRST_OPENING + timedelta(minutes=chance.randrange(4 * 24 * 60))
    opening = {"kind": "opened", "priority": chance.choice([2, 3, 3, 3, 4]), "title": "Category 55"} | concerns
    waiting = [{"kind": "paused", "reason": "Awaiting user"}, {"kind": "resumed"}]
    changes: list[dict[str, Any]] = [{"kind": "assigned", "assignee": "Resolver 149"}, {"kind": "acknowledged"}]
    changes += waiting if chance.random() < WAITING_SHARE else []
    changes += [{"kind": "priority_changed", "priority": 1}] if chance.random() < ESCALATED_SHARE else []
    for place, content in enumerate([opening, *changes, {"kind": "resolved"}, {"kind": "closed"}]):
        event = {"incident": incident, "event_id": f"{incident}/{place}", "occurred_at": occurred_at.isoformat()}
        yield event | content
        occurred_at += timedelta(minutes=chance.randrange(5, 3000))
