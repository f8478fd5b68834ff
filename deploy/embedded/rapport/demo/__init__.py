"""`rapport demo`: a sample organisation with three months of history, pushed through the public interface."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rapport.demo import (
    agreements,
    alerts,
    changes,
    closures,
    contracts,
    exclusions,
    improvements,
    issues,
    measurements,
    requirements,
    statements,
)
from rapport.demo.client import Client
from rapport.demo.story import Step, Story, ask_customers, fill_catalog, register_customers
from rapport.errors import Trouble
from rapport.greeting import Greeter
from rapport.home import Running
from rapport.words import complain, console

SECONDS = 60.0
"""For one answer."""


class Demonstration:
    """Called once with where everything runs: greets when there is something to look at."""

    def __init__(self, data: Path, *, browser: bool = False) -> None:
        self._data = data
        self._greet = Greeter(data, browser=browser)

    async def __call__(self, running: Running) -> None:
        try:
            await tell(self._data, running)
        except (Trouble, httpx.HTTPError) as problem:
            complain(problem if isinstance(problem, Trouble) else Trouble(f"{type(problem).__name__}: {problem}"))
        await self._greet(running)


async def tell(data: Path, running: Running) -> Story:
    """Every chapter, in the order in which they build on each other."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        @contextmanager
        def chapter(name: str, steps: int) -> Iterator[Step]:
            bar = progress.add_task(name, total=steps)
            yield lambda: progress.advance(bar)
            progress.update(bar, completed=steps)

        async with httpx.AsyncClient(base_url=running.url, timeout=SECONDS) as http:
            story = Story(Client(http, data, running), chapter)
            await fill_catalog(story)
            await register_customers(story)
            await measurements.define_indicators(story)
            # Measured before it is agreed: a period whose agreement is signed may be closed at any time.
            await measurements.push_measurements(story)
            await closures.share(story)
            await requirements.submit(story)
            await agreements.agree(story)
            await alerts.fire(story)
            await exclusions.plan_maintenance(story)
            await contracts.keep(story)
            await changes.suspend(story)
            await ask_customers(story)
            # By now most of what was pushed is folded into minutes.
            await statements.close_months(story)
            await exclusions.waive(story)
            await statements.restate(story)
            await changes.amend(story)
            await changes.keep_negotiating(story)
            await issues.work_on(story)
            await improvements.register(story)
            return story
