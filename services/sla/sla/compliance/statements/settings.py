"""Settings of statements: `RAPPORT_STATEMENT_GRACE=P1D` waits a day for late measurements."""

from datetime import timedelta

from pydantic import PositiveInt, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sla.compliance.statements.signing import Signer, parse_signer


class StatementSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RAPPORT_STATEMENT_", hide_input_in_errors=True, extra="ignore")

    grace: timedelta = timedelta(hours=6)
    """Time after its end until a period is closed automatically; people may close it earlier."""
    interval: timedelta = timedelta(minutes=1)
    progress_interval: timedelta = timedelta(hours=4)
    """Time after which it is reported again how a period under way stands."""
    batch_size: PositiveInt = 20
    """Agreements whose periods are closed in one transaction."""
    concurrency: PositiveInt = 2
    """Such transactions at a time: while one waits for the database, another one computes."""
    key: SecretStr | None = None
    """The signing key: an Ed25519 key as PEM (PKCS 8), or its 32 bytes in base64. Null: one is generated with the first
    statement, and stored in the database.
    """

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            parse_signer(key.get_secret_value())
        return key

    @property
    def signer(self) -> Signer | None:
        return None if self.key is None else parse_signer(self.key.get_secret_value())
