"""A token issuer for development and tests, with its own key; refused everywhere else."""

import os
import secrets
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.datastructures import Headers

from common.auth.principal import Role
from common.auth.settings import AuthSettings
from common.errors import TooLarge
from common.http.deadline import RequestDeadline
from common.http.middleware import BodyLimiter
from common.http.validation_messages import describe_field_error
from common.views import field_error

KEY_FILE = "development-issuer.json"
ALLOWED_IN = frozenset({"embedded", "test"})
NO_STORE = {"Cache-Control": "no-store"}
MAX_BODY_BYTES = 16 * 1024
REQUEST_SECONDS = 10.0
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
FOREIGN_HOST = {
    "error": "unauthorized_client",
    "error_description": "Tokens are issued at 127.0.0.1, localhost and the hosts allowed by --allow-host only.",
}


class DevelopmentIssuerRefused(RuntimeError):
    """The development issuer gives every role to anyone who asks, so it runs in development and tests only."""


def development_settings(base_url: str = "http://127.0.0.1:8000") -> AuthSettings:
    """Return the settings that make services trust the issuer mounted at `base_url`/development."""
    issuer = f"{base_url.rstrip('/')}/development"
    return AuthSettings(issuer=issuer, jwks_url=f"{issuer}/jwks.json", algorithms=("ES256",))


def load_or_create_key(directory: Path) -> ECKey:
    """Load the issuer's key from `directory`, where the first call creates it, readable only by its owner."""
    path = directory / KEY_FILE
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        _write_key(path, generate_key())
    path.chmod(0o600)
    return ECKey.import_key(orjson.loads(path.read_bytes()))


def generate_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)


def _write_key(path: Path, key: ECKey) -> None:
    """Write the key file atomically; the first of several processes wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(orjson.dumps(key.as_dict(private=True)))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def issue_token(
    key: ECKey,
    role: Role,
    customer_id: UUID | None = None,
    subject: str = "",
    ttl: timedelta = timedelta(hours=8),
    *,
    settings: AuthSettings | None = None,
    now: datetime | None = None,
) -> str:
    """Issue a bearer token, which services with these `settings` (default: development_settings()) accept."""
    settings = settings or development_settings()
    now = now or datetime.now(UTC)
    claims: dict[str, Any] = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": subject or f"{role.value}@development",
        "iat": now,
        "exp": now + ttl,
        "jti": secrets.token_hex(8),
        settings.roles_claim: [role.value],
    }
    if customer_id is not None:
        claims[settings.customer_claim] = str(customer_id)
    return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, claims, key, algorithms=["ES256"])


class TokenRequest(BaseModel):
    """The body of `POST /token`, as JSON or as a form."""

    model_config = ConfigDict(extra="ignore", str_max_length=200)

    role: Role
    customer_id: UUID | None = None
    subject: str = ""
    ttl: int = Field(default=8 * 3600, ge=1, le=30 * 24 * 3600)
    """Seconds."""

    @model_validator(mode="after")
    def _customers_have_a_customer(self) -> "TokenRequest":
        if (self.role is Role.customer) != (self.customer_id is not None):
            raise field_error("customer_id", "customer_id belongs to the role customer, and only to it")
        return self


def development_issuer(
    key: ECKey, settings: AuthSettings, environment: str, allowed_hosts: Iterable[str] = ()
) -> FastAPI:
    """Build the issuer's application, to be mounted at `settings.issuer`. Raise DevelopmentIssuerRefused.

    It issues tokens to requests that name this machine, the issuer's own host or one of `allowed_hosts` only.
    """
    check_development(environment)
    app = FastAPI(title="Development issuer", openapi_url=None)
    hosts = list_issuer_hosts(settings, allowed_hosts)

    @app.get("/.well-known/openid-configuration")
    async def configuration() -> dict[str, Any]:
        return {
            "issuer": settings.issuer,
            "jwks_uri": f"{settings.issuer}/jwks.json",
            "token_endpoint": f"{settings.issuer}/token",
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    @app.get("/jwks.json")
    async def jwks() -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False)]}

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        if not comes_from(hosts, request.headers):
            return JSONResponse(FOREIGN_HOST, status_code=403, headers=NO_STORE)
        try:
            body = TokenRequest.model_validate(_read(request.headers.get("content-type", ""), await request.body()))
        except (ValueError, TooLarge) as error:
            return _refusal(error)
        ttl = timedelta(seconds=body.ttl)
        text = issue_token(key, body.role, body.customer_id, body.subject, ttl, settings=settings)
        return JSONResponse({"access_token": text, "token_type": "Bearer", "expires_in": body.ttl}, headers=NO_STORE)

    # Anybody may call it, so it neither keeps a large body nor waits for one, as the services do not.
    app.add_middleware(BodyLimiter, service="development", limit=MAX_BODY_BYTES, larger_limits={})
    app.add_middleware(RequestDeadline, service="development", seconds=REQUEST_SECONDS, other_seconds={})
    return app


def check_development(environment: str) -> None:
    """Raise DevelopmentIssuerRefused outside development and tests."""
    if environment not in ALLOWED_IN:
        raise DevelopmentIssuerRefused(
            f"The development issuer gives any role to anyone; the environment {environment} must name a real issuer."
        )


def list_issuer_hosts(settings: AuthSettings, allowed_hosts: Iterable[str]) -> frozenset[str]:
    """List the hosts by which a request may name this machine."""
    return LOOPBACK_HOSTS | {_host_in(settings.issuer), *map(str.lower, allowed_hosts)}


def comes_from(hosts: Collection[str], headers: Headers) -> bool:
    """Tell whether the request names one of the hosts, and no page of another one sends it.

    A page whose host name was made to point to this machine (DNS rebinding) still sends that name.
    """
    names = [_host_in(f"//{host}") for host in headers.getlist("host")]
    names += [_host_in(origin) for origin in headers.getlist("origin")]
    return len(headers.getlist("host")) == 1 and all(name in hosts for name in names)


def _host_in(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _read(content_type: str, body: bytes) -> Any:
    if content_type.partition(";")[0].strip() == "application/x-www-form-urlencoded":
        return {name: value for name, value in parse_qsl(body.decode()) if value}
    return orjson.loads(body)


def _refusal(error: ValueError | TooLarge) -> JSONResponse:
    """Build the error response of RFC 6749, section 5.2, which names the fields."""
    reason, status = "the body is neither JSON nor a form", 400
    if isinstance(error, TooLarge):
        reason, status = error.message, error.status
    if isinstance(error, ValidationError):
        reason = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'body'}: {describe_field_error(item)}" for item in error.errors()
        )
    document = {"error": "invalid_request", "error_description": reason}
    return JSONResponse(document, status_code=status, headers=NO_STORE)
