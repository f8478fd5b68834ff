"""A directory for embedded parts, and what to look at them with."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """Outside pytest's own temporary directory, which it shuts to other users: PostgreSQL does not run as root."""
    path = Path(tempfile.mkdtemp(prefix="rapport-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)
