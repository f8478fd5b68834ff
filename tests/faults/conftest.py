"""What the fault tests run on: one PostgreSQL for all of them, a broker for each, and a summary at the end."""

import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from published.event import topic_of
from rapport.broker import Broker
from rapport.names import Name
from rapport.postgres import Postgres
from tests.faults.rig import AnyBroker, Rig, standing
from tests.kafka.launcher import Kafka

KEPT = Path(__file__).resolve().parents[2] / ".cache" / "faults"
"""Logs and journals of runs that failed."""
LINES = pytest.StashKey[list[str]]()
Standing = Callable[..., AbstractAsyncContextManager[Rig]]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LINES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(LINES, []):
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(config.stash[LINES]))


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Adds to what is printed at the end, whether the tests passed or not."""
    return request.config.stash[LINES].append


@pytest.fixture(scope="session")
async def crashing_postgres(home: Path) -> AsyncIterator[Postgres]:
    """To be killed; the kernel keeps what it wrote, so that fsync makes no difference."""
    async with Postgres(home / "crashing", durable=False, options={"max_connections": "250"}) as server:
        yield server


def a_broker(home: Path) -> AnyBroker:
    topics = [topic_of(name.value) for name in Name]
    if os.environ.get("RAPPORT_TEST_BROKER") == "kafka":
        return Kafka(home, topics)
    return Broker(home, topics)


@pytest.fixture
def rig(home: Path, crashing_postgres: Postgres) -> Standing:
    """`async with rig(bug=...) as rig:` the whole product on a fresh database and an empty broker."""

    @asynccontextmanager
    async def of(bug: str | None = None) -> AsyncIterator[Rig]:
        name = f"run_{secrets.token_hex(4)}"
        place = home / name
        place.mkdir()
        broker = a_broker(place)
        await broker.start()
        try:
            async with standing(place, crashing_postgres, name, broker, bug=bug) as found:
                yield found
        except BaseException as failure:
            shutil.copytree(place, KEPT / name, ignore=shutil.ignore_patterns("kafka"))
            failure.add_note(f"logs and journal: {KEPT / name}")
            raise
        finally:
            await broker.stop()

    return of
