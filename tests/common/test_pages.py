"""Pages: they escape what they show, stand on one base, and allow nothing but their own style."""

import base64
import hashlib
import re

import pytest
from jinja2 import UndefinedError

from common.pages.answers import to_html_answer
from common.pages.page_templates import PageTemplates

TEMPLATES = PageTemplates("tests.common.shown_pages", "notes.css", filters={"shout": lambda text: f"{text}!"})


def test_a_page_stands_on_the_shared_base_and_escapes_what_it_shows() -> None:
    page = TEMPLATES.render("notes.html", note="<b>tea</b>")

    assert page.html.startswith("<!DOCTYPE html>")
    assert "&lt;b&gt;tea&lt;/b&gt;!" in page.html
    assert '<meta name="viewport"' in page.html


def test_a_page_allows_its_own_style_and_nothing_else() -> None:
    page = TEMPLATES.render("notes.html", note="tea")

    style = re.search(r"<style>(.*?)</style>", page.html, re.DOTALL)
    assert style is not None
    assert ".note { color: red; }" in style[1]
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert page.policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "form-action 'none'" in page.policy


def test_a_page_with_a_form_may_send_it_home_only() -> None:
    assert "form-action 'self'" in TEMPLATES.render("notes.html", form_target="'self'", note="tea").policy


def test_a_page_that_misses_a_value_is_an_error_and_no_gap() -> None:
    with pytest.raises(UndefinedError):
        TEMPLATES.render("notes.html")


def test_nothing_keeps_a_page_or_learns_its_address() -> None:
    answer = to_html_answer(TEMPLATES.render("notes.html", note="tea"), status=404, headers={"x-note": "1"})

    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-note"] == "1"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
