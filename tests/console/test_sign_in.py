"""Whoever opens Rapport can sign in where it is tried; nobody can be made to, and no session can be forged."""

import re
from collections.abc import Iterator

import httpx
import pytest
from joserfc.jwk import ECKey

from common.auth.development_issuer import DevelopmentIssuerRefused, development_settings
from console.sign_in.development import DevelopmentSignIn
from tests.console.conftest import Browsing
from tests.journeys.caller import Caller
from tests.journeys.conftest import House


@pytest.fixture(scope="module")
def customer(house: House) -> Iterator[dict[str, str]]:
    with Caller(house, house.token("manager")) as caller:
        yield caller.post("/engagement/v1/customers", {"name": "Harbour <Authority> & Sons"})


def test_the_start_page_says_what_rapport_is_and_leads_to_signing_in(visitor: Browsing) -> None:
    page = visitor.open("/")

    assert "What IT offers its customers" in page
    assert 'href="/console/sign-in"' in page
    assert page.count("ready") >= 5
    assert "<script" not in page


def test_a_manager_signs_in_by_choosing_the_role(visitor: Browsing, customer: dict[str, str]) -> None:
    page = visitor.open("/console/sign-in")
    assert customer["id"] in page

    overview = visitor.sign_in("manager", name="mira")

    assert "mira" in overview
    assert "service manager" in overview
    assert "What needs attention" in overview
    assert "Harbour &lt;Authority&gt; &amp; Sons" in overview


def test_who_speaks_for_a_customer_has_to_say_for_which(visitor: Browsing, customer: dict[str, str]) -> None:
    refused = visitor.post("/console/sign-in", 422, role="customer").text
    assert "Choose the customer that you speak for." in refused

    overview = visitor.sign_in("customer", customer["id"], "grace")
    assert "Your month" in overview


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/console//evil",
        "javascript:alert(1)",
        "/sla/v1/x",
    ],
)
def test_signing_in_leads_nowhere_but_to_pages_of_the_console(visitor: Browsing, elsewhere: str) -> None:
    form = {"role": "viewer", "next": elsewhere}
    headers = {"Origin": visitor.url}
    answer = visitor.client.post("/console/sign-in", data=form, headers=headers, follow_redirects=False)

    place = answer.headers["location"]
    assert httpx.URL(visitor.url).join(place).netloc == httpx.URL(visitor.url).netloc
    assert place == "/" or place.startswith("/console/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
    ids=str,
)
def test_no_other_page_can_sign_anybody_in_or_out(manager: Browsing, headers: dict[str, str]) -> None:
    manager.post("/console/sign-in", 403, headers=headers, role="admin")
    page = manager.open("/")
    manager.post("/console/sign-out", 403, headers=headers, form_key=_find_form_key(page))
    assert "mira" in manager.open("/")


def test_a_form_of_another_session_changes_nothing(manager: Browsing, house: House) -> None:
    with Browsing(house.url) as second:
        second.sign_in("manager", name="jonas")
        foreign = _find_form_key(second.open("/"))

    manager.post("/console/sign-out", 403, form_key=foreign)
    manager.post("/console/sign-out", 403, form_key="")
    assert "mira" in manager.open("/")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
def test_a_host_name_that_was_made_to_point_here_gets_no_role(visitor: Browsing, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert visitor.client.get("/console/sign-in", headers={"Host": host}).status_code == 403
    answer = visitor.client.post("/console/sign-in", data={"role": "admin"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_choosing_a_role_is_refused_in_production() -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    with pytest.raises(DevelopmentIssuerRefused):
        DevelopmentSignIn(key, development_settings(), "production")


def test_a_session_is_out_of_reach_of_scripts_and_other_sites(visitor: Browsing) -> None:
    headers = {"Origin": visitor.url}
    answer = visitor.client.post("/console/sign-in", data={"role": "viewer"}, headers=headers, follow_redirects=False)

    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    assert re.search(r"max-age=3[56]\d{3}", cookie.lower())
    assert "eyJhbGciOiJFUzI1NiI" not in cookie, "the token can be read in the cookie"


def test_a_session_that_was_changed_is_no_session(manager: Browsing) -> None:
    name, value = next(iter(manager.client.cookies.items()))
    changed = value[:-2] + ("AA" if value[-2:] != "AA" else "BB")
    manager.client.cookies.clear()
    manager.client.cookies.set(name, changed)

    assert "mira" not in manager.open("/")


def test_a_new_session_begins_with_a_new_secret(visitor: Browsing) -> None:
    first = _find_form_key(visitor.sign_in("manager", name="mira"))
    second = _find_form_key(visitor.sign_in("manager", name="mira"))
    assert first != second


def test_signing_out_ends_the_session(manager: Browsing) -> None:
    page = manager.submit(manager.open("/"), "/console/sign-out")

    assert "You are signed out." in page
    assert not manager.client.cookies
    assert 'href="/console/sign-in"' in page


def test_pages_are_kept_nowhere_and_load_nothing_from_elsewhere(manager: Browsing) -> None:
    answer = manager.client.get("/")

    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "same-origin"


def test_what_is_not_there_says_so_and_leads_on(manager: Browsing) -> None:
    page = manager.open("/console/nowhere", 404)

    assert "There is nothing here" in page
    assert 'href="/"' in page


def _find_form_key(page: str) -> str:
    match = re.search(r'name="form_key" value="([^"]+)"', page)
    assert match
    return match[1]


def test_pages_ask_who_is_not_signed_in_to_do_so_and_then_lead_back(visitor: Browsing) -> None:
    answer = visitor.client.get("/console/agreements?state=active", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Fagreements%3Fstate%3Dactive"

    page = visitor.open(answer.headers["location"])
    assert 'value="/console/agreements?state=active"' in page
