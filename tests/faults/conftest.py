"""What the fault tests run on: one PostgreSQL for all of them, a broker for each, and a summary at the end."""

import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from published.event import topic_name
from rapport.embedded.broker import Broker
from rapport.postgres.server import Postgres
from rapport.service_names import ServiceName
from tests.faults.product.embedded import run_rapport_up
from tests.faults.product.rig import AnyBroker, Rig, run_rig
from tests.kafka.launcher import Kafka

FAILED_RUNS = Path(__file__).resolve().parents[2] / ".cache" / "faults"
"""Logs and journals of runs that failed."""
LINES = pytest.StashKey[list[str]]()
StartRig = Callable[..., AbstractAsyncContextManager[Rig]]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LINES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(LINES, []):
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(config.stash[LINES]))


@pytest.fixture
def print_at_end(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Adds to what is printed at the end, whether the tests passed or not."""
    return request.config.stash[LINES].append


@pytest.fixture(scope="session")
async def crashing_postgres(home: Path) -> AsyncIterator[Postgres]:
    """To be killed; the kernel keeps what it wrote, so that fsync makes no difference."""
    async with Postgres(home / "crashing", durable=False, options={"max_connections": "250"}) as server:
        yield server


def build_broker(home: Path) -> AnyBroker:
    topics = [topic_name(name.value) for name in ServiceName]
    if os.environ.get("RAPPORT_TEST_BROKER") == "kafka":
        return Kafka(home, topics)
    return Broker(home, topics)


@pytest.fixture
def start_rig(home: Path, crashing_postgres: Postgres) -> StartRig:
    """`async with start_rig(bug=...) as rig:` the whole product on a fresh database and an empty broker."""

    @asynccontextmanager
    async def of(bug: str | None = None) -> AsyncIterator[Rig]:
        with _keep_if_it_fails(home) as place:
            broker = build_broker(place)
            await broker.start()
            try:
                async with run_rig(place, crashing_postgres, place.name, broker, bug=bug) as rig:
                    yield rig
            finally:
                await broker.stop()

    return of


@pytest.fixture
def start_rapport_up(home: Path) -> StartRig:
    """`async with start_rapport_up() as rig:` what `make run` starts."""

    @asynccontextmanager
    async def of() -> AsyncIterator[Rig]:
        with _keep_if_it_fails(home) as place:
            async with run_rapport_up(place) as rig:
                yield rig

    return of


@contextmanager
def _keep_if_it_fails(home: Path) -> Iterator[Path]:
    """A directory for one run, whose logs and journal outlive a failure."""
    place = home / f"run_{secrets.token_hex(4)}"
    place.mkdir()
    try:
        yield place
    except BaseException as failure:
        shutil.copytree(place, FAILED_RUNS / place.name, ignore=shutil.ignore_patterns("kafka", "postgres"))
        failure.add_note(f"logs and journal: {FAILED_RUNS / place.name}")
        raise
