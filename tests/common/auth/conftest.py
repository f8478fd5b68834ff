"""A real issuer over ASGI, an authenticator that trusts it, and requests with any headers."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from starlette.requests import Request

from common.auth.authenticator import Authenticator
from common.auth.development import development_settings, new_key
from common.testing.issuer import Clock, Issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(development_settings("http://issuer.test"), new_key())


@pytest.fixture
async def issuer_client(issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=issuer)) as client:
        yield client


@pytest.fixture
def authenticator(issuer: Issuer, issuer_client: httpx.AsyncClient) -> Authenticator:
    return Authenticator(issuer.settings, issuer_client)


@pytest.fixture
def incoming() -> Callable[..., Request]:
    """A request with these headers, given as pairs so that one can stand there twice."""

    def build(*headers: tuple[str, str], query: str = "") -> Request:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        return Request(
            {
                "type": "http",
                "method": "GET",
                "path": "/",
                "headers": raw,
                "query_string": query.encode(),
                "client": ("192.0.2.7", 1),
            }
        )

    return build
