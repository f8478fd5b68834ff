"""Output of the command: results on standard output, everything else on standard error."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from rapport.errors import CommandError

UNLIMITED_WIDTH = 10_000
"""The columns of what is read by a program, which needs no wrapping."""

console = Console(stderr=True, highlight=False)


def print_progress(line: str) -> None:
    console.print(f"[dim]{datetime.now().astimezone():%H:%M:%S}[/dim] {escape(make_printable(line))}", soft_wrap=True)


def print_error(error: CommandError) -> None:
    console.print(f"[bold red]Rapport:[/bold red] {escape(make_printable(str(error)))}", soft_wrap=True)


def print_result(text: str) -> None:
    """Print a result for other programs: no colour, no wrapping."""
    print(make_printable(text))  # noqa: T201 - this is the command's result


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print a table on standard output, as wide as it needs to be when that is no terminal."""
    screen = Console(highlight=False)
    if not screen.is_terminal:
        screen.width = UNLIMITED_WIDTH
    table = Table(*headers, box=SIMPLE)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(make_printable(cell)) for cell in row))
    screen.print(table)


def make_printable(text: str) -> str:
    """Write characters that a terminal would obey, such as escape sequences, as their codes."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else character.encode("unicode_escape").decode()
        for character in text
    )
