"""The settings of an installation, from environment variables: `RAPPORT_KAFKA__BOOTSTRAP` sets `kafka.bootstrap`."""

import ssl
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Literal, Self, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.auth.settings import AuthSettings

S = TypeVar("S", bound=BaseSettings)
Environment = Literal["production", "embedded", "test"]


class ServiceSettings(dict[type[BaseSettings], BaseSettings]):
    """The settings of one service's own by their class, built once in its main.py."""

    @classmethod
    def from_groups(cls, groups: Iterable[BaseSettings]) -> Self:
        return cls((type(group), group) for group in groups)

    def of(self, kind: type[S]) -> S:
        """Return the settings of this class."""
        return cast("S", self[kind])


class DatabaseSettings(BaseModel):
    url: str = "postgresql://localhost/rapport"
    """A libpq URL: postgresql://role:password@host:port/database."""
    pool_size: PositiveInt = 10
    pool_overflow: int = 0
    """Connections beyond `pool_size`; each is closed after its use, and opening one costs more than most requests."""
    read_pool_size: PositiveInt = 5
    """Connections of GET requests, apart from the others: slow lists do not hold up changes and events."""
    pool_timeout: float = 5.0
    """The seconds that a request waits for a connection before it is answered 503."""
    asyncpg_pool_size: PositiveInt = 8
    connect_timeout: float = 5.0
    statement_timeout: timedelta = timedelta(seconds=30)
    transaction_timeout: timedelta = timedelta(seconds=90)
    """The time after which PostgreSQL ends a transaction, whatever it waits for: no other limit covers a process that
    hangs within a statement.
    """
    idle_timeout: timedelta = timedelta(seconds=60)
    """The time after which PostgreSQL ends an unused connection and its process."""
    lock_lease: timedelta = timedelta(seconds=15)
    """The time after which PostgreSQL frees the locks of a silent replica; a live one is heard every few seconds."""

    @property
    def longest_rest(self) -> timedelta:
        """The time for which an unused connection is trusted: well before PostgreSQL may end it."""
        return self.idle_timeout * 0.8

    @property
    def sqlalchemy_url(self) -> str:
        return self.url.replace("postgresql://", "postgresql+asyncpg://", 1)

    def server_settings(self) -> dict[str, str]:
        milliseconds = _milliseconds(self.statement_timeout)
        return {
            **self._session_settings(),
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds,
            "transaction_timeout": _milliseconds(self.transaction_timeout),
            "idle_session_timeout": _milliseconds(self.idle_timeout),
        }

    def lock_settings(self) -> dict[str, str]:
        return {**self._session_settings(), "idle_session_timeout": _milliseconds(self.lock_lease)}

    def _session_settings(self) -> dict[str, str]:
        return {"application_name": "rapport", "client_connection_check_interval": "1000", "jit": "off"}


def _milliseconds(duration: timedelta) -> str:
    return str(int(duration.total_seconds() * 1000))


class KafkaSettings(BaseModel):
    bootstrap: str = "localhost:9092"
    partitions: PositiveInt = 12
    """The partitions of each topic; never change them, as keys would move to other partitions."""
    replication_factor: PositiveInt = 1
    fetch_max_wait: timedelta = timedelta(milliseconds=250)
    """How long the broker may wait before it returns an empty fetch. Tansu polls at this interval."""
    request_timeout: timedelta = timedelta(seconds=10)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """SASL authenticates by `username` and `password`; SSL encrypts, and trusts what the system trusts."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str = ""
    password: SecretStr = SecretStr("")

    def client_options(self) -> dict[str, Any]:
        """Return what every client of the broker is given: where it is, and how to authenticate."""
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap, "security_protocol": self.security_protocol}
        if self.security_protocol.endswith("SSL"):
            options["ssl_context"] = ssl.create_default_context()
        if self.security_protocol.startswith("SASL"):
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password.get_secret_value(),
            }
        return options


class EventSettings(BaseModel):
    replay_window: timedelta = timedelta(days=14)
    """The age up to which events are sent again when the broker was lost or replaced."""
    retention: timedelta = timedelta(days=400)
    """How long the outbox keeps an event for replays."""
    inbox_retention: timedelta = timedelta(days=45)
    max_attempts: PositiveInt = 5
    """How often a reaction may fail before its event becomes a dead letter."""


class LimitSettings(BaseModel):
    max_body_bytes: PositiveInt = 1024 * 1024
    """The bytes of a request's body; some routes allow more."""
    request_deadline: timedelta = timedelta(seconds=30)
    """The time in which a request is answered, its body included, or else stopped and answered 503."""
    probe_deadline: timedelta = timedelta(seconds=3)
    """The same for the probe of readiness and for metrics, which do without the database when it takes longer."""
    change_listeners: PositiveInt = 100
    """The streams of changes that a process has open at a time; a server has 500 connections in all."""
    idempotency_retention: timedelta = timedelta(hours=48)
    """How long the response to an Idempotency-Key is kept."""


def _check_public_url(text: str | None) -> str | None:
    address = urlsplit(text or "")
    if text and (address.scheme not in ("http", "https") or not address.hostname or address.path.strip("/")):
        raise ValueError("must be an address without a path, as https://rapport.example")
    return text.rstrip("/") if text else None


class HttpSettings(BaseModel):
    allowed_origins: tuple[str, ...] = ()
    """The origins whose pages may ask the services, as https://portal.example; the port may be `*`."""
    public_url: Annotated[str | None, AfterValidator(_check_public_url)] = None
    """Where people reach Rapport, as https://rapport.example; links begin with it. Null: as the request came."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="RAPPORT_", hide_input_in_errors=True, env_nested_delimiter="__", extra="ignore"
    )

    environment: Environment = "production"
    log_format: Literal["json", "console"] = "json"
    log_level: str = "INFO"
    database: DatabaseSettings = DatabaseSettings()
    kafka: KafkaSettings = KafkaSettings()
    events: EventSettings = EventSettings()
    limits: LimitSettings = LimitSettings()
    http: HttpSettings = HttpSettings()
    auth: AuthSettings = AuthSettings()
