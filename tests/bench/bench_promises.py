"""Closing a month of promises that are no minutes: percentiles of rich histograms, and times of incidents."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import bench_closing as minutes
import numpy as np
from bench_closing import END, FORGET, HOURS, NOW, SIGNED_AT, START
from figures import Aim, Figure
from house import House

from common.auth.principal import SYSTEM
from common.canonical_json import hash_canonical_json
from common.database.connections import Database
from common.ids import new_id
from common.runtime import Runtime
from common.settings import DatabaseSettings, Settings
from sla.agreements.model import OfferingReplica
from sla.agreements.terms import Terms
from sla.compliance.statements import closing_job
from sla.incidents.clocks.model import IncidentClock, IncidentClockTerms
from sla.incidents.clocks.terms import build_clock_terms
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.history import IncidentEventKind, IncidentState
from sla.incidents.model import Incident, IncidentEvent
from sla.main import service
from sla.measurements import store
from sla.measurements.histograms.bucket_layout import INDEX_OFFSET, BucketLayout
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.packed_observations import pack_observations

AGREEMENTS = 1000
INCIDENTS = 20
"""Of each agreement, in the month; one of four is resolved late."""
A_MINUTE = 300
"""Observations."""
PATTERNS = 24

FILL = """
INSERT INTO sla.observed_hours (indicator_id, hour, observed)
SELECT i.id, $2::timestamptz + p.number * interval '1 hour', o.observed FROM unnest($1::uuid[]) AS i(id)
CROSS JOIN generate_series(0, $3 - 1) AS p(number) JOIN observed_patterns o ON o.pattern = p.number % $4
"""


async def run(house: House, rounds: int) -> list[Figure]:
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    runtime = service().build_runtime(Settings(environment="test"), database, lambda: NOW)
    measured, limit = list[float](), list[float]()
    async with asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        agreements = await _agree(database)
        await _fill(pool, [*agreements.values()])
        for number in range(-1, rounds):  # one round to get warm
            figures = await _round(pool, runtime, agreements)
            if number >= 0:
                measured.append(figures[0])
                limit.append(figures[1])
    await database.close()
    name = f"a month of {AGREEMENTS:,} agreements x 2 percentiles, 1 availability, 2 of {INCIDENTS} incidents"
    description = "reading and unpacking the same histograms, agreement by agreement"
    return [Figure("promises", name, "s", "less", measured, limit, description, Aim("ours", "<=", 60))]


async def _round(pool: asyncpg.Pool, runtime: Runtime, agreements: dict[UUID, UUID]) -> tuple[float, float]:
    await pool.execute(FORGET)
    await pool.execute("UPDATE sla.agreements SET review_due_at = $2 WHERE id = ANY($1)", list(agreements), END)
    began = time.perf_counter()
    closed = await closing_job.close_all_due(runtime, SYSTEM)
    seconds = time.perf_counter() - began
    if closed.closed != len(agreements) or closed.refused:
        raise RuntimeError(f"{closed.closed} of {len(agreements)} were closed; refused: {closed.refused[:3]}")
    began = time.perf_counter()
    for indicator in agreements.values():
        async with runtime.database.read_sessions() as session:
            await store.load_observations_by_indicator(session, [indicator], START, END)
    return seconds, time.perf_counter() - began


async def _agree(database: Database) -> dict[UUID, UUID]:
    """The histogram of each agreement."""
    offering = OfferingReplica(
        offering_id=new_id(), offering_name="Shop", service_id=new_id(), service_name="Shop", published_at=SIGNED_AT
    )
    agreement_ids: dict[UUID, UUID] = {}
    async with database.sessions() as session, session.begin():
        session.add(offering)
        for number in range(AGREEMENTS):
            indicator = minutes.an_indicator(f"Answers {number}")
            terms = _terms(number, indicator.id)
            agreement = minutes.an_agreement(offering.offering_id, terms)
            session.add_all([indicator, agreement, minutes.a_version(agreement, terms)])
            await session.flush()
            for rows in _incidents(agreement.id, agreement.customer_id, offering, terms):
                session.add_all(rows)
                await session.flush()
            session.expunge_all()
            agreement_ids[agreement.id] = indicator.id
    return agreement_ids


def _terms(number: int, indicator: UUID) -> Terms:
    percentile = {"kind": "latency_percentile", "indicator_id": indicator, "limit": "0.3"}
    times = {"priorities": [1, 2, 3], "target": "90"}
    objectives: list[dict[str, Any]] = [
        percentile | {"name": "p95", "target": "95"},
        percentile | {"name": "p50", "target": "50"},
        {"name": "Up", "kind": "availability", "indicator_id": indicator, "target": "99", "method": "time"}
        | {"missing": "good"},
        times | {"name": "Answered", "kind": "response_time", "within": "PT30M"},
        times | {"name": "Solved", "kind": "resolution_time", "within": "PT4H"},
    ]
    return minutes.the_terms(f"Promises {number}", objectives)


def _incidents(agreement: UUID, customer: UUID, offering: OfferingReplica, terms: Terms) -> Iterator[Sequence[Any]]:
    promised = build_clock_terms(terms)
    documents = {clock_terms.objective.id: clock_terms.to_document() for clock_terms in promised}
    yield [
        IncidentClockTerms(sha256=hash_canonical_json(document), document=document) for document in documents.values()
    ]
    incidents, events, clocks = list[Any](), list[Any](), list[Any]()
    for number in range(INCIDENTS):
        opened = START + timedelta(days=number, hours=9)
        resolved = opened + timedelta(hours=5 if number % 4 == 0 else 1)
        incident = Incident(
            id=new_id(), source="bench", external_id=str(new_id()), customer_id=customer, title="Slow", priority=2,
            offering_id=offering.offering_id, service_id=offering.service_id, state=IncidentState.RESOLVED, assignee="",
            opened_at=opened, resolved_at=resolved, reopen_count=0, opening_reported_at=opened,
            last_reported_at=resolved,
        )  # fmt: skip
        incidents.append(incident)
        subject = {"customer_id": str(customer), "offering_id": str(offering.offering_id), "service_id": None}
        content = {"title": "Slow", "priority": 2} | subject
        for kind, at, details in (
            (IncidentEventKind.OPENED, opened, content),
            (IncidentEventKind.RESOLVED, resolved, {}),
        ):
            events.append(
                IncidentEvent(
                    id=new_id(), incident_id=incident.id, source="bench", event_id=str(new_id()), kind=kind, sequence=0,
                    occurred_at=at, content=details, reported_by="bench", reported_at=at,
                )
            )  # fmt: skip
        clocks += [
            IncidentClock(
                id=new_id(), incident_id=incident.id, agreement_id=agreement, agreement_version=1,
                objective_id=objective,
                terms_sha256=hash_canonical_json(document), verdict=ClockVerdict.LATE, entered_at=opened,
                decided_at=resolved, ended_at=resolved,
            )
            for objective, document in documents.items()
        ]  # fmt: skip
    yield incidents
    yield [*events, *clocks]


async def _fill(pool: asyncpg.Pool, indicators: Sequence[UUID]) -> None:
    chance = np.random.default_rng(8)
    patterns = [(number, _hour(chance)) for number in range(PATTERNS)]
    async with pool.acquire() as connection:
        await connection.execute("CREATE TABLE observed_patterns (pattern int, observed bytea)")
        await connection.copy_records_to_table("observed_patterns", records=patterns)
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(FILL, indicators, START, HOURS, PATTERNS, timeout=600)
        await connection.execute("SET session_replication_role = origin")
        await connection.execute("VACUUM (ANALYZE) sla.observed_hours", timeout=600)


def _hour(chance: np.random.Generator) -> bytes | None:
    """A native histogram of some 40 buckets."""
    minute = np.repeat(np.arange(60), A_MINUTE)
    key = INDEX_OFFSET + np.ceil(8 * np.log2(chance.lognormal(-2, 0.6, len(minute)))).astype(np.int64)
    names, amount = np.unique(minute * 2**30 + key, return_counts=True)
    columns = names >> 30, np.zeros(len(names), np.int64), names % 2**30, amount.astype(np.int64)
    return pack_observations(
        Observations.from_columns(START, np.ones(60, np.bool_), (BucketLayout(3, 1e-128),), columns)
    )
