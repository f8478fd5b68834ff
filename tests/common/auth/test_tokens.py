"""Only an access token of the right issuer, for this audience, signed with its key and in its time, opens anything."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode
from starlette.requests import Request

from common.auth import Role
from common.auth.authenticator import Authenticator
from common.auth.development_issuer import generate_key, issue_token
from common.errors import Unauthenticated
from common.testing.fake_issuer import FakeIssuer


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def encoded(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def subject_of(authenticator: Authenticator, incoming: Callable[..., Request], token: str) -> str:
    return (await authenticator.authenticate(incoming(("Authorization", f"Bearer {token}")))).subject


async def test_a_good_token_names_the_person_and_the_roles(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request]
) -> None:
    token = issuer.token(roles=["manager", "viewer", "dancer"])
    person = await authenticator.authenticate(incoming(("Authorization", f"bearer {token}")))
    assert (person.subject, person.kind, person.customer_id) == ("ada", "person", None)
    assert person.roles == {Role.manager, Role.viewer}


@pytest.mark.parametrize("role", list(Role))
async def test_the_development_issuer_gives_tokens_that_are_accepted(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request], role: Role
) -> None:
    customer = uuid4() if role is Role.customer else None
    token = issue_token(issuer.key, role, customer, "ada", timedelta(minutes=1), settings=issuer.settings)
    person = await authenticator.authenticate(incoming(("Authorization", f"Bearer {token}")))
    assert (person.subject, person.roles, person.customer_id) == ("ada", {role}, customer)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://issuer.test"},
        {"iss": "http://issuer.test/development/"},
        {"iss": "http://issuer.test/development.evil.test"},
        {"iss": "HTTP://issuer.test/development"},
        {"iss": ["http://issuer.test/development"]},
        {"iss": None},
        {"aud": "someone-else"},
        {"aud": ["rapport-portal", "someone-else"]},
        {"aud": "rapport "},
        {"aud": {"rapport": 1}},
        {"aud": None},
        {"exp": lambda: now() - 61},
        {"exp": None},
        {"exp": lambda: str(now() + 300)},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": True},
        {"nbf": lambda: now() + 120},
        {"iat": lambda: now() + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a\x00b"},
        {"sub": "a" * 256},
        {"sub": "system"},
        {"sub": "anonymous"},
        {"sub": "key:0123456789abcdef"},
        {"typ": "ID"},
        {"typ": "Refresh"},
        {"nonce": "n-0S6"},
        {"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"},
        {"roles": ["customer"]},
        {"roles": ["customer"], "customer_id": "not-an-id"},
        {"roles": ["customer", "admin"], "customer_id": str(uuid4())},
        {"customer_id": "../../etc"},
    ],
    ids=", ".join,
)
async def test_claims_that_open_nothing(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request], claims: dict[str, Any]
) -> None:
    """Claims about time are computed when the test runs, which may be minutes after it was collected."""
    written = {name: value() if callable(value) else value for name, value in claims.items()}
    with pytest.raises(Unauthenticated):
        await subject_of(authenticator, incoming, issuer.token(**written))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "no-such-key"},
        {"kid": "../../dev/null"},
        {"kid": "' OR 1=1 --"},
        {"kid": ""},
        {"kid": "k" * 129},
        {"jku": "https://evil.test/jwks.json"},
        {"x5u": "https://evil.test/cert.pem"},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
    ],
    ids=str,
)
async def test_headers_that_open_nothing(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request], header: dict[str, Any]
) -> None:
    _, body, _ = issuer.token().split(".")
    full = {"alg": "ES256", "kid": issuer.key.kid, "typ": "JWT"} | header
    signing_input = f"{encoded(full)}.{body}"
    signature = _signature(signing_input, issuer.key)
    with pytest.raises(Unauthenticated):
        await subject_of(authenticator, incoming, f"{signing_input}.{signature}")


def _signature(signing_input: str, key: ECKey) -> str:
    """Over the exact text, as the library would refuse to make some of these tokens."""
    r, s = decode_dss_signature(key.private_key.sign(signing_input.encode(), ECDSA(SHA256())))
    return urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode().rstrip("=")


async def test_the_hand_made_signature_is_a_good_one(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request]
) -> None:
    _, body, _ = issuer.token().split(".")
    signing_input = f"{encoded({'alg': 'ES256', 'kid': issuer.key.kid})}.{body}"
    token = f"{signing_input}.{_signature(signing_input, issuer.key)}"
    assert await subject_of(authenticator, incoming, token) == "ada"


async def test_tokens_without_or_with_a_forged_signature(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request]
) -> None:
    head, body, signature = issuer.token().split(".")
    symmetric = f"{encoded({'alg': 'HS256', 'kid': issuer.key.kid})}.{body}"
    mac = hmac.digest(issuer.key.as_pem(private=False), symmetric.encode(), "sha256")
    shared_secret = f"{symmetric}.{urlsafe_b64encode(mac).decode().rstrip('=')}"
    stranger = generate_key()
    elsewhere = jwt.encode(
        {"alg": "ES256", "kid": issuer.key.kid}, json.loads(_decoded(body)), stranger, algorithms=["ES256"]
    )
    none = f"{encoded({'alg': 'none', 'kid': issuer.key.kid})}.{body}."
    none_capital = f"{encoded({'alg': 'nOnE', 'kid': issuer.key.kid})}.{body}."
    no_kid = f"{encoded({'alg': 'ES256'})}.{body}.{signature}"
    raised = encoded(json.loads(_decoded(body)) | {"roles": ["admin"]})
    deep = urlsafe_b64encode(b"[" * 4000).decode().rstrip("=")
    attacks = [none, none_capital, shared_secret, elsewhere, no_kid, f"{head}.{raised}.{signature}"]
    attacks += [f"{head}.{body}.", f"{head}.{body}", "a.b.c", "...", "", "ä.ö.ü", f"{deep}.{body}.{signature}"]
    attacks += [
        f"{head}.{deep}.{_signature(f'{head}.{deep}', issuer.key)}",
        f"{head}.{body}.{signature}" + "A" * 10_000,
    ]
    for token in attacks:
        with pytest.raises(Unauthenticated):
            await subject_of(authenticator, incoming, token)


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part.encode())


async def test_the_refusal_does_not_say_why(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request]
) -> None:
    texts = set()
    for token in (issuer.token(exp=now() - 61), issuer.token(aud="x"), issuer.token({"kid": "x"}), "a.b.c"):
        with pytest.raises(Unauthenticated) as refused:
            await subject_of(authenticator, incoming, token)
        texts.add(refused.value.message)
    assert texts == {"The credentials were not accepted."}
    assert Unauthenticated.headers["WWW-Authenticate"].startswith("Bearer")


async def test_clocks_may_differ_by_the_leeway_and_no_more(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request]
) -> None:
    now = int(datetime.now(UTC).timestamp())
    assert await subject_of(authenticator, incoming, issuer.token(exp=now - 5, nbf=now + 20, iat=now + 20)) == "ada"


async def test_credentials_in_odd_places(
    authenticator: Authenticator, issuer: FakeIssuer, incoming: Callable[..., Request]
) -> None:
    good = ("Authorization", f"Bearer {issuer.token()}")
    basic = urlsafe_b64encode(f"x:{issuer.token()}".encode()).decode()
    for request in (
        incoming(),
        incoming(good, good),
        incoming(good, ("X-API-Key", "rpk_x")),
        incoming(good, query="access_token=abc"),
        incoming(good, query="API_KEY=abc"),
        incoming(good, query="anything=rpk_0123"),
        incoming(("Authorization", f"Basic {basic}")),
        incoming(("Authorization", "Basic ???")),
        incoming(("Authorization", f"Digest {issuer.token()}")),
        incoming(("X-API-Key", issuer.token())),
        incoming(("Authorization", "Bearer")),
    ):
        with pytest.raises(Unauthenticated):
            await authenticator.authenticate(request)


async def test_roles_may_stand_deeper_in_the_token(
    issuer: FakeIssuer, issuer_client: httpx.AsyncClient, incoming: Callable[..., Request]
) -> None:
    settings = issuer.settings.model_copy(update={"roles_claim": "realm_access.roles"})
    token = issuer.token(roles=None, realm_access={"roles": ["owner", 7, None]})
    person = await Authenticator(settings, issuer_client).authenticate(incoming(("Authorization", f"Bearer {token}")))
    assert person.roles == {Role.owner}


async def test_an_installation_may_insist_on_access_tokens(
    issuer: FakeIssuer, issuer_client: httpx.AsyncClient, incoming: Callable[..., Request]
) -> None:
    strict = Authenticator(issuer.settings.model_copy(update={"token_types": ("at+jwt",)}), issuer_client)
    assert await subject_of(strict, incoming, issuer.token({"typ": "application/at+jwt"})) == "ada"
    with pytest.raises(Unauthenticated):
        await subject_of(strict, incoming, issuer.token({"typ": "JWT"}))


async def test_without_an_issuer_no_token_is_accepted(
    issuer: FakeIssuer, issuer_client: httpx.AsyncClient, incoming: Callable[..., Request]
) -> None:
    unset = Authenticator(issuer.settings.model_copy(update={"issuer": ""}), issuer_client)
    with pytest.raises(Unauthenticated):
        await subject_of(unset, incoming, issuer.token(iss=""))
