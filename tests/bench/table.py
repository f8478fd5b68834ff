"""Prints figures for a person, or for a program."""

import json
import platform
from collections.abc import Sequence

import psutil
from figures import Figure, spread
from rich.console import Console
from rich.table import Table

WIDTH = 120
TITLE = "Medians, and min … max of rounds that took turns; ↑ more is better, ↓ less is better"
VERDICTS = {True: "[green]met[/green]", False: "[red]missed[/red]", None: ""}
ARROWS = {"more": "↑", "less": "↓"}


def show(figures: Sequence[Figure]) -> None:
    table = Table(title=TITLE, title_justify="left", show_lines=True)
    for name in ("bench", "ours", "limit", "ours / limit", "aim"):
        table.add_column(name, justify="left" if name in {"bench", "aim"} else "right", no_wrap=name != "bench")
    for figure in figures:
        table.add_row(
            f"[bold]{figure.bench}[/bold] {figure.name}: {figure.unit} {ARROWS[figure.better]}\n"
            f"[dim]against {figure.limit_name}[/dim]",
            _shown(figure.ours),
            _shown(figure.limit),
            _shown(figure.ratios),
            f"{figure.aim or ''}\n{VERDICTS[figure.met]}",
        )
    console = Console()
    console.width = max(console.width, WIDTH)
    console.print(table)


def _shown(values: Sequence[float]) -> str:
    range_ = spread(values)
    return f"{_number(range_['median'])}\n[dim]{_number(range_['min'])} … {_number(range_['max'])}[/dim]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def dump(figures: Sequence[Figure]) -> None:
    machine = {"cores": psutil.cpu_count(), "load": psutil.getloadavg(), "python": platform.python_version()}
    print(json.dumps({"machine": machine, "figures": [figure.document() for figure in figures]}, indent=2))  # noqa: T201
