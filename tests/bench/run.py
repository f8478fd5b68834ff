"""`make bench`: figures as ratios against limits that were measured in the same run. `ARGS="push reads"` names some."""

import argparse
import importlib
import json
import platform
from collections.abc import Sequence

import psutil
import uvloop
from figures import Figure, spread
from house import house
from rich.console import Console
from rich.table import Table

BENCHES = (
    "push",
    "rollup",
    "imports",
    "evaluation",
    "closing",
    "promises",
    "reads",
    "pages",
    "writes",
    "events",
    "backlog",
    "start",
)
WIDTH = 120
TITLE = "Medians, and min … max of rounds that took turns; ↑ more is better, ↓ less is better"
VERDICTS = {True: "[green]met[/green]", False: "[red]missed[/red]", None: ""}
ARROWS = {"more": "↑", "less": "↓"}


async def measure(names: list[str], rounds: int, figures: list[Figure]) -> None:
    console = Console(stderr=True)
    async with house() as built:
        for name in names:
            with console.status(f"{name}: {rounds} rounds"):
                figures += await importlib.import_module(f"bench_{name}").run(built, rounds)
            console.print(f"[dim]{name}: done[/dim]")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="bench", help=", ".join(BENCHES) + "; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is measured, in turns")
    parser.add_argument("--json", action="store_true", help="print a document instead of a table")
    arguments = parser.parse_args()
    if unknown := set(arguments.benches) - set(BENCHES):
        parser.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    figures: list[Figure] = []
    try:
        uvloop.run(measure(arguments.benches or list(BENCHES), arguments.rounds, figures))
    finally:  # what was found before something failed took minutes to find
        (print_json if arguments.json else print_table)(figures)


def print_table(figures: Sequence[Figure]) -> None:
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


def print_json(figures: Sequence[Figure]) -> None:
    machine = {"cores": psutil.cpu_count(), "load": psutil.getloadavg(), "python": platform.python_version()}
    print(json.dumps({"machine": machine, "figures": [figure.document() for figure in figures]}, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
