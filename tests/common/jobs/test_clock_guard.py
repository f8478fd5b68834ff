"""What acts by the clock waits while the clock cannot be trusted, and says why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from httpx import ASGITransport, AsyncClient

from common.app import build_app
from common.jobs.clock_guard import SETTLING_SECONDS, ClockGuard, ClockUntrusted
from common.jobs.periodic_jobs import JobRunner
from common.runtime import Runtime
from common.service import PeriodicJob, ServiceDefinition
from tests.common.conftest import NOTES


class Machine:
    """A machine whose time can be set, and whose monotonic clock cannot."""

    def __init__(self) -> None:
        self.seconds, self.ahead = 0.0, timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def notes(small: Callable[[ServiceDefinition], Runtime], machine: Machine) -> Runtime:
    runtime = small(NOTES)
    runtime.clock_guard = ClockGuard(runtime.database, machine.now, machine.monotonic)
    return runtime


async def test_a_clock_that_agrees_is_trusted(notes: Runtime) -> None:
    await notes.clock_guard.check()


@pytest.mark.parametrize("ahead", [timedelta(days=40), timedelta(days=-40), timedelta(minutes=2)])
async def test_a_machine_that_starts_with_another_time_than_the_database(
    notes: Runtime, machine: Machine, ahead: timedelta
) -> None:
    machine.ahead = ahead
    guard = ClockGuard(notes.database, machine.now, machine.monotonic)
    with pytest.raises(ClockUntrusted, match="ahead of the database's"):
        await guard.check()


async def test_a_jump_is_seen_although_the_database_may_share_the_clock(notes: Runtime, machine: Machine) -> None:
    await notes.clock_guard.check()
    machine.ahead = timedelta(days=40)
    problem = await notes.clock_guard.find_problem()
    assert problem is not None
    assert "jumped by +3456000 s" in problem
    machine.ahead = timedelta(0)
    await notes.clock_guard.check()


async def test_a_time_that_stands_is_believed_if_the_database_agrees(notes: Runtime, machine: Machine) -> None:
    machine.ahead = timedelta(hours=-8)
    guard = ClockGuard(notes.database, machine.now, machine.monotonic)  # as a laptop that has slept for a night
    machine.ahead = timedelta(0)
    with pytest.raises(ClockUntrusted, match="jumped"):
        await guard.check()
    machine.seconds += SETTLING_SECONDS
    machine.ahead = timedelta(seconds=SETTLING_SECONDS)
    assert await guard.find_problem() is not None  # it stands, and the database does not agree
    machine.seconds += SETTLING_SECONDS
    machine.ahead = timedelta(seconds=2)
    with pytest.raises(ClockUntrusted, match="jumped"):
        await guard.check()  # another jump is another wait


async def test_jobs_that_act_by_the_clock_wait_and_others_run(notes: Runtime, machine: Machine) -> None:
    runs = []

    async def run(_: Runtime) -> None:
        runs.append(machine.ahead)

    jobs = [PeriodicJob("j", timedelta(minutes=1), run, acts_by_clock=acts) for acts in (True, False)]
    assert [await JobRunner(notes, job).run() for job in jobs] == [False, False]
    machine.ahead = timedelta(days=40)
    assert [await JobRunner(notes, job).run() for job in jobs] == [True, False]
    assert runs == [timedelta(0), timedelta(0), timedelta(days=40)]


async def test_readiness_says_so_and_stays_ready(notes: Runtime, machine: Machine) -> None:
    """Pushes must still be taken."""
    client = AsyncClient(transport=ASGITransport(build_app(NOTES, notes, background=False)), base_url="http://notes")
    assert "clock" not in (await client.get("/notes/readyz")).json()
    machine.ahead = timedelta(days=40)
    answer = await client.get("/notes/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert "jumped" in answer.json()["clock"]
    assert 'rapport_clock_trusted{service="notes"} 0.0' in (await client.get("/notes/metrics")).text
