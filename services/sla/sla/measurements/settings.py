"""What an installation can set about pushes: `RAPPORT_PUSH_KEPT_FOR=30` keeps their log for 30 days."""

from datetime import timedelta

from pydantic import PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class PushSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RAPPORT_PUSH_", extra="ignore")

    replica_labels: frozenset[str] = frozenset({"prometheus_replica", "__replica__"})
    """External labels in which the replicas of one Prometheus differ; they are dropped."""
    promoted_attributes: frozenset[str] = frozenset({"deployment.environment.name", "deployment.environment"})
    """Attributes of OpenTelemetry's resources that become labels: else no selector tells production from trials."""
    kept_for: PositiveInt = 14
    """Days the log of pushes is kept."""
    fold_every: timedelta = timedelta(seconds=3)
    fold_at_once: PositiveInt = 1_000_000
    """Samples of one cycle, about."""
    late_after: timedelta = timedelta(minutes=10)
    """A minute that still changes this long after its end is told to whoever has closed a period on it."""
    series_remembered: PositiveInt = 200_000
    """Per process; the others are looked up."""
