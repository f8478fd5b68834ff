"""Start Rapport, with or without a sample organisation; tokens to use it with."""

import asyncio
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from common.auth.principal import Role
from rapport.cli.options import HERE, USUAL_PORT, Data, Port
from rapport.options import Options
from rapport.words import out

PostgresPort = Annotated[int | None, typer.Option(help="PostgreSQL's port; by default 54320 or a free one.")]
BrokerPort = Annotated[int | None, typer.Option(help="The broker's port; by default 19092 or a free one.")]
Browser = Annotated[bool, typer.Option(help="Open the start page in a browser.")]


def up(
    data: Data = HERE,
    port: Port = USUAL_PORT,
    postgres_port: PostgresPort = None,
    broker_port: BrokerPort = None,
    browser: Browser = False,
) -> None:
    """Start everything, and say what to open next. Ctrl-C stops it."""
    from rapport.greeting import Greeter
    from rapport.running import run

    run(Options(data, port, postgres_port, broker_port), Greeter(data, browser=browser))


def demo(
    data: Data = HERE,
    port: Port = USUAL_PORT,
    postgres_port: PostgresPort = None,
    broker_port: BrokerPort = None,
    browser: Browser = False,
) -> None:
    """Start everything with a sample organisation and three months of its history, or tell it to what runs already."""
    from rapport.demo import Demonstration
    from rapport.home import Home
    from rapport.running import run

    demonstration = Demonstration(data, browser=browser)
    already = Home(data).running()
    if already:
        asyncio.run(demonstration(already))
    else:
        run(Options(data, port, postgres_port, broker_port), demonstration)


def token(
    role: Annotated[Role, typer.Option(help="What the bearer may do.")],
    customer: Annotated[UUID | None, typer.Option(help="Whose data it sees; for the role customer.")] = None,
    subject: Annotated[str, typer.Option(help="Who it says the bearer is.")] = "",
    hours: Annotated[float, typer.Option(help="How long it is good for.", min=0.01, max=24 * 30)] = 8,
    data: Data = HERE,
    port: Port = USUAL_PORT,
) -> None:
    """Print a token of the development issuer."""
    from rapport.tokens import token_for

    if (role is Role.customer) != (customer is not None):
        raise typer.BadParameter("--customer belongs to --role customer, and only to it")
    out(token_for(data, port, role, customer, subject, timedelta(hours=hours)))
