"""The doctor's look at the databases: schemas, migrations, events that wait, and what duties could not do."""

from collections.abc import AsyncIterator

import asyncpg
from alembic.script import ScriptDirectory

from common import migrations
from common.status import backlog, setbacks
from rapport import cluster
from rapport.access import desk_of
from rapport.findings import Finding, Level, judged
from rapport.names import Name

LAG_SECONDS = 60
"""An event that waits longer than this for the broker shows that something is stuck."""


async def of_databases(url: str) -> AsyncIterator[Finding]:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as problem:
        yield Finding(Level.failure, "Database", f"cannot be reached: {problem or type(problem).__name__}")
        return
    try:
        version = str(await connection.fetchval("SHOW server_version"))
        yield judged(
            "Database", f"PostgreSQL {version}", good=int(version.split(".", maxsplit=1)[0]) >= int(cluster.MAJOR)
        )
        migrated = {name: await revision_of(connection, name) for name in Name}
    finally:
        await connection.close()
    for name, revision in migrated.items():
        yield of_schema(name, revision, url)
        if revision:
            yield await of_events(name, url)
            yield await of_duties(name, url)


async def revision_of(connection: asyncpg.Connection, service: str) -> str | None:
    try:
        revision: str | None = await connection.fetchval(f'SELECT version_num FROM "{service}".alembic_version')  # noqa: S608
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None
    return revision


def of_schema(service: str, revision: str | None, url: str) -> Finding:
    head = ScriptDirectory.from_config(migrations.config_for(service, url)).get_current_head()
    if revision == head:
        return Finding(Level.ok, f"Schema {service}", f"at {revision}")
    return Finding(
        Level.failure, f"Schema {service}", f"at {revision or 'nothing'}, should be at {head}: `rapport migrate`"
    )


async def of_events(service: str, url: str) -> Finding:
    """Dead letters need a person; held events and a late relay mend themselves, or show that a neighbour is stuck."""
    async with desk_of(service, url) as desk:
        waiting = await backlog(desk.runtime)
    late = waiting["oldest_pending_seconds"]
    detail = (
        f"{waiting['pending']:.0f} wait for the broker (the oldest for {late:.0f} s), "
        f"{waiting['held']:.0f} held, {waiting['dead']:.0f} dead letters"
    )
    if waiting["dead"]:
        return Finding(Level.failure, f"Events {service}", f"{detail}: `rapport dead-letters list`")
    return judged(f"Events {service}", detail, good=late < LAG_SECONDS and not waiting["held"], otherwise=Level.warning)


async def of_duties(service: str, url: str) -> Finding:
    """What cannot be done is tried again and again; its reason says whether a person is needed."""
    async with desk_of(service, url) as desk:
        found = await setbacks(desk.runtime)
    detail = f"{len(found)} things could not be done"
    if found:
        first = found[0]
        detail += (
            f"; the first since {first['since']:%Y-%m-%d %H:%M} UTC: {first['duty']} of {first['item']}, "
            f"tried {first['attempts']} times: {first['reason'][:200]}"
        )
    return judged(f"Duties {service}", detail, good=not found)
