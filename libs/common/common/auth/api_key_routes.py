"""HTTP routes that create, list and revoke a service's API keys."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy import func, select

from common.auth.api_keys import ApiKeyEntity, generate_secret
from common.errors import Conflict, Invalid
from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsAdmin, AsManager, Router
from common.unit_of_work import UnitOfWork
from common.views import Instant, Name, View

MAX_LIVE_KEYS = 2
LONGEST_VALIDITY = timedelta(days=2 * 366)


class TooManyLiveKeys(Conflict, slug="too-many-live-keys"):
    """A monitor has at most two live keys: the one in use and the one it changes over to."""


class ExpiryOutOfRange(Invalid, slug="expiry-out-of-range"):
    """A key expires in the future, and within two years."""


class NewApiKey(View):
    name: Annotated[Name, Field(description="The monitor's name.", examples=["prometheus-frankfurt"])]
    scopes: Annotated[list[Literal["push"]], Field(min_length=1, max_length=1)] = ["push"]  # noqa: RUF012 - pydantic copies it
    expires_at: Annotated[Instant | None, Field(description="Default: in a year.")] = None


class ApiKeyView(View):
    id: UUID
    name: str
    prefix: Annotated[str, Field(description="The part of the key that may be shown, for example in logs.")]
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: Annotated[datetime | None, Field(description="The last use, to within five minutes.")]


class IssuedApiKey(ApiKeyView):
    key: Annotated[str, Field(description="The key itself. It is not stored and cannot be shown again.")]


def build_key_router(entity: type[ApiKeyEntity]) -> Router:
    """Build the routes over the service's own mapped `entity`."""
    router = Router(prefix="/api-keys", tags=["api keys"])

    @router.post("", status_code=201, summary="Create an API key for a monitor")
    async def issue_api_key(work: AsAdmin, body: NewApiKey, response: Response) -> IssuedApiKey:
        key, text = await create_api_key(work, entity, body)
        response.headers["Cache-Control"] = "no-store"
        return IssuedApiKey(**ApiKeyView.model_validate(key).model_dump(), key=text)

    keys = listing(entity.id, sort=(entity.name,), search=(entity.name,))

    @router.get("", summary="List API keys without their secrets")
    async def list_api_keys(
        work: AsManager, paging: Annotated[PageRequest, keys], name: Name | None = None
    ) -> Page[ApiKeyView]:
        query = select(entity)
        if name is not None:
            query = query.where(entity.name == name)
        return (await paginate(work.session, query, paging, key=entity.id)).to_page(ApiKeyView.model_validate)

    @router.delete("/{key_id}", status_code=204, summary="Revoke an API key within a minute")
    async def revoke_api_key(work: AsAdmin, key_id: UUID) -> None:
        key = await work.get(entity, key_id, lock=True)
        key.revoked_at = key.revoked_at or work.now

    return router


async def create_api_key(work: UnitOfWork, entity: type[ApiKeyEntity], body: NewApiKey) -> tuple[ApiKeyEntity, str]:
    """Create a key; return its row and the key itself. Raise TooManyLiveKeys, ExpiryOutOfRange."""
    expires_at = body.expires_at or work.now + timedelta(days=365)
    if not work.now < expires_at <= work.now + LONGEST_VALIDITY:
        raise ExpiryOutOfRange("must lie in the future, and within two years", field="expires_at")
    await work.lock_name(f"{entity.__table__}:{body.name}")
    live = (entity.name == body.name, entity.revoked_at.is_(None), entity.expires_at > work.now)
    count = await work.session.scalar(select(func.count()).select_from(entity).where(*live))
    if (count or 0) >= MAX_LIVE_KEYS:
        raise TooManyLiveKeys(f"{body.name} has {count} live keys; revoke one first.", field="name")
    secret = generate_secret()
    key = entity(
        name=body.name,
        prefix=secret.prefix,
        secret_hash=secret.digest,
        scopes=list(body.scopes),
        expires_at=expires_at,
    )
    work.add(key)
    await work.flush()
    return key, secret.text
