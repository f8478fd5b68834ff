"""Settings of improvements: `RAPPORT_IMPROVEMENT_LOW_SCORE=70` proposes one for a score below 70 %."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ImprovementSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RAPPORT_IMPROVEMENT_", hide_input_in_errors=True, extra="ignore")

    low_score: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(60)
    """Percent; a score below it proposes an improvement. 0 switches this off."""
    verify_every: timedelta = timedelta(minutes=10)
