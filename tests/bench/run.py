"""`make bench`: figures as ratios against limits that were measured in the same run. `ARGS="push reads"` names some."""

import argparse
import importlib

import table
import uvloop
from figures import Figure
from house import house
from rich.console import Console

BENCHES = ("push", "rollup", "imports", "evaluation", "closing", "promises", "reads", "events", "backlog", "start")


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
        (table.dump if arguments.json else table.show)(figures)


if __name__ == "__main__":
    main()
