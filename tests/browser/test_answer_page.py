"""A survey is answered on a phone by keyboard, without scripts, and every state of its page can be read by everyone."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page

from tests.browser.looks import Look, open_examiner, open_page
from tests.journeys.caller import Caller
from tests.journeys.conftest import House

PHONE = Look("light", "narrow")


class Invitations:
    """Links to one question, each of which takes one answer."""

    def __init__(self, manager: Caller, name: str, people: int) -> None:
        self._manager = manager
        customer = manager.post("/engagement/v1/customers", {"name": f"Customers of {name}"})["id"]
        for number in range(people):
            person = {"name": f"Person {number}", "email": f"person{number}@sales.example", "role": "user"}
            manager.post(f"/engagement/v1/customers/{customer}/people", person)
        survey = {"name": name, "question": "How satisfied are you with the service desk this autumn?"}
        self.survey = manager.post("/feedback/v1/surveys", survey)["id"]
        manager.post(f"/feedback/v1/surveys/{self.survey}/opening", expect=200)
        self._links = self._invite(customer, people)

    def _invite(self, customer: str, people: int) -> Iterator[str]:
        """Invite everybody, some of whom feedback may hear of a little later."""
        for _ in range(100):
            body = {"customer_id": customer}
            answer = self._manager.patiently(f"/feedback/v1/surveys/{self.survey}/invitations", body)
            yield from (link["link"] for link in answer["links"])
            if len(answer["already_invited"]) + len(answer["links"]) == people:
                return

    def pop(self) -> str:
        return next(self._links)

    def close(self) -> None:
        self._manager.post(f"/feedback/v1/surveys/{self.survey}/closing", expect=200)


@pytest.fixture(scope="module")
def manager(house: House) -> Iterator[Caller]:
    with Caller(house, house.token("manager")) as caller:
        yield caller


@pytest.fixture(scope="module")
def invitations(manager: Caller) -> Invitations:
    return Invitations(manager, "Autumn", people=3)


async def focused(page: Page) -> str:
    """Return the id or the text of what the keyboard is at; without scripts the page itself cannot say."""
    return str(await page.locator(":focus").evaluate("element => element.id || element.textContent.trim()"))


async def test_a_person_answers_on_a_phone_by_keyboard_without_scripts(
    browser: Browser, invitations: Invitations
) -> None:
    async with open_page(browser, PHONE) as page:
        await page.goto(invitations.pop())

        await page.keyboard.press("Tab")
        assert await focused(page) == "Skip to the question"
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowDown")
        assert await focused(page) == "rating-4"
        await page.keyboard.press("Tab")
        await page.keyboard.type("Quick help.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")

        await page.wait_for_url("**?recorded=1")
        assert await page.locator("h1").inner_text() == "Thank you"


async def test_a_screen_reader_reads_the_question_before_its_answers(
    browser: Browser, invitations: Invitations
) -> None:
    async with open_page(browser, PHONE) as page:
        await page.goto(invitations.pop())

        group = page.get_by_role("radiogroup", name="How satisfied are you with the service desk this autumn?")
        assert await group.get_by_role("radio").count() == 5
        assert await group.get_by_role("radio", name="Very satisfied").is_visible()
        assert await page.get_by_role("textbox", name="Why? (optional)").is_visible()


async def test_everyone_can_read_the_question_its_faults_and_the_thanks(
    browser: Browser, invitations: Invitations
) -> None:
    async with open_page(browser, PHONE) as page, open_examiner(browser) as examiner:

        async def look_at(name: str) -> None:
            await examiner.examine(f"answer-{name}", await page.content())

        await page.goto(invitations.pop())
        await look_at("question")
        await page.get_by_label("Why?").fill("Nobody called back.")
        await page.get_by_role("button").click()
        assert await page.get_by_role("alert").get_by_role("link").inner_text() == "Choose one of the answers."
        assert await page.get_by_label("Why?").input_value() == "Nobody called back."
        await look_at("fault")
        await page.get_by_label("Dissatisfied", exact=True).check()
        await page.get_by_role("button").click()
        await page.wait_for_url("**?recorded=1")
        await look_at("thanks")


async def test_everyone_can_read_what_to_do_with_a_link_that_takes_no_answer(
    browser: Browser, house: House, manager: Caller
) -> None:
    invitations = Invitations(manager, "Closed", people=1)
    link = invitations.pop()
    invitations.close()

    async with open_page(browser, PHONE) as page, open_examiner(browser) as examiner:
        for address, heading in (
            (link, "This survey is closed"),
            (f"{house.url}/feedback/v1/answers/x", "This link does not open a survey"),
        ):
            await page.goto(address)
            assert await page.locator("h1").inner_text() == heading
            await examiner.examine(f"answer-{heading.split()[-1]}", await page.content())
