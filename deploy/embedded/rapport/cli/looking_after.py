"""Replay events, rebuild read models, migrate, and look whether everything is well."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from rapport.cli.options import HERE, Data, DatabaseUrl, Yes
from rapport.errors import Trouble
from rapport.names import Name
from rapport.words import out, say, table

MARKS = {"ok": "[green]ok[/green]", "warning": "[yellow]warning[/yellow]", "failure": "[bold red]failure[/bold red]"}


def replay(
    service: Annotated[Name, typer.Argument(help="The service that told the events.")],
    since: Annotated[datetime | None, typer.Option(help="Told at or after this instant (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Told before this instant (UTC).")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="AgreementSigned, or its CloudEvents type.")] = None,
    aggregate: Annotated[str | None, typer.Option(help="The id of what the events are about.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Yes = False,
    data: Data = HERE,
    database_url: DatabaseUrl = None,
) -> None:
    """Send events of one service again. Whoever has had them drops them."""
    from common.replay import Selection
    from rapport import replays
    from rapport.access import admin_url

    url = admin_url(data, database_url)
    selection = Selection(utc(since), utc(until), replays.full_type(service, kind), aggregate)
    number = asyncio.run(replays.count(service, url, selection))
    out(f"{number} events of {service} match")
    if dry_run or not number or not (yes or typer.confirm("Send them again?")):
        return
    out(f"{asyncio.run(replays.send(service, url, selection))} put on the relay's list")


def rebuild(
    service: Annotated[Name, typer.Argument(help="The service whose read models are built anew.")],
    yes: Yes = False,
    data: Data = HERE,
    database_url: DatabaseUrl = None,
) -> None:
    """Empty a service's read models, and let the services it listens to tell everything again."""
    from rapport import replays
    from rapport.access import admin_url

    url = admin_url(data, database_url)
    plan = asyncio.run(replays.plan(service, url))
    out(f"Empties {', '.join(plan.tables)}")
    for source, number in plan.sources.items():
        out(f"{source} tells {number} events again")
    if yes or typer.confirm("Rebuild?"):
        asyncio.run(replays.rebuild(service, url))


def doctor(data: Data = HERE, database_url: DatabaseUrl = None) -> None:
    """Look at everything Rapport stands on; the exit code is 1 if something is wrong."""
    from rapport.doctor import examine
    from rapport.findings import Level

    async def look() -> bool:
        failed = False
        rows = []
        async for finding in examine(data, database_url):
            failed |= finding.level is Level.failure
            rows.append((MARKS[finding.level], finding.what, finding.detail))
        table(("", "What", "Finding"), rows)
        return failed

    if asyncio.run(look()):
        raise typer.Exit(1)


def migrate(
    database_url: Annotated[
        str, typer.Option(help="An administrator's URL of the database.", envvar="RAPPORT_ADMIN_URL")
    ],
    wait: Annotated[float, typer.Option(help="Seconds to wait for PostgreSQL to answer.")] = 60,
) -> None:
    """Make database, roles and schemas; the roles' passwords come from RAPPORT_CATALOG_PASSWORD and its like."""
    from rapport.prepare import prepare, wait_for

    passwords = {name.value: password_of(name) for name in Name}
    asyncio.run(wait_for(database_url, wait))
    asyncio.run(prepare(database_url, passwords))
    say("Roles and schemas are up to date")


def docs() -> None:
    """Write docs/events.md, docs/api.md and the schemas of published events anew."""
    from rapport.reference import write_all

    for path in write_all():
        out(str(path))


def password_of(name: Name) -> str:
    variable = f"RAPPORT_{name.upper()}_PASSWORD"
    password = os.environ.get(variable, "")
    if not password:
        raise Trouble(f"{variable} is not set: the role {name} needs a password.")
    return password


def utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


COMMANDS = (replay, rebuild, doctor, migrate, docs)
