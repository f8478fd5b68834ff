"""The page that the link of an invitation opens: a browser is enough to answer, and looking at it answers nothing."""

import csv
import io
import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from feedback.answer_pages.wording import ENGLISH
from feedback.surveys.instruments import INSTRUMENTS

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def open_link(feedback: Any, token: str, query: str = "") -> httpx.Response:
    answer: httpx.Response = await feedback.ask("GET", f"/answers/{token}{query}", None, extra=BROWSER)
    return answer


async def send_form(feedback: Any, token: str, fields: dict[str, str], **headers: str) -> httpx.Response:
    answer: httpx.Response = await feedback.ask(
        "POST", f"/answers/{token}", None, data=fields, extra={**BROWSER, **headers}
    )
    return answer


async def invite_one(feedback: Any, **survey: Any) -> tuple[str, str]:
    """Return the id of a survey, and the token of the only person invited to it."""
    customer, _ = await feedback.customer(1)
    survey_id = await feedback.survey(**survey)
    (token,) = await feedback.invite(survey_id, customer)
    return survey_id, token


async def test_one_address_is_a_page_for_browsers_and_a_document_for_programs(feedback: Any) -> None:
    _, token = await invite_one(feedback, name="Autumn", question="How was it?")

    page = await open_link(feedback, token)
    document = await feedback.ask("GET", f"/answers/{token}", None)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "How was it?" in page.text
    assert document.json()["question"] == "How was it?"


async def test_the_page_gives_nothing_of_its_address_away_and_loads_nothing(feedback: Any) -> None:
    _, token = await invite_one(feedback)

    page = await open_link(feedback, token)

    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script|https?://|<link|<img", page.text)


async def test_the_page_shows_the_scale_in_words_and_who_will_see_the_answer(feedback: Any) -> None:
    _, token = await invite_one(feedback, smallest_n=7)

    text = (await open_link(feedback, token)).text

    for label in ("Very dissatisfied", "Dissatisfied", "Neither satisfied nor dissatisfied", "Satisfied"):
        assert label in text
    assert "at least 7 answers" in text
    assert "once 14 people have answered" in text


async def test_a_survey_that_is_released_at_its_closing_says_so(feedback: Any) -> None:
    _, token = await invite_one(feedback, release="closing")
    assert "when the survey has closed" in (await open_link(feedback, token)).text


async def test_a_survey_that_shows_every_answer_does_not_promise_otherwise(feedback: Any) -> None:
    _, token = await invite_one(feedback, smallest_n=1)
    text = (await open_link(feedback, token)).text
    assert "they may guess" in text
    assert "nobody sees" not in text


async def test_opening_the_link_answers_nothing_however_often(feedback: Any) -> None:
    survey, token = await invite_one(feedback)

    for _ in range(3):
        await open_link(feedback, token, "?rating=5&recorded=1")
        await feedback.ask("HEAD", f"/answers/{token}?rating=5", None, extra=BROWSER)

    assert (await feedback.ask("GET", f"/answers/{token}", None)).json()["answered"] is False
    assert (await feedback.get(f"/surveys/{survey}/satisfaction"))["overall"]["answered"] == 0


async def test_a_sent_form_is_an_answer_and_leads_to_the_thanks(feedback: Any) -> None:
    survey, token = await invite_one(feedback)

    sent = await send_form(feedback, token, {"rating": "4", "comment": "Quick help.\r\nThank you."})
    thanks = await open_link(feedback, token, "?" + urlsplit(sent.headers["location"]).query)

    assert sent.status_code == 303
    assert urlsplit(sent.headers["location"]).path == f"/feedback/v1/answers/{token}"
    assert ENGLISH.recorded.title in thanks.text
    assert (await feedback.get(f"/surveys/{survey}/satisfaction"))["overall"]["answered"] == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"comment": "Slow <b>& late"}, ENGLISH.rating_missing),
        ({"rating": "6", "comment": "Slow <b>& late"}, ENGLISH.rating_missing),
        ({"rating": "\u0665", "comment": "Slow <b>& late"}, ENGLISH.rating_missing),
        ({"rating": "2", "comment": "Slow <b>& late" + "x" * 10_000}, "10,014 characters, and 10,000"),
        ({"rating": "2", "comment": "Slow <b>& late\x07"}, ENGLISH.comment_unreadable),
    ],
)
async def test_what_cannot_be_recorded_is_shown_again_as_it_was_typed(
    feedback: Any, fields: dict[str, str], message: str
) -> None:
    _, token = await invite_one(feedback)

    shown = await send_form(feedback, token, fields)

    assert shown.status_code == 422
    assert message in shown.text
    assert "Slow &lt;b&gt;&amp; late" in shown.text
    assert ("required checked" in shown.text) == (fields.get("rating") == "2")
    assert (await send_form(feedback, token, {"rating": "2"})).status_code == 303


async def test_a_link_that_was_used_says_so_and_takes_no_second_answer(feedback: Any) -> None:
    _, token = await invite_one(feedback)
    await send_form(feedback, token, {"rating": "4"})

    again, opened = await send_form(feedback, token, {"rating": "1"}), await open_link(feedback, token)

    assert (again.status_code, opened.status_code) == (409, 200)
    assert ENGLISH.answered.title in again.text
    assert ENGLISH.answered.title in opened.text


async def test_a_closed_survey_says_so(feedback: Any) -> None:
    survey, token = await invite_one(feedback)
    await feedback.close(survey)

    sent, opened = await send_form(feedback, token, {"rating": "4"}), await open_link(feedback, token)

    assert (sent.status_code, opened.status_code) == (409, 200)
    assert ENGLISH.closed.title in sent.text
    assert ENGLISH.closed.title in opened.text


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "é"])
async def test_an_unknown_link_says_what_to_do(feedback: Any, token: str) -> None:
    for answer in (await open_link(feedback, token), await send_form(feedback, token, {"rating": "4"})):
        assert answer.status_code == 404
        assert ENGLISH.unknown.title in answer.text


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://rapport.test"}, 303),
        ({}, 303),
    ],
)
async def test_a_form_comes_from_its_own_page(feedback: Any, origin: dict[str, str], status: int) -> None:
    _, token = await invite_one(feedback)
    own = {"Host": "rapport.test"}
    assert (await send_form(feedback, token, {"rating": "4"}, **own, **origin)).status_code == status


async def test_a_form_that_is_no_text_is_refused_with_a_page(feedback: Any) -> None:
    _, token = await invite_one(feedback)
    headers = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await feedback.ask("POST", f"/answers/{token}", None, content=b"rating=%ff", extra=headers)
    assert answer.status_code == 400
    assert ENGLISH.refused.title in answer.text


async def test_no_page_shows_who_was_invited(feedback: Any) -> None:
    customer, people = await feedback.customer(1, name="Harbour Authority")
    survey = await feedback.survey()
    (token,) = await feedback.invite(survey, customer)

    text = (await open_link(feedback, token)).text

    assert not [word for word in (str(people[0]), str(customer), "Harbour Authority") if word in text]


def test_every_scale_has_words_for_people() -> None:
    assert {label for instrument in INSTRUMENTS.values() for label in instrument.labels} <= ENGLISH.labels.keys()


async def test_invitations_carry_links_that_can_be_sent_as_they_are(feedback: Any) -> None:
    customer, _ = await feedback.customer(1)
    survey = await feedback.survey()
    body = {"customer_id": str(customer)}
    path = f"/surveys/{survey}/invitations"

    (link,) = (await feedback.ask("POST", path, json=body, extra={"Host": "rapport.test:8000"})).json()["links"]
    feedback.trial.runtime.settings.http.public_url = "https://rapport.example"
    renewed = (await feedback.ask("POST", f"{path}/{link['invitation_id']}/link")).json()

    assert link["link"] == f"http://rapport.test:8000{link['path']}"
    assert renewed["link"] == f"https://rapport.example{renewed['path']}"


async def test_invitations_come_as_a_table_for_a_mail_merge(feedback: Any) -> None:
    customer, people = await feedback.customer(2, name='=HYPERLINK("x"), Müller')
    survey = await feedback.survey()

    answer = await feedback.ask(
        "POST",
        f"/surveys/{survey}/invitations",
        json={"customer_id": str(customer)},
        extra={"Accept": "text/csv", "Host": "rapport.test"},
    )

    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/csv; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert {row["person_id"] for row in rows} == {str(person) for person in people}
    assert {row["customer"] for row in rows} == {'\'=HYPERLINK("x"), Müller'}
    page = await feedback.trial.client.get(rows[0]["link"], headers=BROWSER)
    assert ENGLISH.send in page.text
