"""How the command speaks: results on standard output, everything else on standard error."""

from datetime import datetime

from rich.console import Console
from rich.markup import escape

from rapport.errors import Trouble

console = Console(stderr=True, highlight=False)


def say(line: str) -> None:
    console.print(f"[dim]{datetime.now().astimezone():%H:%M:%S}[/dim] {escape(line)}")


def complain(trouble: Trouble) -> None:
    console.print(f"[bold red]Rapport:[/bold red] {escape(str(trouble))}")


def out(text: str) -> None:
    """For a program to read: no colour, no wrapping."""
    print(text)  # noqa: T201 - this is the command's result
