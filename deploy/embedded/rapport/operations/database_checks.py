"""Checks of the databases: schemas, migrations, waiting events, failed items of jobs, and audit trails."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from alembic.script import ScriptDirectory

from common import audit
from common.database import migrations
from common.events.inbox import MissedBecause
from common.http.health import list_failed_items, list_missed_events, load_event_backlog
from common.jobs.clock_guard import TOLERANCE
from rapport.operations.actions import Action
from rapport.operations.findings import Finding, Level, build_finding
from rapport.operations.operator_access import open_operator_access
from rapport.postgres import cluster
from rapport.service_names import ServiceName
from sla.compliance.statements.audit_anchor import LostSeal, find_lost_seal
from sla.push_keys.store import list_expiring_keys

LAG_SECONDS = 60
"""An event that waits longer than this for the broker shows that something is stuck."""
KEY_NOTICE = timedelta(days=30)
"""How long before its end a key of a monitor is reported, and after it."""


async def check_databases(url: str) -> AsyncIterator[Finding]:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as problem:
        detail = f"cannot be reached: {problem or type(problem).__name__}"
        yield Finding(Level.failure, "Database", detail, Action.DATABASE_AWAY)
        return
    try:
        yield check_version(str(await connection.fetchval("SHOW server_version")))
        yield check_clock(await connection.fetchval("SELECT clock_timestamp()"))
        migrated = {name: await find_revision(connection, name) for name in ServiceName}
    finally:
        await connection.close()
    for name, revision in migrated.items():
        yield check_schema(name, revision, url)
        if revision:
            yield await check_events(name, url)
            for finding in await check_missed_events(name, url):
                yield finding
            yield await check_failed_items(name, url)
            yield await check_audit_trail(name, url)
        if revision and name == ServiceName.sla:
            yield await check_api_keys(name, url)


def check_version(version: str) -> Finding:
    good = int(version.split(".", maxsplit=1)[0]) >= int(cluster.MAJOR_VERSION)
    action = Action.OLD_POSTGRES.format(version=cluster.MAJOR_VERSION)
    return build_finding("Database", f"PostgreSQL {version}", good=good, action=action)


def check_clock(database_now: datetime) -> Finding:
    """Compare this machine's clock with the database's: services whose clock disagrees close no periods."""
    ahead = datetime.now(UTC) - database_now
    detail = f"{ahead.total_seconds():+.1f} s ahead of the database's"
    good = abs(ahead) <= TOLERANCE
    return build_finding("Clock", detail, good=good, action=Action.CLOCK, otherwise=Level.warning)


async def find_revision(connection: asyncpg.Connection, service: str) -> str | None:
    try:
        revision: str | None = await connection.fetchval(f'SELECT version_num FROM "{service}".alembic_version')  # noqa: S608
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None
    return revision


def check_schema(service: str, revision: str | None, url: str) -> Finding:
    head = ScriptDirectory.from_config(migrations.build_alembic_config(service, url)).get_current_head()
    detail = f"at {revision}" if revision == head else f"at {revision or 'nothing'}, should be at {head}"
    return build_finding(f"Schema {service}", detail, good=revision == head, action=Action.MIGRATE)


async def check_events(service: str, url: str) -> Finding:
    """Check the events: dead letters need a person; held events and a late relay recover by themselves."""
    async with open_operator_access(service, url) as access:
        return describe_backlog(service, await load_event_backlog(access.runtime))


def describe_backlog(service: str, backlog: Mapping[str, float]) -> Finding:
    lag = backlog["oldest_pending_seconds"]
    detail = (
        f"{backlog['pending']:.0f} wait for the broker (the oldest for {lag:.0f} s), "
        f"{backlog['held']:.0f} held, {backlog['dead']:.0f} dead letters"
    )
    subject = f"Events {service}"
    if backlog["dead"]:
        return Finding(Level.failure, subject, detail, Action.DEAD_LETTERS.format(service=service))
    if backlog["held"]:
        return Finding(Level.warning, subject, detail, Action.HELD)
    late = Action.LATE.format(service=service)
    return build_finding(subject, detail, good=lag < LAG_SECONDS, action=late, otherwise=Level.warning)


async def check_missed_events(service: str, url: str) -> list[Finding]:
    """Check for events that can no longer come by themselves: what they said is missing until a person repairs it."""
    async with open_operator_access(service, url) as access:
        rows = await list_missed_events(access.runtime)
    return [describe_missed(service, row["source"], row) for row in rows]


def describe_missed(service: str, source: str, row: Mapping[str, Any]) -> Finding:
    is_expired = row["cause"] == MissedBecause.EXPIRED
    reason = "the broker deleted before they were read" if is_expired else f"{source} deleted before they came"
    detail = f"{row['count']} of {source}, which {reason}, noticed {row['noticed_at']:%Y-%m-%d %H:%M} UTC"
    action = Action.EXPIRED if is_expired else Action.DELETED
    return Finding(Level.warning, f"Missed {service}", detail, action.format(service=service, source=source))


async def check_failed_items(service: str, url: str) -> Finding:
    """Check the failed items of jobs: they are retried; the reason shows whether a person is needed."""
    async with open_operator_access(service, url) as access:
        return describe_failed_items(service, await list_failed_items(access.runtime))


def describe_failed_items(service: str, failed_items: Sequence[Mapping[str, Any]]) -> Finding:
    detail = f"{len(failed_items)} items failed"
    if failed_items:
        first = failed_items[0]
        detail += (
            f"; the first since {first['since']:%Y-%m-%d %H:%M} UTC: {first['duty']} of {first['item']}, "
            f"{first['attempts']} attempts: {first['reason'][:200]}"
        )
    return build_finding(f"Jobs {service}", detail, good=not failed_items, action=Action.FAILED_ITEMS)


async def check_audit_trail(service: str, url: str) -> Finding:
    """Check the seals of the audit trail: a row that was changed or deleted breaks the chain."""
    async with open_operator_access(service, url) as access, access.runtime.database.sessions() as session:
        broken = await audit.find_broken_seal(session, access.runtime.tables.audit)
        unsealed = await audit.count_unsealed(session, access.runtime.tables.audit)
        lost_seal = await find_lost_seal(session) if service == ServiceName.sla else None
    return describe_audit_trail(service, broken, unsealed, lost_seal)


def describe_audit_trail(service: str, broken: int | None, unsealed: int, lost_seal: LostSeal | None) -> Finding:
    problem = f"row {broken} was changed, or rows before it are missing" if broken is not None else ""
    if lost_seal is not None:
        problem = f"row {lost_seal.number}, which statement {lost_seal.statement_id} names, is missing or was changed"
    detail = problem or f"intact; {unsealed} rows are not sealed yet"
    return build_finding(f"Audit {service}", detail, good=not problem, action=Action.FORGED.format(service=service))


async def check_api_keys(service: str, url: str) -> Finding:
    """Check for monitors' keys that end within a month, or did within the last one, and have no successor."""
    async with open_operator_access(service, url) as access, access.runtime.database.sessions() as session:
        now = datetime.now(UTC)
        keys = await list_expiring_keys(session, now - KEY_NOTICE, now + KEY_NOTICE)
        ends = [(key.name, key.expires_at) for key in keys]
    return describe_api_keys(service, ends)


def describe_api_keys(service: str, ends: Sequence[tuple[str, datetime]]) -> Finding:
    """Describe the keys, each with its name and its end."""
    listed = ", ".join(f"{name} on {end:%Y-%m-%d}" for name, end in ends[:5])
    more = f" and {len(ends) - 5} more" if ends[5:] else ""
    detail = f"end soon or have ended: {listed}{more}" if ends else "none ends within a month"
    action = Action.EXPIRING_KEYS
    return build_finding(f"Keys {service}", detail, good=not ends, action=action, otherwise=Level.warning)
