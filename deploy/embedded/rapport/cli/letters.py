"""Dead letters: look at them, give them another chance, or give them up."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from rapport.cli.options import HERE, Data, DatabaseUrl, Yes
from rapport.errors import Trouble
from rapport.names import Name
from rapport.words import out, table

app = typer.Typer(help="Events whose reaction kept failing.", no_args_is_help=True)

Service = Annotated[Name, typer.Argument(help="The service whose reaction failed.")]


@app.command("list")
def list_letters(data: Data = HERE, database_url: DatabaseUrl = None) -> None:
    """Show what was set aside, with the reason."""
    from rapport import letters
    from rapport.access import admin_url

    url = admin_url(data, database_url)
    rows = [
        (
            name,
            str(letter["event_id"]),
            letter["type"],
            f"{letter['since']:%Y-%m-%d %H:%M}",
            last_line(letter["reason"]),
        )
        for name in Name
        for letter in asyncio.run(letters.listed(name, url))
    ]
    if rows:
        table(("Service", "Event", "Type", "Since", "Reason"), rows)
    else:
        out("No dead letters")


@app.command()
def retry(
    service: Service,
    event: Annotated[UUID | None, typer.Argument(help="One event; without it, all.", show_default=False)] = None,
    data: Data = HERE,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a dead letter, or all of a service, another chance."""
    from rapport import letters
    from rapport.access import admin_url

    done = asyncio.run(letters.retry(service, admin_url(data, database_url), event))
    out(f"{done} had their effect")


@app.command()
def discard(
    service: Service,
    event: Annotated[UUID, typer.Argument(help="The event.")],
    yes: Yes = False,
    data: Data = HERE,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a dead letter up: its effect is left out for good, and what waited behind it goes on."""
    from rapport import letters
    from rapport.access import admin_url

    url = admin_url(data, database_url)
    if not (yes or typer.confirm(f"Leave out the effect of {event} for good?")):
        return
    if not asyncio.run(letters.discard(service, url, event)):
        raise Trouble(f"{service} has no dead letter {event}.")
    out("Discarded")


def last_line(reason: str) -> str:
    return reason.strip().splitlines()[-1] if reason.strip() else ""
