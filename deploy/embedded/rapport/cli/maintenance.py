"""Replay events, rebuild read models, migrate, and check that everything is well."""

import asyncio
import json
import os
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from rapport.cli.options import DEFAULT_DATA, Data, DatabaseUrl, Yes
from rapport.console import make_printable, print_progress, print_result, print_table
from rapport.errors import CommandError
from rapport.service_names import ServiceName

LEVEL_STYLES = {"ok": "green", "warning": "yellow", "failure": "bold red"}


def replay(
    service: Annotated[ServiceName, typer.Argument(help="The service that published the events.")],
    since: Annotated[datetime | None, typer.Option(help="Published at or after this instant (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Published before this instant (UTC).")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="AgreementSigned, or its CloudEvents type.")] = None,
    aggregate: Annotated[str | None, typer.Option(help="The id of what the events are about.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Yes = False,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Send events of one service again. Services that have applied them ignore them."""
    from common.events.replay import EventSelection
    from rapport.operations import replays
    from rapport.operations.operator_access import resolve_admin_url

    url = resolve_admin_url(data, database_url)
    selection = EventSelection(as_utc(since), as_utc(until), replays.resolve_event_type(service, kind), aggregate)
    number = asyncio.run(replays.count_events(service, url, selection))
    print_result(f"{number} events of {service} match")
    if dry_run or not number or not (yes or typer.confirm("Send them again?")):
        return
    print_result(f"{asyncio.run(replays.requeue_events(service, url, selection))} put on the relay's list")


def rebuild(
    service: Annotated[ServiceName, typer.Argument(help="The service whose read models are built anew.")],
    yes: Yes = False,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Empty a service's read models, and let the services it listens to publish everything again."""
    from rapport.operations import replays
    from rapport.operations.operator_access import resolve_admin_url

    url = resolve_admin_url(data, database_url)
    plan = asyncio.run(replays.plan_rebuild(service, url))
    print_result(f"Empties {', '.join(plan.tables)}")
    for source, number in plan.sources.items():
        print_result(f"{source} publishes {number} events again")
    if yes or typer.confirm("Rebuild?"):
        asyncio.run(replays.rebuild_projections(service, url))


def doctor(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Look at everything Rapport stands on, and say what to do; the exit code is 1 if something is wrong."""
    from rapport.operations.doctor import examine
    from rapport.operations.findings import Level

    async def print_findings() -> bool:
        failed = False
        rows = []
        async for finding in examine(data, database_url):
            failed |= finding.level is Level.failure
            description = Text(make_printable(finding.detail))
            if finding.action:
                description.append(f"\nWhat to do: {finding.action}", "bold")
            rows.append((Text(finding.level, LEVEL_STYLES[finding.level]), finding.subject, description))
        print_table(("", "What", "Finding"), rows)
        return failed

    if asyncio.run(print_findings()):
        raise typer.Exit(1)


def migrate(
    database_url: Annotated[
        str, typer.Option(help="An administrator's URL of the database.", envvar="RAPPORT_ADMIN_URL")
    ],
    wait: Annotated[float, typer.Option(help="Seconds to wait for PostgreSQL to answer.")] = 60,
) -> None:
    """Make database, roles and schemas; the roles' passwords come from RAPPORT_CATALOG_PASSWORD and its like."""
    from rapport.postgres.setup import prepare_database, wait_for_postgres

    passwords = {name.value: read_password(name) for name in ServiceName}
    asyncio.run(wait_for_postgres(database_url, wait))
    asyncio.run(prepare_database(database_url, passwords))
    print_progress("Roles and schemas are up to date")


def docs() -> None:
    """Write docs/events.md, docs/api.md and the schemas of published events anew."""
    from rapport.reference import write_changed_pages

    for path in write_changed_pages():
        print_result(str(path))


def read_password(name: ServiceName) -> str:
    variable = f"RAPPORT_{name.upper()}_PASSWORD"
    password = os.environ.get(variable, "")
    if not password:
        raise CommandError(f"{variable} is not set: the role {name} needs a password.")
    return password


def as_utc(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None


def openapi(
    service: Annotated[ServiceName | None, typer.Argument(help="One service; without it, all in one document.")] = None,
) -> None:
    """Print the OpenAPI document."""
    from rapport import reference

    document = reference.openapi_of(service) if service else reference.merged_document()
    print(json.dumps(document, indent=1, ensure_ascii=False))  # noqa: T201 - for programs, which lines are not to be wrapped for


COMMANDS = (replay, rebuild, doctor, migrate, docs, openapi)
