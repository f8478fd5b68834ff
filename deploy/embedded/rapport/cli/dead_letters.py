"""Dead letters: look at them, give them another chance, or give them up."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from rapport.cli.options import DEFAULT_DATA, Data, DatabaseUrl, Yes
from rapport.console import print_result, print_table
from rapport.errors import CommandError
from rapport.service_names import ServiceName

app = typer.Typer(help="Events whose reaction kept failing.", no_args_is_help=True)

Service = Annotated[ServiceName, typer.Argument(help="The service whose reaction failed.")]


@app.command("list")
def list_dead_letters(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Show what was set aside, with the reason."""
    from rapport.operations import dead_letters
    from rapport.operations.operator_access import resolve_admin_url

    url = resolve_admin_url(data, database_url)
    rows = [
        (
            name,
            str(letter["event_id"]),
            letter["type"],
            f"{letter['since']:%Y-%m-%d %H:%M}",
            last_line(letter["reason"]),
        )
        for name in ServiceName
        for letter in asyncio.run(dead_letters.list_dead_letters(name, url))
    ]
    if rows:
        print_table(("Service", "Event", "Type", "Since", "Reason"), rows)
    else:
        print_result("No dead letters")


@app.command("retry")
def retry_dead_letter(
    service: Service,
    event: Annotated[UUID | None, typer.Argument(help="One event; without it, all.", show_default=False)] = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a dead letter, or all of a service, another chance."""
    from rapport.operations import dead_letters
    from rapport.operations.operator_access import resolve_admin_url

    count = asyncio.run(dead_letters.retry_dead_letters(service, resolve_admin_url(data, database_url), event))
    print_result(f"{count} had their effect")


@app.command("discard")
def discard_dead_letter(
    service: Service,
    event: Annotated[UUID, typer.Argument(help="The event.")],
    yes: Yes = False,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a dead letter up: its effect is left out for good, and what waited behind it goes on."""
    from rapport.operations import dead_letters
    from rapport.operations.operator_access import resolve_admin_url

    url = resolve_admin_url(data, database_url)
    if not (yes or typer.confirm(f"Leave out the effect of {event} for good?")):
        return
    if not asyncio.run(dead_letters.discard_dead_letter(service, url, event)):
        raise CommandError(f"{service} has no dead letter {event}.")
    print_result("Discarded")


def last_line(reason: str) -> str:
    return reason.strip().splitlines()[-1] if reason.strip() else ""
