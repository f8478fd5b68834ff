"""What every test may ask for: PostgreSQL and a broker of its own, and the shared cases and data."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_socket

from published.event import topic_name
from rapport.embedded.broker import Broker
from rapport.postgres.server import Postgres
from tests.kafka.launcher import Kafka

pytest_plugins = ["common.testing.databases", "common.testing.plugin"]

hypothesis.settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any-machine")  # how fast a machine is decides no test

SERVICES = ("catalog", "engagement", "feedback", "reporting", "sla")
TOPICS = [topic_name(service) for service in (*SERVICES, "notes")]
"""Made before any client is let in: Tansu forgets what is sent to a topic while another client still creates it."""
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Two workers collect the same tests only by the same names: bytes may hold the second they were compressed in."""
    return f"{argname}-of-{len(val)}-bytes" if isinstance(val, bytes) else None


def pytest_runtest_setup() -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The conformance cases and real data that lie beside the project."""
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{SHARED} is missing: conformance cases and real data cannot be checked")
        pytest.skip("the conformance cases and real data beside the project are missing: not covered here")
    return SHARED


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A directory that PostgreSQL's own user can enter, also when the tests are run by root."""
    path = Path(tempfile.mkdtemp(prefix="rapport-tests-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres(home: Path) -> AsyncIterator[Postgres]:
    async with Postgres(home / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    return postgres.dsn()


@pytest.fixture(scope="session")
async def broker(home: Path) -> AsyncIterator[Broker | Kafka]:
    """The embedded broker, or Apache Kafka itself where RAPPORT_TEST_BROKER says so."""
    kind = Kafka if os.environ.get("RAPPORT_TEST_BROKER") == "kafka" else Broker
    async with kind(home / "broker", TOPICS) as server:
        yield server
