"""What an installation can set about statements: `RAPPORT_STATEMENT_GRACE=P1D` waits a day for late measurements."""

from datetime import timedelta

from pydantic_settings import BaseSettings, SettingsConfigDict


class StatementSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RAPPORT_STATEMENT_", extra="ignore")

    grace: timedelta = timedelta(hours=6)
    """How long after its end a period is closed by itself; people may close it earlier."""
    every: timedelta = timedelta(minutes=1)
