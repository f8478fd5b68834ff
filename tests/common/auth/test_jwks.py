"""The issuer's keys: rotation is followed, outages are survived, and invented key ids do not become a flood."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from common.auth.development_issuer import generate_key
from common.auth.jwks import JwksCache, UnknownKey, parse_jwks
from common.errors import Unavailable
from common.testing.fake_issuer import FakeClock, FakeIssuer


@pytest.fixture
def cache(issuer: FakeIssuer, issuer_client: httpx.AsyncClient, clock: FakeClock) -> JwksCache:
    return JwksCache(issuer.settings.jwks_url, issuer_client, timedelta(minutes=10), clock.seconds)


async def test_keys_are_fetched_once_for_their_lifetime(cache: JwksCache, issuer: FakeIssuer, clock: FakeClock) -> None:
    for _ in range(5):
        await cache.get_key(issuer.key.kid)
    assert issuer.fetches == 1
    clock.advance(timedelta(minutes=11))
    await cache.get_key(issuer.key.kid)
    assert issuer.fetches == 2


async def test_many_at_once_cause_one_fetch(cache: JwksCache, issuer: FakeIssuer) -> None:
    await asyncio.gather(*(cache.get_key(issuer.key.kid) for _ in range(50)))
    assert issuer.fetches == 1


async def test_a_thousand_invented_ids_cause_one_fetch_in_thirty_seconds(
    cache: JwksCache, issuer: FakeIssuer, clock: FakeClock
) -> None:
    await cache.get_key(issuer.key.kid)
    clock.advance(timedelta(seconds=31))
    refused = await asyncio.gather(*(cache.get_key(f"invented-{i}") for i in range(1000)), return_exceptions=True)
    assert all(isinstance(refusal, UnknownKey) for refusal in refused)
    assert issuer.fetches == 2
    clock.advance(timedelta(seconds=31))
    with pytest.raises(UnknownKey):
        await cache.get_key("invented")
    assert issuer.fetches == 3


async def test_a_rotation_is_followed_and_the_old_key_dies(
    cache: JwksCache, issuer: FakeIssuer, clock: FakeClock
) -> None:
    old = issuer.key.kid
    await cache.get_key(old)
    issuer.key = generate_key()
    clock.advance(timedelta(seconds=31))
    assert (await cache.get_key(issuer.key.kid)).kid == issuer.key.kid
    with pytest.raises(UnknownKey):
        await cache.get_key(old)


async def test_known_keys_serve_a_day_while_the_issuer_is_away(
    cache: JwksCache, issuer: FakeIssuer, clock: FakeClock
) -> None:
    await cache.get_key(issuer.key.kid)
    issuer.failing_app = PlainTextResponse("down", status_code=500)
    clock.advance(timedelta(hours=23))
    assert await cache.get_key(issuer.key.kid)
    clock.advance(timedelta(hours=2))
    with pytest.raises(Unavailable):
        await cache.get_key(issuer.key.kid)
    issuer.failing_app = None
    clock.advance(timedelta(seconds=31))
    assert await cache.get_key(issuer.key.kid)


async def test_while_one_waits_for_a_slow_issuer_the_others_use_what_is_known(
    cache: JwksCache, issuer: FakeIssuer, clock: FakeClock
) -> None:
    await cache.get_key(issuer.key.kid)
    requested, release = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        requested.set()
        await release.wait()
        await PlainTextResponse("late", status_code=500)(scope, receive, send)

    issuer.failing_app = slow
    clock.advance(timedelta(minutes=11))
    first = asyncio.create_task(cache.get_key(issuer.key.kid))
    await requested.wait()
    assert await asyncio.wait_for(cache.get_key(issuer.key.kid), 1)
    assert not first.done()
    release.set()
    assert await first


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("not json"),
        JSONResponse({"keys": []}),
        JSONResponse(["keys"]),
        JSONResponse({"keys": {"kid": "x"}}),
        PlainTextResponse("[" * 100_000),
        PlainTextResponse(" " * 300_000),
        RedirectResponse("http://127.0.0.1:1/jwks.json"),
    ],
    ids=["text", "empty", "list", "object", "deep", "large", "redirect"],
)
async def test_hostile_answers_are_an_outage(cache: JwksCache, issuer: FakeIssuer, answer: Response) -> None:
    issuer.failing_app = answer
    with pytest.raises(Unavailable):
        await cache.get_key(issuer.key.kid)


async def test_an_endless_answer_is_cut_off(cache: JwksCache, issuer: FakeIssuer) -> None:
    async def first_megabyte() -> AsyncIterator[bytes]:
        for _ in range(16):
            yield b" " * 65536

    issuer.failing_app = StreamingResponse(first_megabyte())
    with pytest.raises(Unavailable):
        await cache.get_key(issuer.key.kid)


def test_which_keys_of_a_set_are_usable() -> None:
    good = ECKey.generate_key("P-256", {"kid": "good"})
    twice = [ECKey.generate_key("P-256", {"kid": "twice"}) for _ in range(2)]
    encryption = ECKey.generate_key("P-256", {"kid": "encryption", "use": "enc"})
    shared = OctKey.generate_key(256, {"kid": "shared"})
    entries = [key.as_dict(private=False) for key in (good, *twice, encryption)]
    entries += [shared.as_dict(private=True), {"kty": "RSA", "kid": "broken"}, {"kty": "LATTICE", "kid": "new"}, 7]
    assert set(parse_jwks({"keys": entries})) == {"good"}


def test_short_rsa_keys_are_not_used() -> None:
    with pytest.warns(SecurityWarning, match="2048"):
        short = RSAKey.generate_key(1024, {"kid": "short"})
    with pytest.raises(ValueError, match="no usable key"):
        parse_jwks({"keys": [short.as_dict(private=False)]})
