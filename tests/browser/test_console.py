"""The console as people use it: by keyboard, without scripts."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.looks import open_page
from tests.journeys.caller import Caller
from tests.journeys.conftest import House

MOST_STEPS = 60
"""The presses of the Tab key that lead through a page."""


@pytest.fixture(scope="module")
def pages(house: House, statement: dict[str, Any], issue_id: str) -> dict[str, str]:
    """Pages on which something is done, by name."""
    customer = statement["customer_id"]
    with Caller(house, house.token("manager")) as manager:
        person = {"name": "Grace Hopper", "email": "grace@desk.example", "role": "key user"}
        manager.post(f"/engagement/v1/customers/{customer}/people", person)
        survey = manager.post("/feedback/v1/surveys", {"name": "How was the order desk?"})["id"]
        manager.post(f"/feedback/v1/surveys/{survey}/opening", expect=200)
    return {
        "issue": f"/console/issues/{issue_id}",
        "statement": f"/console/statements/{statement['id']}",
        "survey": f"/console/surveys/{survey}",
    }


async def sign_in(page: Page, house: House) -> None:
    await page.goto(f"{house.url}/console/sign-in")
    await page.get_by_label("Your name").fill("mira")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()


async def test_a_statement_is_verified_at_the_press_of_a_button(
    browser: Browser, house: House, pages: dict[str, str]
) -> None:
    async with open_page(browser) as page:
        await sign_in(page, house)
        await page.goto(house.url + pages["statement"])

        await page.get_by_role("button", name="Verify").click()

        await expect(page.get_by_role("status")).to_contain_text("The statement holds.")


async def test_people_are_invited_by_a_download(browser: Browser, house: House, pages: dict[str, str]) -> None:
    async with open_page(browser) as page:
        await sign_in(page, house)
        await page.goto(house.url + pages["survey"])
        await page.get_by_label("Customer").select_option(label="Customer of Order desk")

        async with page.expect_download() as download:
            await page.get_by_role("button", name="Invite and download").click()

        file = await (await download.value).path()
        assert "Grace Hopper,grace@desk.example,Customer of Order desk,http" in file.read_text()


async def test_the_keyboard_leads_to_everything_and_signs_out(
    browser: Browser, house: House, pages: dict[str, str]
) -> None:
    async with open_page(browser) as page:
        await sign_in(page, house)
        await page.goto(house.url + pages["issue"])
        expected = await page.locator("a[href], button, input:not([type=hidden]), textarea, select").count()
        reached = set()
        for _ in range(expected + MOST_STEPS):
            await page.keyboard.press("Tab")
            focused = page.locator(":focus")
            if await focused.count():
                reached.add(await focused.evaluate("element => element.outerHTML"))

        assert len([tag for tag in reached if not tag.startswith("<div")]) == expected

        await page.get_by_role("button", name="Sign out").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("You are signed out.")
