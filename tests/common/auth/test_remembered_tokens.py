"""A token that was believed is not examined again, and is no longer believed than any other."""

from datetime import timedelta

import httpx
import pytest

from common.auth.bearer_tokens import TokenVerifier
from common.auth.development_issuer import generate_key
from common.auth.jwks import JwksCache
from common.errors import Unauthenticated
from common.testing.fake_issuer import FakeClock, FakeIssuer


@pytest.fixture
def verifier(issuer: FakeIssuer, issuer_client: httpx.AsyncClient, clock: FakeClock) -> TokenVerifier:
    keys = JwksCache(issuer.settings.jwks_url, issuer_client, timedelta(minutes=10), clock.seconds)
    return TokenVerifier(issuer.settings, keys, clock)


async def test_it_names_the_same_person_each_time(verifier: TokenVerifier, issuer: FakeIssuer) -> None:
    token = issuer.token()
    assert await verifier.verify(token) is await verifier.verify(token)
    with pytest.raises(Unauthenticated):
        await verifier.verify(token[:-4] + "AAAA")


async def test_it_expires(verifier: TokenVerifier, issuer: FakeIssuer, clock: FakeClock) -> None:
    token = issuer.token()
    await verifier.verify(token)
    clock.advance(timedelta(minutes=6))
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


async def test_it_falls_with_the_key_it_was_signed_with(
    verifier: TokenVerifier, issuer: FakeIssuer, clock: FakeClock
) -> None:
    token = issuer.token(exp=int(clock.seconds()) + 3600)
    await verifier.verify(token)
    issuer.key = generate_key()
    await verifier.verify(token)
    clock.advance(timedelta(minutes=11))
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)
