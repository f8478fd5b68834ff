"""The `rapport` command. Subcommands import what they need when they run, so that each of them answers quickly."""

import sys
from pathlib import Path

import typer

from rapport.cli import backups, dead_letters, fill, maintenance, start, verify
from rapport.console import print_error
from rapport.errors import CommandError, WrongOwner

app = typer.Typer(
    help="Rapport on one machine: start it, fill it, look after it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (start.up, start.demo, fill.fill, start.token, verify.verify, *backups.COMMANDS, *maintenance.COMMANDS):
    app.command()(command)
app.add_typer(dead_letters.app, name="dead-letters")


def main() -> None:
    """Run the command; an error that a person can resolve is printed without a traceback."""
    try:
        app()
    except CommandError as error:
        print_error(error)
        sys.exit(1)
    except PermissionError as refusal:
        print_error(WrongOwner(Path(str(refusal.filename)), "somebody else"))
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - its message may quote rows and secrets
        from common.error_descriptions import describe_traceback

        print_error(CommandError(f"an error that nobody thought of.\n{describe_traceback(error)}"))
        sys.exit(1)
