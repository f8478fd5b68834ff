"""The settings of pushes: `RAPPORT_PUSH_LOG_RETENTION_DAYS=30` keeps the push log for 30 days."""

from datetime import timedelta

from pydantic import PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class PushSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RAPPORT_PUSH_", hide_input_in_errors=True, extra="ignore")

    replica_labels: frozenset[str] = frozenset({"prometheus_replica", "__replica__"})
    """External labels in which the replicas of one Prometheus differ; they are removed."""
    promoted_resource_attributes: frozenset[str] = frozenset({"deployment.environment.name", "deployment.environment"})
    """Resource attributes of OpenTelemetry that become labels: without them no selector tells production from tests."""
    log_retention_days: PositiveInt = 14
    rollup_interval: timedelta = timedelta(seconds=3)
    rollup_batch_samples: PositiveInt = 1_000_000
    """Samples, histograms and buckets that one rollup transaction takes, about."""
    late_after: timedelta = timedelta(minutes=10)
    """Closed periods are restated if a minute still changes so long after its end."""
    series_cache_size: PositiveInt = 200_000
    """Series that a process remembers; it looks up the others."""
