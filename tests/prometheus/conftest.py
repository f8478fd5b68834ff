"""Prometheus has to be there: in CI its absence is a failure, elsewhere it is said."""

import os
import shutil

import pytest

from tests.journeys.conftest import house

__all__ = ["house"]


@pytest.fixture(autouse=True)
def _prometheus() -> None:
    if shutil.which("prometheus"):
        return
    message = (
        "the Debian package prometheus is missing (apt-get install prometheus): nothing was pushed by the real one"
    )
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
