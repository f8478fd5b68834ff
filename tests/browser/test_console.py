"""The console as people see and use it: in light and dark, on a phone and on a screen, by keyboard, without scripts."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.looks import ALL_LOOKS, Look, check_accessibility, open_page, take_picture
from tests.console.test_issues_and_statements import issue_id, month, statement
from tests.journeys.caller import Caller
from tests.journeys.conftest import House

__all__ = ["issue_id", "month", "statement"]

MOST_STEPS = 60
"""The presses of the Tab key that lead through a page."""


@pytest.fixture(scope="module")
def pages(house: House, statement: dict[str, Any], issue_id: str) -> dict[str, str]:
    """The console's pages with something to show on each, by name."""
    customer, agreement = statement["customer_id"], statement["agreement_id"]
    with Caller(house, house.token("manager")) as manager:
        person = {"name": "Grace Hopper", "email": "grace@desk.example", "role": "key user"}
        manager.post(f"/engagement/v1/customers/{customer}/people", person)
        survey = manager.post("/feedback/v1/surveys", {"name": "How was the order desk?"})["id"]
        manager.post(f"/feedback/v1/surveys/{survey}/opening", expect=200)
        template = manager.get(f"/sla/v1/agreements/{agreement}")
        draft = {"customer_id": customer, "offering_id": template["offering_id"], "terms": template["version"]["terms"]}
        draft["terms"]["name"] = "Order desk, next year"
        proposal = manager.post("/sla/v1/agreements", draft)["id"]
        window = {"from": "2027-01-02T03:00:00Z", "to": "2027-01-02T05:00:00Z"}
        planned = manager.post(
            "/sla/v1/maintenance",
            {
                "title": "Power test",
                "reason": "Once a year.",
                "affects": {"agreement_ids": [agreement]},
                "windows": [window],
            },
        )
    return {
        "overview": "/",
        "customer": f"/console/customers/{customer}",
        "console-scorecard": f"/console/customers/{customer}/scorecard",
        "agreements": "/console/agreements",
        "agreement": f"/console/agreements/{agreement}",
        "draft": f"/console/agreements/{proposal}",
        "issues": "/console/issues",
        "issue": f"/console/issues/{issue_id}",
        "statements": "/console/statements",
        "statement": f"/console/statements/{statement['id']}",
        "maintenance-list": "/console/maintenance",
        "maintenance": f"/console/maintenance/{planned['id']}",
        "catalog": "/console/catalog",
        "surveys": "/console/surveys",
        "survey": f"/console/surveys/{survey}",
        "not-there": "/console/nowhere",
    }


async def sign_in(page: Page, house: House) -> None:
    await page.goto(f"{house.url}/console/sign-in")
    await page.get_by_label("Your name").fill("mira")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()


@pytest.mark.parametrize("look", ALL_LOOKS, ids=str)
async def test_everyone_can_read_every_page(browser: Browser, house: House, pages: dict[str, str], look: Look) -> None:
    async with open_page(browser, look) as page:
        for name, path in {"welcome": "/", "sign-in": "/console/sign-in"}.items():
            await page.goto(house.url + path)
            await take_picture(page, name, look)
            await check_accessibility(browser, page, look)
        await sign_in(page, house)

        for name, path in pages.items():
            await page.goto(house.url + path)
            await expect(page.locator("h1")).to_be_visible()
            await take_picture(page, name, look)
            await check_accessibility(browser, page, look)


async def test_a_statement_is_verified_at_the_press_of_a_button(
    browser: Browser, house: House, pages: dict[str, str]
) -> None:
    async with open_page(browser) as page:
        await sign_in(page, house)
        await page.goto(house.url + pages["statement"])

        await page.get_by_role("button", name="Verify").click()

        await expect(page.get_by_role("status")).to_contain_text("The statement holds.")
        await take_picture(page, "verified", Look())


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
