"""What an installation says about its identity provider."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
"""Asymmetric ones only: with a symmetric one, whoever can verify a token can also make one."""


class AuthSettings(BaseModel):
    issuer: str = ""
    """Compared letter by letter with the `iss` of each token; empty: no bearer token is accepted."""
    audience: str = "rapport"
    jwks_url: str = ""
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256",)
    """What the issuer signs with. The token's own `alg` only has to be among them."""
    token_types: tuple[str, ...] = ("jwt", "at+jwt")
    """Accepted `typ` headers, in small letters; leave only `at+jwt` where the issuer follows RFC 9068."""
    roles_claim: str = "roles"
    """A name, or a path such as `realm_access.roles`."""
    customer_claim: str = "customer_id"
    leeway: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(seconds=60))] = timedelta(seconds=30)
    """How far clocks may differ."""
    jwks_lifetime: Annotated[timedelta, Field(ge=timedelta(minutes=5), le=timedelta(minutes=15))] = timedelta(
        minutes=10
    )
    """When the issuer's keys are fetched again; a key withdrawn there works here until then."""
