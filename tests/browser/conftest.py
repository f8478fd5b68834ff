"""A real browser, and a running Rapport for it to look at (make test-browser)."""

import os
import shutil
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.console.test_issues_and_statements import issue_id, month, statement
from tests.journeys.conftest import House, house

if TYPE_CHECKING:
    from playwright.async_api import Browser

__all__ = ["House", "house", "issue_id", "month", "statement"]

collect_ignore_glob = ["test_*.py"] if find_spec("playwright") is None else []
"""`make test-browser` installs what the browser is driven with."""

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OPTIONS += ["--disable-sync", "--no-first-run"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator["Browser"]:
    """Debian's chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        message = "Debian's package chromium is missing (apt-get install): no page was looked at"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.async_api import async_playwright  # noqa: PLC0415 - only `make test-browser` installs it

    async with async_playwright() as driver:
        started = await driver.chromium.launch(executable_path=program, headless=True, args=OPTIONS)
        yield started
        await started.close()
