"""The scorecard as people see it: in light and dark, on a phone and on a screen."""

import httpx
import pytest
from playwright.async_api import Browser

from tests.browser.looks import ALL_LOOKS, Look, check_accessibility, open_page, take_picture
from tests.journeys.conftest import House


@pytest.fixture(scope="session")
def scorecard(house: House) -> str:
    """The address of a customer's scorecard, of which reporting has heard."""
    manager = {"Authorization": f"Bearer {house.token('manager')}"}
    answer = httpx.post(f"{house.url}/engagement/v1/customers", json={"name": "Harbour Authority"}, headers=manager)
    address = f"{house.url}/reporting/v1/customers/{answer.json()['id']}/scorecard.html?period=2026-10"
    for _ in range(100):
        if httpx.get(address, headers=manager).status_code == 200:
            return address
    pytest.fail("reporting has not heard of the customer")


@pytest.mark.parametrize("look", ALL_LOOKS, ids=str)
async def test_everyone_can_read_a_scorecard(browser: Browser, house: House, scorecard: str, look: Look) -> None:
    headers = {"Authorization": f"Bearer {house.token('manager')}"}

    async with open_page(browser, look, extra_http_headers=headers) as page:
        await page.goto(scorecard)

        assert await page.locator("h1").inner_text() == "Harbour Authority"
        await take_picture(page, "scorecard", look)
        await check_accessibility(browser, page, look)
