"""People sign in at an identity provider: a certified one, by the authorization code flow with PKCE."""

import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from common.app import create_app
from common.auth.principal import Principal
from common.auth.settings import AuthSettings
from common.settings import DatabaseSettings, Settings
from common.testing.databases import CreateDatabase
from console.main import ConsoleMisconfigured, application, build_console
from console.sessions.session import Session, Tokens
from console.settings import ConsoleSettings
from console.sign_in.provider import ProviderSignIn
from rapport.embedded.services import load_service
from rapport.processes.ports import find_free_port

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / ".cache" / "provider"
URL = "https://rapport.test"
TOKEN_SECONDS = 40
CATALOG_PAGE = "/console/catalog"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A running provider; `make .cache/provider/.ready` installs it."""
    if not (INSTALLED / "node_modules").is_dir() or shutil.which("node") is None:
        message = (
            "the OpenID provider is not installed (make .cache/provider/.ready, with Node.js): signing in is not tested"
        )
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    shutil.copy(Path(__file__).with_name("provider") / "provider.mjs", INSTALLED)
    port = find_free_port()
    words = ["node", "provider.mjs", str(port), f"{URL}/console/signed-in", f"{URL}/console/signed-out"]
    process = subprocess.Popen(
        [*words, str(TOKEN_SECONDS)], cwd=INSTALLED, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    assert "listening" in process.stdout.readline()
    yield f"http://localhost:{port}"
    process.terminate()
    process.wait(10)
    process.stdout.close()


class Person:
    """A person's browser, which reaches the console and the provider."""

    def __init__(self, console: httpx.AsyncBaseTransport) -> None:
        self.client = httpx.AsyncClient(mounts={URL: console}, trust_env=False, timeout=30)
        self.visited: list[str] = []

    async def open(self, url: str) -> httpx.Response:
        """Open a page, and follow where it leads, as far as the provider's own pages or one of the console's."""
        answer = await self.client.get(url)
        self.visited.append(url)
        while answer.is_redirect:
            answer = await self.client.get(answer.url.join(answer.headers["location"]))
            self.visited.append(str(answer.url))
        return answer

    async def submit(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Send the first form of the page, filled in."""
        action = re.search(r'action="([^"]+)"', page.text)
        assert action, page.text
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        answer = await self.client.post(page.url.join(unescape(action[1])), data=hidden | fields)
        return await self.open(str(answer.url.join(answer.headers["location"]))) if answer.is_redirect else answer

    async def sign_in(self, account: str, page: str = CATALOG_PAGE) -> httpx.Response:
        asked = await self.open(f"{URL}{page}")
        consent = await self.submit(asked, prompt="login", login=account, password="any")
        return await self.submit(consent, prompt="consent")


@pytest.fixture
async def person(
    issuer: str, temporary_database: CreateDatabase, request: pytest.FixtureRequest
) -> AsyncIterator[Person]:
    """Somebody in front of a console over the catalog, both of which trust the provider."""
    client = getattr(request, "param", {"client_id": "rapport-console"})
    auth = AuthSettings(issuer=issuer, jwks_url=f"{issuer}/jwks")
    database = DatabaseSettings(url=await temporary_database("catalog"))
    catalog = create_app(load_service("catalog"), Settings(environment="test", database=database, auth=auth))
    own = ConsoleSettings(public_url=URL, service_url="http://{service}", session_key="k" * 40, **client)
    console = build_console(own, ProviderSignIn(own, auth), httpx.ASGITransport(catalog))
    async with (
        catalog.router.lifespan_context(catalog),
        console.router.lifespan_context(console),
    ):
        person = Person(httpx.ASGITransport(console))
        yield person
        await person.client.aclose()


async def test_who_opens_a_page_signs_in_at_the_provider_and_comes_back(person: Person, issuer: str) -> None:
    asked = await person.client.get(f"{URL}{CATALOG_PAGE}")
    begun = await person.client.get(asked.url.join(asked.headers["location"]))
    query = parse_qs(urlsplit(begun.headers["location"]).query)
    assert begun.headers["location"].startswith(f"{issuer}/auth?")
    assert query["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(query)

    page = await person.sign_in("manager.mira")

    assert (page.status_code, page.url.path) == (200, CATALOG_PAGE)
    assert "Person manager.mira" in page.text
    assert "service manager" in page.text
    assert "The catalog is empty." in page.text


@pytest.mark.parametrize("person", [{"client_id": "rapport-server", "client_secret": "se:cret/+%"}], indirect=True)
async def test_a_console_with_a_secret_of_its_own_shows_it(person: Person) -> None:
    page = await person.sign_in("manager.mira")

    assert (page.status_code, page.url.path) == (200, CATALOG_PAGE)


async def test_the_session_is_this_hosts_only_and_secure(person: Person) -> None:
    await person.sign_in("manager.mira")

    cookies = [cookie for cookie in person.client.cookies.jar if cookie.domain.startswith("rapport")]
    assert {cookie.name.partition(".")[0] for cookie in cookies} == {"__Host-rapport_session"}
    assert all(cookie.secure and cookie.path == "/" for cookie in cookies)


async def test_an_answer_to_a_question_that_nobody_asked_signs_nobody_in(person: Person) -> None:
    answer = await person.client.get(f"{URL}/console/signed-in?code=stolen&state=guessed")

    assert answer.status_code == 401
    assert "The sign-in was begun in another browser" in answer.text
    assert not [cookie for cookie in person.client.cookies.jar if "session" in cookie.name]


async def test_an_answer_is_taken_by_the_browser_that_asked_only(person: Person) -> None:
    asked = await person.open(f"{URL}{CATALOG_PAGE}")
    consent = await person.submit(asked, prompt="login", login="manager.mira", password="any")
    jar = person.client.cookies.jar
    jar.clear("rapport.test")

    answer = await person.submit(consent, prompt="consent")

    assert answer.status_code == 401
    assert not [cookie for cookie in jar if "session" in cookie.name and cookie.domain == "rapport.test"]


async def test_an_answer_works_once(person: Person) -> None:
    asked = await person.open(f"{URL}{CATALOG_PAGE}")
    consent = await person.submit(asked, prompt="login", login="manager.mira", password="any")
    page = await person.submit(consent, prompt="consent")
    assert page.status_code == 200
    arrival = next(url for url in person.visited if urlsplit(url).path == "/console/signed-in")

    again = await person.client.get(arrival)

    assert again.status_code == 401


async def test_who_has_no_role_is_told_whom_to_ask(person: Person) -> None:
    page = await person.sign_in("stranger")

    assert page.status_code == 403
    assert "Nobody has given you a role in Rapport." in page.text


async def test_the_token_is_renewed_before_it_expires(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    await person.sign_in("manager.mira")
    before = _read_session_cookie(person)
    await person.client.get(f"{URL}{CATALOG_PAGE}")
    assert _read_session_cookie(person) == before, "a token that is good for a while is not renewed"

    monkeypatch.setattr("console.frame.console.RENEWED_BEFORE", timedelta(seconds=TOKEN_SECONDS))
    page = await person.client.get(f"{URL}{CATALOG_PAGE}")

    assert page.status_code == 200
    assert _read_session_cookie(person) != before
    again = await person.client.get(f"{URL}{CATALOG_PAGE}")
    assert again.status_code == 200, "the refresh token was replaced as well"


def _read_session_cookie(person: Person) -> str:
    return "".join(cookie.value or "" for cookie in person.client.cookies.jar if "rapport_session" in cookie.name)


async def test_signing_out_ends_both_sessions(person: Person, issuer: str) -> None:
    page = await person.sign_in("manager.mira")
    policy = page.headers["content-security-policy"]
    assert f"form-action 'self' {issuer};" in policy, "browsers follow a form only to where the policy lets them"

    answer = await _sign_out(person, page)

    place = urlsplit(answer.headers["location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"{issuer}/session/end"
    query = parse_qs(place.query)
    assert query["post_logout_redirect_uri"] == [f"{URL}/console/signed-out"]
    assert "id_token_hint" in query
    assert not _read_session_cookie(person)

    confirmation = await person.open(answer.headers["location"])
    farewell = await person.submit(confirmation, logout="yes")
    assert "You are signed out." in farewell.text
    asked = await person.open(f"{URL}{CATALOG_PAGE}")
    assert 'name="login"' in asked.text, "the provider asks who it is"


RENEWING_AT_EACH_PAGE = {"client_id": "rapport-console", "renewal_interval": timedelta(seconds=30)}


@pytest.mark.parametrize("person", [RENEWING_AT_EACH_PAGE], indirect=True)
async def test_tokens_that_are_good_for_longer_are_renewed_all_the_same(person: Person) -> None:
    await person.sign_in("manager.mira")
    before = _read_session_cookie(person)

    page = await person.client.get(f"{URL}{CATALOG_PAGE}")

    assert page.status_code == 200
    assert _read_session_cookie(person) != before


@pytest.mark.parametrize("person", [RENEWING_AT_EACH_PAGE], indirect=True)
async def test_a_copied_cookie_is_worth_nothing_once_its_session_was_signed_out(person: Person) -> None:
    """The provider renews its tokens no more, though nobody went to the provider's own page that signs out."""
    page = await person.sign_in("manager.mira")
    jar = person.client.cookies.jar
    copied = [cookie for cookie in jar if "rapport_session" in cookie.name]
    await _sign_out(person, page)
    for cookie in copied:
        jar.set_cookie(cookie)

    answer = await person.client.get(f"{URL}{CATALOG_PAGE}")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in")


async def test_a_session_outlasts_a_provider_that_is_away_for_as_long_as_its_token_is_good() -> None:
    auth = AuthSettings(issuer="http://localhost:1", jwks_url="http://localhost:1/jwks")
    own = ConsoleSettings(public_url=URL, session_key="k" * 40, client_id="rapport-console")
    sign_in, now = ProviderSignIn(own, auth), datetime.now(UTC)
    tokens = Tokens(access_token="opaque", expires_at=now + timedelta(minutes=1), refresh_token="opaque")
    session = Session.begin(tokens, now + timedelta(hours=1), Principal("mira", frozenset()))

    assert await sign_in.renew(session, now) == session
    assert await sign_in.renew(session, now + timedelta(minutes=2)) is None
    await sign_in.close()


async def _sign_out(person: Person, page: httpx.Response) -> httpx.Response:
    key = re.search(r'name="form_key" value="([^"]+)"', page.text)
    assert key
    headers = {"Origin": URL, "Sec-Fetch-Site": "same-origin"}
    return await person.client.post(f"{URL}/console/sign-out", data={"form_key": key[1]}, headers=headers)


async def test_a_provider_that_does_not_answer_is_said_to_be_away() -> None:
    auth = AuthSettings(issuer="http://localhost:1", jwks_url="http://localhost:1/jwks")
    own = ConsoleSettings(public_url=URL, session_key="k" * 40, client_id="rapport-console")
    console = build_console(own, ProviderSignIn(own, auth))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(console), base_url=URL) as client:
        answer = await client.get("/console/sign-in")

    assert answer.status_code == 503
    assert "The identity provider does not answer right now." in answer.text


def test_a_console_that_nobody_could_sign_in_to_does_not_start() -> None:
    with pytest.raises(
        ConsoleMisconfigured, match=r"RAPPORT_CONSOLE__SESSION_KEY.*HTTP__PUBLIC_URL.*AUTH__ISSUER.*CLIENT_ID"
    ):
        application(Settings(environment="test"))
