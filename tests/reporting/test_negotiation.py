"""JSON or HTML: what the Accept header asks for, by the rules of RFC 9110."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.scorecards.negotiation import choose_media_type

OFFERS = ("application/json", "text/html")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("text/*", "text/html"),
        (BROWSER, "text/html"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("text/html; charset=utf-8; q=1, application/json;q=0.9", "text/html"),
        ("application/json;q=0, */*", "text/html"),
        ("*/*;q=0", None),
        ("application/xml", None),
        ("text/html;q=0", None),
        ("text/html;q=nan", None),
        ("text/html;q=abc", None),
        ("text/html;q=2", None),
        (",,;q=1,", None),
    ],
)
def test_the_rules(accept: str | None, expected: str | None) -> None:
    assert choose_media_type(accept, OFFERS) == expected


@given(st.text(max_size=200))
def test_no_header_breaks_it(accept: str) -> None:
    assert choose_media_type(accept, OFFERS) in (*OFFERS, None)


async def test_one_address_gives_both(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    path = f"/customers/{story.customer}/scorecard?period=2026-10"
    for accept, kind in (("application/json", "application/json"), (BROWSER, "text/html; charset=utf-8")):
        answer = await reporting.ask(path, extra={"Accept": accept})
        assert answer.headers["content-type"] == kind
        assert answer.headers["vary"] == "Accept"


async def test_another_type_is_not_acceptable(reporting: Any, story: Any) -> None:
    await reporting.hear_all(story)
    path = f"/customers/{story.customer}/scorecard?period=2026-10"
    answer = await reporting.ask(path, extra={"Accept": "application/pdf"})
    assert answer.status_code == 406
    assert answer.json()["type"] == "/reporting/v1/problems/not-acceptable"
    assert answer.headers["vary"] == "Accept"
