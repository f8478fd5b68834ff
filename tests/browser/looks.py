"""How a page is looked at: its theme and width, what is wrong with it, and a picture of it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Request

PICTURES = Path(__file__).parents[2] / ".cache" / "pictures"
WIDTHS = {"narrow": 360, "wide": 1280}
HEIGHT = 800
SERIOUS = {"serious", "critical"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Look:
    """A theme and a width, as `dark` and `narrow`; without scripts, as most of our pages are to work."""

    theme: str = "light"
    width: str = "wide"
    has_scripts: bool = False

    def __str__(self) -> str:
        return f"{self.theme}-{self.width}"


ALL_LOOKS = [Look(theme, width) for theme, width in product(("light", "dark"), WIDTHS)]


@asynccontextmanager
async def open_page(browser: Browser, look: Look = Look(), **options: object) -> AsyncIterator[Page]:
    """Open an empty page; nothing but this machine is in its reach, and whatever it asks for elsewhere is an error."""
    context = await browser.new_context(
        color_scheme="dark" if look.theme == "dark" else "light",
        viewport={"width": WIDTHS[look.width], "height": HEIGHT},
        java_script_enabled=look.has_scripts,
        **options,  # type: ignore[arg-type]  # they are the browser's own
    )
    strangers: list[str] = []

    def note_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https"} and address.hostname not in LOOPBACK:
            strangers.append(request.url)

    context.on("request", note_request)
    try:
        yield await context.new_page()
    finally:
        await context.close()
    assert not strangers, f"loaded from elsewhere: {strangers}"


async def take_picture(page: Page, name: str, look: Look) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}-{look}.png", full_page=True)


class Examiner:
    """Looks at pages as they stand, in a page of its own that may run scripts: light on a screen, dark on a phone."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def examine(self, name: str, html: str) -> None:
        await self._page.set_content(html)
        for look in (Look("light", "wide"), Look("dark", "narrow")):
            await self._page.emulate_media(color_scheme="dark" if look.theme == "dark" else "light")
            await self._page.set_viewport_size({"width": WIDTHS[look.width], "height": HEIGHT})
            await take_picture(self._page, to_file_name(name), look)
            faults = await find_faults(self._page)
            assert not faults, f"{name}, {look}: {faults}"


@asynccontextmanager
async def open_examiner(browser: Browser) -> AsyncIterator[Examiner]:
    async with open_page(browser, Look(has_scripts=True)) as page:
        yield Examiner(page)


def to_file_name(address: str) -> str:
    """Return a name of a file for an address, without the ids in it."""
    without_ids = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "x", address)
    return re.sub(r"[^a-z0-9]+", "-", without_ids).strip("-") or "start"


async def check_accessibility(browser: Browser, page: Page, look: Look) -> None:
    """Have axe look at the page as it stands, in a page of its own that may run axe's script."""
    options = {"storage_state": await page.context.storage_state()}
    async with open_page(browser, Look(look.theme, look.width, has_scripts=True), **options) as examined:
        await examined.set_content(await page.content())
        await check_page(examined)


CUT_OFF = """
() => [...document.querySelectorAll("body *:not(input)")]
  .filter((element) => ["hidden", "clip"].includes(getComputedStyle(element).overflowX))
  .filter((element) => element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.outerHTML.slice(0, 200))
"""
"""Lists what holds more than it shows, and cannot be scrolled."""


async def check_page(page: Page) -> None:
    """Refuse a page with serious findings of axe, one that has to be scrolled sideways, and one that is cut off."""
    faults = await find_faults(page)
    assert not faults, faults


async def find_faults(page: Page) -> list[str]:
    findings = (await Axe().run(page)).response["violations"]
    faults = [
        f"{finding['id']}: {finding['help']}: {[node['html'] for node in finding['nodes']][:3]}"
        for finding in findings
        if finding["impact"] in SERIOUS
    ]
    overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        faults.append(f"{overflow} pixels wider than the window")
    return [*faults, *(f"cut off: {element}" for element in await page.evaluate(CUT_OFF))]
