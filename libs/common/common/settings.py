"""What an installation can set, by environment variables: `RAPPORT_KAFKA__BOOTSTRAP` sets `kafka.bootstrap`."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.auth.settings import AuthSettings

Environment = Literal["production", "embedded", "test"]


class DatabaseSettings(BaseModel):
    url: str = "postgresql://localhost/rapport"
    """A libpq URL: postgresql://role:password@host:port/database."""
    pool_size: PositiveInt = 10
    pool_overflow: int = 0
    """Connections beyond `pool_size` are closed after each use, and opening one costs more than most requests."""
    reading_pool_size: PositiveInt = 5
    """Connections of GET requests: however many lists are slow, changes and events go on."""
    pool_timeout: float = 5.0
    """Seconds a request waits for a connection before it is answered 503."""
    raw_pool_size: PositiveInt = 8
    connect_timeout: float = 5.0
    statement_timeout: timedelta = timedelta(seconds=30)
    transaction_timeout: timedelta = timedelta(seconds=90)
    """After which PostgreSQL ends a transaction whatever it waits for: a process may hang between two messages of one
    statement, where no other limit reaches.
    """
    idle_timeout: timedelta = timedelta(seconds=60)
    """After which PostgreSQL ends an unused connection, whose process it would have to keep."""
    lock_lease: timedelta = timedelta(seconds=15)
    """After which PostgreSQL frees the locks of a replica that says nothing any more: it speaks every few seconds."""

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
    """Of each topic, for good: a changed count would move keys to other partitions."""
    replication: PositiveInt = 1
    fetch_wait: timedelta = timedelta(milliseconds=250)
    """How long the broker may hold back an empty answer. Tansu sleeps for this long before it looks again."""
    request_timeout: timedelta = timedelta(seconds=10)


class EventSettings(BaseModel):
    replay_window: timedelta = timedelta(days=14)
    """What is sent again when the broker was lost or replaced."""
    retention: timedelta = timedelta(days=400)
    """How long the outbox keeps an event for replays."""
    inbox_retention: timedelta = timedelta(days=45)
    attempts: PositiveInt = 5
    """How often a reaction may fail before its event becomes a dead letter."""


class LimitSettings(BaseModel):
    body: PositiveInt = Field(default=1024 * 1024)
    """Bytes of a request's body; routes that take more say so themselves."""
    idempotency: timedelta = timedelta(hours=48)
    """How long the answer to an Idempotency-Key is kept."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RAPPORT_", env_nested_delimiter="__", extra="ignore")

    environment: Environment = "production"
    log_format: Literal["json", "console"] = "json"
    log_level: str = "INFO"
    database: DatabaseSettings = DatabaseSettings()
    kafka: KafkaSettings = KafkaSettings()
    events: EventSettings = EventSettings()
    limits: LimitSettings = LimitSettings()
    auth: AuthSettings = Field(default_factory=AuthSettings)
