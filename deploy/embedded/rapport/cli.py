"""The `rapport` command. Each subcommand imports what it needs, so that all of them answer quickly."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from common.auth.principal import Role
from rapport.errors import Trouble
from rapport.options import Options
from rapport.words import complain, out

app = typer.Typer(
    help="Rapport on one machine: start it, fill it, look after it.", no_args_is_help=True, add_completion=False
)

Data = Annotated[Path, typer.Option(help="The directory that holds everything.", envvar="RAPPORT_DATA")]
Port = Annotated[
    int, typer.Option(help="Where Rapport answers, on 127.0.0.1.", envvar="RAPPORT_PORT", min=1, max=65535)
]
PostgresPort = Annotated[int | None, typer.Option(help="PostgreSQL's port; by default 54320 or a free one.")]
BrokerPort = Annotated[int | None, typer.Option(help="The broker's port; by default 19092 or a free one.")]
Browser = Annotated[bool, typer.Option(help="Open the start page in a browser.")]

HERE = Path(".rapport")


def main() -> None:
    """Run the command; what a person can do something about is said without a traceback."""
    try:
        app()
    except Trouble as trouble:
        complain(trouble)
        sys.exit(1)


@app.command()
def up(
    data: Data = HERE,
    port: Port = 8000,
    postgres_port: PostgresPort = None,
    broker_port: BrokerPort = None,
    browser: Browser = False,
) -> None:
    """Start everything, and say what to open next. Ctrl-C stops it."""
    from rapport.greeting import Greeter  # noqa: PLC0415
    from rapport.running import run  # noqa: PLC0415

    run(Options(data, port, postgres_port, broker_port), Greeter(data, browser=browser))


@app.command()
def token(
    role: Annotated[Role, typer.Option(help="What the bearer may do.")],
    customer: Annotated[UUID | None, typer.Option(help="Whose eyes it sees with; for the role customer.")] = None,
    subject: Annotated[str, typer.Option(help="Who it says the bearer is.")] = "",
    hours: Annotated[float, typer.Option(help="How long it is good for.", min=0.01, max=24 * 30)] = 8,
    data: Data = HERE,
    port: Port = 8000,
) -> None:
    """Print a token of the development issuer."""
    from rapport.tokens import token_for  # noqa: PLC0415

    if (role is Role.customer) != (customer is not None):
        raise typer.BadParameter("--customer belongs to --role customer, and only to it")
    out(token_for(data, port, role, customer, subject, timedelta(hours=hours)))
