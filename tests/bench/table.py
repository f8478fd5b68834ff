"""Prints figures for a person, or for a program."""

import json
import platform
from collections.abc import Sequence

import psutil
from figures import Figure, spread
from rich.console import Console
from rich.table import Table

WIDTH = 130
VERDICTS = {True: "[green]met[/green]", False: "[red]missed[/red]", None: ""}


def show(figures: Sequence[Figure]) -> None:
    table = Table(title="Medians (min … max) of alternating rounds; ratio = ours / limit", title_justify="left")
    for name in ("", "unit", "ours", "limit", "ratio", "better", "aim", ""):
        table.add_column(name, justify="right" if name in {"ours", "limit", "ratio"} else "left", no_wrap=True)
    for figure in figures:
        table.add_row(
            f"[bold]{figure.bench}[/bold] {figure.name}\n[dim]limit: {figure.limit_name}[/dim]",
            figure.unit,
            _shown(figure.ours),
            _shown(figure.limit),
            _shown(figure.ratios),
            figure.better,
            str(figure.aim or ""),
            VERDICTS[figure.met],
        )
    console = Console()
    console.width = max(console.width, WIDTH)
    console.print(table)


def _shown(values: Sequence[float]) -> str:
    found = spread(values)
    return f"{_number(found['median'])}\n[dim]{_number(found['min'])} … {_number(found['max'])}[/dim]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def dump(figures: Sequence[Figure]) -> None:
    machine = {"cores": psutil.cpu_count(), "load": psutil.getloadavg(), "python": platform.python_version()}
    print(json.dumps({"machine": machine, "figures": [figure.document() for figure in figures]}, indent=2))  # noqa: T201
