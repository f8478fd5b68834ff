"""A person's session: the tokens of the identity provider, and until when they are used."""

import secrets
from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel

from common.auth.principal import Principal


class Tokens(BaseModel):
    """The tokens that the identity provider hands out at sign-in, and anew when they expire."""

    access_token: str
    expires_at: AwareDatetime
    renewed_at: AwareDatetime | None = None
    """When they are to be renewed, though they be good for longer; null for what cannot be renewed."""
    refresh_token: str | None = None
    id_token: str | None = None
    """Names the session to the provider when a person signs out."""

    @property
    def used_until(self) -> datetime:
        return min(self.expires_at, self.renewed_at or self.expires_at)


class Session(BaseModel):
    tokens: Tokens
    ends_at: AwareDatetime
    """When a person has to sign in again, whatever the tokens say."""
    form_key: str
    """What every form of the session carries; other sites cannot know it."""
    name: str
    principal: Principal
    """Who the access token is about: for what pages offer. What is allowed, the services decide."""

    @classmethod
    def begin(cls, tokens: Tokens, ends_at: datetime, principal: Principal, name: str = "") -> Self:
        return cls(
            tokens=tokens,
            ends_at=ends_at,
            form_key=secrets.token_urlsafe(24),
            name=name or principal.subject,
            principal=principal,
        )
