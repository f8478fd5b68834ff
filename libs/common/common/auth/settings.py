"""The settings of an installation's identity provider."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
"""The accepted algorithms, all asymmetric: with a symmetric one, each verifier could also issue tokens."""


class AuthSettings(BaseModel):
    issuer: str = ""
    """The exact `iss` of each token; without it no bearer token is accepted."""
    audience: str = "rapport"
    jwks_url: str = ""
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256",)
    """The algorithms that the issuer signs with; the token's `alg` must be one of them."""
    token_types: tuple[str, ...] = ("jwt", "at+jwt")
    """The accepted `typ` headers in lower case; leave only `at+jwt` if the issuer follows RFC 9068."""
    roles_claim: str = "roles"
    """The claim with the roles: a name, or a path such as `realm_access.roles`."""
    customer_claim: str = "customer_id"
    leeway: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(seconds=60))] = timedelta(seconds=30)
    """The difference between clocks that is tolerated."""
    jwks_lifetime: Annotated[timedelta, Field(ge=timedelta(minutes=5), le=timedelta(minutes=15))] = timedelta(
        minutes=10
    )
    """The time after which the issuer's keys are fetched again; a withdrawn key works until then."""
