"""The scorecard as people see it: in light and dark, on a phone and on a screen."""

from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from playwright.async_api import Browser

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from published.event import Event
from tests.browser.looks import ALL_LOOKS, WIDTHS, Look, check_accessibility, open_page, take_picture
from tests.journeys.conftest import House
from tests.reporting.conftest import Reporting, Story, reporting, story

__all__ = ["reporting", "story"]


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


def list_events(story: Story, month: int) -> list[Event]:
    """Tell twelve months in which performance went up and down, the last of them under way or stated."""
    months = [month - number for number in range(month)]
    period_from = {number: datetime(2026, number, 1, tzinfo=UTC) for number in range(1, 13)}
    stated = [
        story.stated(
            period_from=period_from[number],
            period_to=period_from[number + 1],
            performance=Decimal(9900 + 7 * number % 40).scaleb(-2),
            met=number % 3 == 0,
            timezone="UTC",
        )
        for number in months
        if number < 11
    ]
    unscored = {"n": 0, "score": None, "low": None, "high": None}
    return [
        story.opened(opened_at=period_from[month]),
        *stated,
        story.measured(),
        story.measured(
            survey_id=new_id(),
            survey_name="Service desk, November",
            opened_at=period_from[month],
            answered=3,
            **unscored,
        ),
    ]


@pytest.mark.parametrize("look", ALL_LOOKS, ids=str)
@pytest.mark.parametrize("state", ["stated", "under_way"])
async def test_everyone_can_read_a_year_of_figures(
    browser: Browser, reporting: Reporting, story: Story, clock: FakeClock, look: Look, state: str
) -> None:
    await reporting.hear(story.registered(), story.published(), story.signed(), story.activated(), story.breached())
    await reporting.hear(*list_events(story, 10))
    period_from, clock.now = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    until, period_to = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    await reporting.hear(story.progressed(period_from=period_from, period_to=period_to, until=until, timezone="UTC"))
    html = await reporting.page(story, "2026-10" if state == "stated" else "2026-11")

    async with open_page(browser, look) as page:
        await page.set_content(html)

        await take_picture(page, f"scorecard-{state}", look)
        chart = page.get_by_role("region", name="Chart of performance over time")
        newest = await chart.locator("text", has_text="Oct").last.bounding_box()
        assert newest is not None
        assert newest["x"] + newest["width"] <= WIDTHS[look.width]
        await check_accessibility(browser, page, look)
