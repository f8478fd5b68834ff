"""The page that shows an OpenAPI document: quick to open, dark where the reader's screen is, and by itself."""

import asyncio

import httpx
import pytest
from playwright.async_api import Browser, CDPSession, ConsoleMessage, Page, expect

from tests.browser.looks import Look, open_page, take_picture
from tests.journeys.conftest import House

LIMIT = 4.5
"""Seconds of the browser's own processor time. A quiet machine takes less than 2; other work takes away its caches and
half of its cores. Swagger UI took 17 where this takes 2.8.
"""
PATIENCE = 60_000
OPERATIONS = {"/sla": "Push with Prometheus remote write", "": "Draft an offering of a service"}
LOOKS = [
    Look(theme, width, has_scripts=True) for theme, width in (("light", "wide"), ("dark", "wide"), ("dark", "narrow"))
]


@pytest.fixture(scope="session", autouse=True)
def documents(house: House) -> None:
    """The services build their documents when they are first asked for, which is not the browser's time."""
    for root in OPERATIONS:
        assert httpx.get(f"{house.url}{root}/openapi.json", timeout=120).status_code == 200


@pytest.mark.parametrize("root", OPERATIONS, ids=["sla", "all services"])
async def test_a_document_is_shown_in_little_of_the_browsers_own_time(
    browser: Browser, house: House, root: str
) -> None:
    async with open_page(browser, Look(has_scripts=True)) as page:
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        await session.send("Performance.enable")
        await page.goto(f"{house.url}{root}/docs")
        await show_operations(page, root)
        seconds = await measure_when_idle(session)

    assert seconds <= LIMIT


async def show_operations(page: Page, root: str) -> None:
    await expect(page.get_by_text(OPERATIONS[root]).first).to_be_attached(timeout=PATIENCE)


async def measure_when_idle(session: CDPSession) -> float:
    """Return the seconds that the browser worked on the page, once it works no more."""
    before, seconds = -1.0, 0.0
    while seconds - before > 0.01:
        await asyncio.sleep(1)
        metrics = (await session.send("Performance.getMetrics"))["metrics"]
        before, seconds = seconds, next(item["value"] for item in metrics if item["name"] == "TaskDuration")
    return seconds


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_the_page_follows_the_readers_theme_and_needs_nothing_that_its_policy_forbids(
    browser: Browser, house: House, look: Look
) -> None:
    messages: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            messages.append(message.text)

    async with open_page(browser, look) as page:
        page.on("console", note)
        await page.goto(f"{house.url}/docs")
        await show_operations(page, "")
        await take_picture(page, "documentation", look)
        background = await page.locator("openapi-explorer").evaluate(
            "element => getComputedStyle(element).backgroundColor"
        )

    is_dark = sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(","))) < 3 * 128
    assert is_dark == (look.theme == "dark"), background
    assert messages == []


async def test_without_scripts_the_page_leads_to_the_document(browser: Browser, house: House) -> None:
    async with open_page(browser) as page:
        await page.goto(f"{house.url}/sla/docs")
        assert await page.locator("noscript a").get_attribute("href") == "/sla/openapi.json"
