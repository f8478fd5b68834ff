"""One run: load and nemesis side by side, then healing, then the checker; and the line that sums it up."""

import asyncio
import statistics
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.faults.checks import witness
from tests.faults.checks.checker import Checker, Findings
from tests.faults.load.journal import Journal
from tests.faults.load.pushes import Monitors
from tests.faults.load.workers import Caller, Customers, Offerings
from tests.faults.nemesis import Nemesis
from tests.faults.product.rig import Rig

WORKERS = 6
MONITORS = 3


@dataclass
class TrialPlan:
    """The length of a run, its faults (all, if none are named), and the seconds that healing may take."""

    seed: int
    seconds: float
    kinds: tuple[str, ...] = ()
    healing: float = 60.0


@dataclass
class Report:
    plan: TrialPlan
    nemesis: Nemesis
    journal: Journal
    findings: Findings
    settled: float | None
    events: str
    last: str

    @property
    def recoveries(self) -> list[float]:
        """Seconds from the end of each fault to the first success of a request begun after it."""
        moments = (self.journal.first_success_after(moment) for _, moment in self.nemesis.healed)
        return [moment for moment in moments if moment is not None]

    def line(self) -> str:
        recoveries = self.recoveries or [float("nan")]
        faults = " ".join(f"{kind}={count}" for kind, count in sorted(self.nemesis.counts.items()))
        outcomes = " ".join(
            f"{outcome.replace(' ', '_')}={count}" for outcome, count in sorted(self.journal.outcomes.items())
        )
        settled = "never" if self.settled is None else f"{self.settled:.1f}s (last: {self.last})"
        return "\n".join(
            (
                f"seed={self.plan.seed} {self.findings.counts()}",
                f"  faults={sum(self.nemesis.counts.values())} {faults}",
                f"  operations {outcomes} answers {dict(self.journal.attempts)}",
                f"  {self.events}",
                f"  recovery p50={statistics.median(recoveries):.2f}s max={max(recoveries):.2f}s settled={settled}",
            )
        )


async def run(rig: Rig, plan: TrialPlan) -> Report:
    journal = Journal(rig.home / f"journal-{rig.database}.jsonl")
    stop = asyncio.Event()
    nemesis = Nemesis(rig, _random("nemesis", plan.seed))
    async with AsyncExitStack() as stack, rig.connected() as connection:
        await witness.create_triggers(connection)
        caller = await _caller(stack, rig, journal, _random("caller", plan.seed))
        monitors = Monitors(caller, journal, _random("monitors", plan.seed), stop)
        await monitors.prepare()
        load = [monitors.run() for _ in range(MONITORS)]
        for number in range(WORKERS):
            worker = await _caller(stack, rig, journal, _random(f"worker {number}", plan.seed))
            load.append(Customers(worker, journal, worker.random, stop).run())
        publisher = await _caller(stack, rig, journal, _random("publisher", plan.seed))
        load.append(Offerings(publisher, journal, publisher.random, stop).run())
        tasks = [asyncio.create_task(work) for work in load]
        await _strike(nemesis, plan, stop, tasks)
        checker = Checker(rig, journal, monitors, caller)
        settled = await checker.settle(plan.healing)
        findings = await checker.examine()
        return Report(plan, nemesis, journal, findings, settled, await _events(rig, checker), checker.last)


async def _caller(stack: AsyncExitStack, rig: Rig, journal: Journal, random: Random) -> Caller:
    caller = Caller(rig, journal, random)
    await stack.enter_async_context(caller.client)
    return caller


def _random(name: str, seed: int) -> Random:
    return Random(f"{name}/{seed}")


async def _strike(nemesis: Nemesis, plan: TrialPlan, stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Break things under load; then let every operation that was begun find its answer."""
    try:
        await nemesis.run(plan.seconds, plan.kinds)
    finally:
        stop.set()
    await asyncio.gather(*tasks)


async def _events(rig: Rig, checker: Checker) -> str:
    async with rig.connected() as connection:
        counts: list[Any] = [
            await connection.fetchrow(
                f"SELECT '{name}' AS name, (SELECT count(*) FROM {name}.outbox) AS told,"  # noqa: S608 - our names
                f" (SELECT count(*) FROM {name}.inbox) AS applied, (SELECT epoch FROM {name}.relay_state) AS epoch"
            )
            for name in checker.loaded
        ]
    return "events " + " ".join(
        f"{row['name']}: told={row['told']} applied={row['applied']} epochs={row['epoch']}" for row in counts
    )
