"""Start Rapport, with or without a sample organisation; tokens to use it with."""

import asyncio
import os
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from common.auth.principal import Role
from rapport.cli.options import DEFAULT_DATA, DEFAULT_PORT, Data, Port
from rapport.console import print_result
from rapport.embedded.options import StackOptions

PostgresPort = Annotated[int | None, typer.Option(help="PostgreSQL's port; by default 54320 or a free one.")]
BrokerPort = Annotated[int | None, typer.Option(help="The broker's port; by default 19092 or a free one.")]
AllowHost = Annotated[
    list[str],
    typer.Option(help="A host by which browsers reach this machine, for the development issuer; may be repeated."),
]
Browser = Annotated[bool, typer.Option(help="Open the start page in a browser.")]


def up(
    data: Data = DEFAULT_DATA,
    port: Port = DEFAULT_PORT,
    postgres_port: PostgresPort = None,
    broker_port: BrokerPort = None,
    allow_host: AllowHost = [],  # noqa: B006 - typer copies it
    browser: Browser = False,
) -> None:
    """Start everything, and say what to open next. Ctrl-C stops it."""
    from rapport.embedded.greeting import Greeter
    from rapport.embedded.runner import run_stack

    run_stack(StackOptions(data, port, postgres_port, broker_port, tuple(allow_host)), Greeter(data, browser=browser))


def demo(
    data: Data = DEFAULT_DATA,
    port: Port = DEFAULT_PORT,
    postgres_port: PostgresPort = None,
    broker_port: BrokerPort = None,
    allow_host: AllowHost = [],  # noqa: B006 - typer copies it
    browser: Browser = False,
) -> None:
    """Start everything with a sample organisation and three months of its history, or add it to what runs already."""
    from rapport.data_dir import DataDirectory
    from rapport.demo import DemoRunner
    from rapport.embedded.runner import run_stack

    os.environ.setdefault("RAPPORT_STATEMENT_PROGRESS_INTERVAL", "PT10M")  # what is pushed comes within minutes
    demonstration = DemoRunner(data, browser=browser)
    already = DataDirectory(data).find_instance()
    if already:
        asyncio.run(demonstration(already))
    else:
        run_stack(StackOptions(data, port, postgres_port, broker_port, tuple(allow_host)), demonstration)


def token(
    role: Annotated[Role, typer.Option(help="What the bearer may do.")],
    customer: Annotated[UUID | None, typer.Option(help="Whose data it sees; for the role customer.")] = None,
    subject: Annotated[str, typer.Option(help="Who it says the bearer is.")] = "",
    hours: Annotated[float, typer.Option(help="How long it is good for.", min=0.01, max=24 * 30)] = 8,
    data: Data = DEFAULT_DATA,
    port: Port = DEFAULT_PORT,
) -> None:
    """Print a token of the development issuer."""
    from rapport.tokens import issue_token_for

    if (role is Role.customer) != (customer is not None):
        raise typer.BadParameter("--customer belongs to --role customer, and only to it")
    print_result(issue_token_for(data, port, role, customer, subject, timedelta(hours=hours)))
