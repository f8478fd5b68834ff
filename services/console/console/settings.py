"""The console's settings, from environment variables: `RAPPORT_CONSOLE__CLIENT_ID` sets `client_id`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.auth.settings import AuthSettings

MIN_KEY_LENGTH = 32


class ConsoleSettings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="RAPPORT_CONSOLE__", env_ignore_empty=True, hide_input_in_errors=True, extra="ignore"
    )

    public_url: str = ""
    """The address by which browsers reach the console, as https://rapport.example: the services' `http.public_url`."""
    service_url: str = "http://{service}:8000"
    """The address of a service, by its name."""
    session_key: SecretStr = SecretStr("")
    """A secret of 32 characters or more, from which the keys of the cookies are derived."""
    session_key_file: Path | None = None
    session_length: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=7))] = timedelta(hours=10)
    """The time after which a person has to sign in again, whatever the provider says."""
    renewal_interval: Annotated[timedelta, Field(ge=timedelta(seconds=30))] = timedelta(minutes=5)
    """The time after which tokens are renewed, though they be good for longer: for so long a cookie that was copied
    works after its session was signed out, and roles that were taken away are kept."""
    issuer: str = ""
    """The identity provider; without it, the one whose tokens the services accept."""
    discovery_url: str = ""
    """Where the provider describes itself, if the console reaches it by another address than browsers do."""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    """The secret of a confidential client; a public client has none."""
    client_secret_file: Path | None = None
    scopes: tuple[str, ...] = ("openid", "profile")
    authorization_parameters: dict[str, str] = {}
    """What the provider wants besides, such as {"audience": "rapport"} or {"resource": "https://rapport.example"}."""

    @model_validator(mode="after")
    def _read_secret_files(self) -> Self:
        if self.session_key_file:
            self.session_key = SecretStr(self.session_key_file.read_text(encoding="utf-8").strip())
        if self.client_secret_file:
            self.client_secret = SecretStr(self.client_secret_file.read_text(encoding="utf-8").strip())
        return self

    @property
    def is_secure(self) -> bool:
        """Tell whether browsers reach the console by https."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def origin(self) -> str:
        """Return the origin of the console's pages, or nothing where the address is not fixed."""
        return self.public_url.rstrip("/")

    def list_problems(self, auth: AuthSettings) -> list[str]:
        """List what is missing for a console that signs in at an identity provider."""
        problems = []
        if len(self.session_key.get_secret_value()) < MIN_KEY_LENGTH:
            problems.append(
                f"RAPPORT_CONSOLE__SESSION_KEY, or the file that RAPPORT_CONSOLE__SESSION_KEY_FILE names, "
                f"must hold {MIN_KEY_LENGTH} characters or more"
            )
        url = urlsplit(self.public_url)
        if url.scheme not in {"http", "https"} or not url.netloc or url.path.strip("/"):
            problems.append("RAPPORT_HTTP__PUBLIC_URL must be an address without a path, as https://rapport.example")
        if not (self.issuer or auth.issuer) or not auth.jwks_url:
            problems.append("RAPPORT_AUTH__ISSUER and RAPPORT_AUTH__JWKS_URL must name the identity provider")
        if not self.client_id:
            problems.append("RAPPORT_CONSOLE__CLIENT_ID must name the console at the identity provider")
        return problems
