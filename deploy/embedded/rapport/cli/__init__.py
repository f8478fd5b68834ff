"""The `rapport` command. Subcommands import what they need when they run, so that each of them answers quickly."""

import sys
from pathlib import Path

import typer

from rapport.cli import letters, looking_after, starting, verifying
from rapport.errors import NotOurs, Trouble
from rapport.words import complain

app = typer.Typer(
    help="Rapport on one machine: start it, fill it, look after it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (starting.up, starting.demo, starting.token, verifying.verify, *looking_after.COMMANDS):
    app.command()(command)
app.add_typer(letters.app, name="dead-letters")


def main() -> None:
    """Run the command; what a person can do something about is said without a traceback."""
    try:
        app()
    except Trouble as trouble:
        complain(trouble)
        sys.exit(1)
    except PermissionError as refusal:
        complain(NotOurs(Path(str(refusal.filename)), "somebody else"))
        sys.exit(1)
