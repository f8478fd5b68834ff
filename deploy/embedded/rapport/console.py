"""Output of the command: results on standard output, everything else on standard error."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rapport.errors import CommandError

console = Console(stderr=True, highlight=False)


def print_progress(line: str) -> None:
    console.print(f"[dim]{datetime.now().astimezone():%H:%M:%S}[/dim] {escape(line)}", soft_wrap=True)


def print_error(trouble: CommandError) -> None:
    console.print(f"[bold red]Rapport:[/bold red] {escape(str(trouble))}", soft_wrap=True)


def print_result(text: str) -> None:
    """Print a result for other programs: no colour, no wrapping."""
    print(text)  # noqa: T201 - this is the command's result


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on standard output, as wide as it needs to be when that is no terminal."""
    screen = Console(highlight=False)
    grid = Table(*heads, box=SIMPLE)
    for row in rows:
        grid.add_row(*row)
    screen.print(grid, soft_wrap=not screen.is_terminal)
