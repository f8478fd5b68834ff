"""`rapport demo`: a sample organisation with three months of history, pushed through the public interface."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rapport.console import console, print_error
from rapport.data_dir import RunningInstance
from rapport.demo.chapters import (
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
from rapport.demo.client import DemoClient
from rapport.demo.context import AdvanceProgress, DemoContext, fill_catalog, register_customers, run_surveys
from rapport.demo.token_sources import DevelopmentTokens, TokenSource
from rapport.embedded.greeting import Greeter
from rapport.errors import CommandError

TIMEOUT_SECONDS = 60.0
"""For one answer."""


class DemoRunner:
    """Called once with where everything runs: greets when there is something to look at."""

    def __init__(self, data: Path, *, browser: bool = False) -> None:
        self._data = data
        self._greet = Greeter(data, browser=browser)

    async def __call__(self, running: RunningInstance) -> None:
        story = None
        try:
            story = await build_demo(running.url, DevelopmentTokens(self._data, running))
        except (CommandError, httpx.HTTPError) as problem:
            print_error(
                problem if isinstance(problem, CommandError) else CommandError(f"{type(problem).__name__}: {problem}")
            )
        await self._greet(running)
        if story:
            print_ways_in(story, running)


def print_ways_in(story: DemoContext, running: RunningInstance) -> None:
    """Say where a person goes on: to a survey to answer, without signing in, and to a customer's scorecard."""
    scorecard = f"{running.url}/console/customers/{next(iter(story.customers.values()))}/scorecard"
    ways = {"Answer a survey, as somebody who was invited": story.answer_link, "Read a scorecard": scorecard}
    for title, link in ways.items():
        if link:
            console.print(f"{title}:\n  {link}\n", markup=False, soft_wrap=True)


async def build_demo(url: str, tokens: TokenSource) -> DemoContext:
    """Send every chapter to the Rapport at `url`, in the order in which they build on each other."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        @contextmanager
        def chapter(name: str, steps: int) -> Iterator[AdvanceProgress]:
            bar = progress.add_task(name, total=steps)
            yield lambda: progress.advance(bar)
            progress.update(bar, completed=steps)

        async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS) as http:
            story = DemoContext(DemoClient(http, tokens), chapter)
            await fill_catalog(story)
            await register_customers(story)
            await measurements.define_indicators(story)
            # Measured before it is agreed: a period whose agreement is signed may be closed at any time.
            await measurements.push_measurements(story)
            await closures.share_closures(story)
            await requirements.submit_requirements(story)
            await agreements.create_agreements(story)
            await alerts.push_alerts(story)
            await exclusions.plan_maintenance(story)
            await contracts.create_contract(story)
            await changes.suspend_desk(story)
            await run_surveys(story)
            # By now most of what was pushed is rolled up into minutes.
            await statements.close_months(story)
            await exclusions.request_waivers(story)
            await statements.restate_months(story)
            await changes.amend_reports(story)
            await changes.keep_negotiating(story)
            await issues.work_on_issues(story)
            await improvements.create_improvements(story)
            return story
