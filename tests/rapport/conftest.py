"""A directory for embedded parts, and what to look at them with."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rapport.processes import Up


@pytest.fixture
def place() -> Iterator[Path]:
    """Outside pytest's own temporary directory, which it shuts to other users: PostgreSQL does not run as root."""
    path = Path(tempfile.mkdtemp(prefix="rapport-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def up(place: Path) -> Iterator[Callable[..., Up]]:
    """Start a Rapport in a directory of this test; what still runs at the end is stopped."""
    started: list[Up] = []

    def start(data: str = "data", **options: int) -> Up:
        rapport = Up(place / data, **options)
        started.append(rapport)
        return rapport

    yield start
    for rapport in started:
        if rapport.process.poll() is None:
            rapport.stop(signal.SIGKILL)
