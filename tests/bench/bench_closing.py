"""Closing a month: the statements of 1,000 agreements of five objectives, against reading their measurements alone."""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
import psutil
from figures import Aim, Figure
from house import House

from common.auth.principal import SYSTEM
from common.database.connections import Database
from common.ids import new_id
from common.runtime import Runtime
from common.settings import DatabaseSettings, Settings
from sla.agreements.model import Agreement, AgreementVersion, OfferingReplica
from sla.agreements.states import AgreementState, NegotiationStage
from sla.agreements.terms import Terms
from sla.compliance.statements import closing_job
from sla.indicators.definition import IndicatorKind, Temporality
from sla.indicators.model import Indicator
from sla.main import service
from sla.measurements import store
from sla.measurements.minutes import MinuteState, pack_hour

AGREEMENTS = 1000
OBJECTIVES = 5
FIRST = 100
"""Agreements closed before memory is looked at for the first time."""
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
HOURS = (END - START) // timedelta(hours=1)
NOW = END + timedelta(days=1)
SIGNED_AT = datetime(2026, 5, 1, tzinfo=UTC)
MEGABYTE = 2**20

# The rows of one pattern, for every indicator: each has rows of its own to be read. Keys are checked once, by the copy.
FILL = """
INSERT INTO sla.packed_hours (indicator_id, hour, minutes)
SELECT i.id, p.hour, p.minutes FROM unnest($1::uuid[], $2::int[]) AS i(id, pattern) JOIN patterns p USING (pattern)
"""
FORGET = """
SET session_replication_role = replica;
DELETE FROM sla.issue_breaches; DELETE FROM sla.issue_entries; DELETE FROM sla.issues; DELETE FROM sla.statements;
SET session_replication_role = origin;
UPDATE sla.agreements SET review_due_at = NULL;
"""
"""Nothing was closed, and nothing is due, of what other benches have left either."""


async def run(house: House, rounds: int) -> list[Figure]:
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    runtime = service().build_runtime(Settings(environment="test"), database, lambda: NOW)
    seconds: tuple[list[float], list[float]] = ([], [])
    memory: tuple[list[float], list[float]] = ([], [])
    async with asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        agreements = await _agree(database)
        await _fill(pool, [indicator for indicators in agreements.values() for indicator in indicators])
        for number in range(-1, rounds):  # one round to get warm
            figures = await _round(pool, runtime, agreements)
            if number >= 0:
                for columns, pair in zip((seconds, memory), figures, strict=True):
                    for column, value in zip(columns, pair, strict=True):
                        column.append(value)
    await database.close()
    name = f"a month of {AGREEMENTS:,} agreements x {OBJECTIVES} objectives, evaluated, signed, reported"
    limit = "reading the same packed hours, agreement by agreement"
    peak = f"resident memory when all are closed, against after the first {FIRST}"
    return [
        Figure("closing", name, "s", "less", *seconds, limit, Aim("ours", "<=", 30)),
        Figure("closing", peak, "MB", "less", *memory, "after the first", Aim("ratio", "<=", 1.1)),
    ]


async def _round(
    pool: asyncpg.Pool, runtime: Runtime, agreements: dict[UUID, list[UUID]]
) -> tuple[tuple[float, float], tuple[float, float]]:
    await pool.execute(FORGET)
    due = "UPDATE sla.agreements SET review_due_at = $2 WHERE id = ANY($1)"
    ids, began, used = list(agreements), time.perf_counter(), []
    for part in (ids[:FIRST], ids[FIRST:]):
        await pool.execute(due, part, END)
        closed = await closing_job.close_all_due(runtime, SYSTEM)
        if closed.closed != len(part) or closed.refused:
            raise RuntimeError(f"{closed.closed} of {len(part)} were closed; refused: {closed.refused[:3]}")
        used.append(psutil.Process().memory_info().rss / MEGABYTE)
    seconds = time.perf_counter() - began
    return (seconds, await _read(runtime, agreements)), (used[1], used[0])


async def _read(runtime: Runtime, agreements: dict[UUID, list[UUID]]) -> float:
    began = time.perf_counter()
    for indicators in agreements.values():
        async with runtime.database.read_sessions() as session:
            await store.load_minutes_by_indicator(session, indicators, START, END)
    return time.perf_counter() - began


async def _agree(database: Database) -> dict[UUID, list[UUID]]:
    """The indicators of each agreement."""
    offering = OfferingReplica(
        offering_id=new_id(), offering_name="Shop", service_id=new_id(), service_name="Shop", published_at=SIGNED_AT
    )
    indicators_by_agreement: dict[UUID, list[UUID]] = {}
    async with database.sessions() as session, session.begin():
        session.add(offering)
        for number in range(AGREEMENTS):
            indicators = [an_indicator(f"Shop {number}.{place}") for place in range(OBJECTIVES)]
            terms = _terms(number, [indicator.id for indicator in indicators])
            agreement = an_agreement(offering.offering_id, terms)
            session.add_all([*indicators, agreement, a_version(agreement, terms)])
            indicators_by_agreement[agreement.id] = [indicator.id for indicator in indicators]
    return indicators_by_agreement


def an_indicator(name: str) -> Indicator:
    return Indicator(
        id=new_id(), name=name, description="", unit="", kind=IndicatorKind.AVAILABILITY, holds_for=60,
        counters=Temporality.CUMULATIVE, series=[], silent_after=3600,
    )  # fmt: skip


def an_agreement(offering_id: UUID, terms: Terms) -> Agreement:
    return Agreement(
        id=new_id(), customer_id=new_id(), offering_id=offering_id, state=AgreementState.ACTIVE, name=terms.name,
        starts_on=terms.starts_on, in_force=1, proposed_at=SIGNED_AT, changed_at=SIGNED_AT,
    )  # fmt: skip


def a_version(agreement: Agreement, terms: Terms) -> AgreementVersion:
    version = AgreementVersion(number=1, agreement=agreement, signatures=[])
    version.set_terms(terms)
    version.stage, version.recorded_at = NegotiationStage.SIGNED, SIGNED_AT
    return version


def _terms(number: int, indicators: Sequence[UUID]) -> Terms:
    """Office hours, most objectives by time; one objective of ten is missed."""
    kinds: list[dict[str, Any]] = [
        {"method": "time"}, {"method": "time"}, {"method": "timeslices", "slice_target": "99"},
        {"method": "occurrences"}, {"method": "ratio_timeslices"},
    ]  # fmt: skip
    objectives = [
        {"name": f"Objective {place}", "kind": "availability", "indicator_id": indicator, "missing": "ignore", **kind}
        | {"target": "99.99" if number % 2 == 0 and place == 0 else "99"}
        for place, (indicator, kind) in enumerate(zip(indicators, kinds, strict=True))
    ]
    return the_terms(f"Shop {number}", objectives)


def the_terms(name: str, objectives: Sequence[dict[str, Any]]) -> Terms:
    days = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    return Terms.model_validate(
        {
            "name": name,
            "service_hours": {"timezone": "UTC", "hours": days},
            "objectives": objectives,
            "starts_on": date(2026, 6, 1),
            "credits": {"ladder": [{"below": "99", "percent": "5"}]},
            "monthly_charge": {"amount": "1000", "currency": "EUR"},
        }
    )


async def _fill(pool: asyncpg.Pool, indicators: Sequence[UUID]) -> None:
    """Every minute has four probes, of which now and then one failed; now and then a minute is unknown."""
    chance = np.random.default_rng(8)
    patterns = []
    for pattern in range(OBJECTIVES):
        total = np.where(chance.random(60 * HOURS) < 0.001, 0, 4)
        good = total - ((chance.random(60 * HOURS) < 0.002) & (total > 0))
        state = np.where(
            total == 0, MinuteState.UNKNOWN, np.where(good < total, MinuteState.BAD, MinuteState.GOOD)
        ).astype(np.uint8)
        for hour in range(HOURS):
            part = slice(60 * hour, 60 * hour + 60)
            packed = pack_hour(good[part], total[part], state[part])
            patterns.append((pattern, START + timedelta(hours=hour), packed))
    async with pool.acquire() as connection:
        await connection.execute("CREATE TABLE patterns (pattern int, hour timestamptz, minutes bytea)")
        await connection.copy_records_to_table("patterns", records=patterns)
        await connection.execute("SET session_replication_role = replica")
        numbers = [place % OBJECTIVES for place in range(len(indicators))]
        await connection.execute(FILL, indicators, numbers, timeout=600)
        await connection.execute("SET session_replication_role = origin")
        await connection.execute("VACUUM (ANALYZE) sla.packed_hours", timeout=600)
