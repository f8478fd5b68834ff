"""A running Rapport, and people who look at it through its console."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any, Self

import httpx
import pytest

from console.main import PAGES
from tests.journeys.conftest import House, house

__all__ = ["Browsing", "House", "house"]

FORM = re.compile(r"<form[^>]*>.*?</form>", re.DOTALL)
FIELD = re.compile(r"<(?:input|button)[^>]*>")


class Browsing:
    """One person's browser: it keeps cookies, sends what browsers send with forms, and runs no script."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=60, trust_env=False, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def open(self, path: str, expect: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == expect, f"{path}: {answer.status_code} {read_main(answer.text)}"
        return answer.text

    def post(
        self, path: str, expect: int = 200, headers: dict[str, str] | None = None, **fields: str
    ) -> httpx.Response:
        own = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        answer = self.client.post(path, data=fields, headers=own if headers is None else headers)
        assert answer.status_code == expect, f"{path}: {answer.status_code} {read_main(answer.text)}"
        return answer

    def submit(self, page: str, action: str, expect: int = 200, **fields: str) -> str:
        """Fill in the form of a page that is sent to `action`, and send it."""
        return self.post(action, expect, **(list_fields(page, action) | fields)).text

    def sign_in(self, role: str, customer_id: str = "", name: str = "") -> str:
        return self.post("/console/sign-in", role=role, customer_id=customer_id, name=name).text


def read_main(page: str) -> str:
    """Return what the page says, without its style and navigation."""
    return page.partition("<main")[2] or page


def list_fields(page: str, action: str) -> dict[str, str]:
    """List the fields that the form already has, the hidden ones among them."""
    forms = [form for form in FORM.findall(page) if f'method="post" action="{action}"' in form]
    assert forms, f"no form is sent to {action}"
    fields = [dict(re.findall(r'([a-z_-]+)="([^"]*)"', tag)) for tag in FIELD.findall(forms[0])]
    return {field["name"]: unescape(field.get("value", "")) for field in fields if field.get("type") == "hidden"}


def list_page_addresses(ids: Mapping[str, str]) -> dict[str, str]:
    """List the addresses of all pages that the console has for who is signed in, by their pattern."""
    pages = [route for route in PAGES if "GET" in (route.methods or ())]
    return {route.path: route.path_format.format_map(ids) for route in pages}


def list_actions(page: str) -> set[str]:
    """List what the page's forms can be sent to."""
    return set(re.findall(r'<form[^>]* action="([^"]+)"', page))


@pytest.fixture
def manager(house: House) -> Any:
    with Browsing(house.url) as browsing:
        browsing.sign_in("manager", name="mira")
        yield browsing


@pytest.fixture
def visitor(house: House) -> Any:
    """Somebody who has not signed in."""
    with Browsing(house.url) as browsing:
        yield browsing
