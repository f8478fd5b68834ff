"""Settings of issues: `RAPPORT_ISSUE_RECURS_WITHIN=P30D` counts a new breach as a recurrence for 30 days."""

from datetime import timedelta

from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class IssueSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RAPPORT_ISSUE_", hide_input_in_errors=True, extra="ignore")

    take_up_1: timedelta = timedelta(hours=4)
    """How long an issue of priority 1 may wait until somebody takes it up; then it is escalated."""
    take_up_2: timedelta = timedelta(hours=8)
    take_up_3: timedelta = timedelta(days=1)
    take_up_4: timedelta = timedelta(days=3)
    take_up_5: timedelta = timedelta(days=7)
    recurs_within: timedelta = timedelta(days=90)
    """How long after an issue was resolved a new breach of its cause is a recurrence."""
    from_silence: bool = False
    """Whether a silent indicator opens an issue for each agreement that is measured by it."""
    from_burn_rate: bool = False
    """Whether an error budget with a too high burn rate opens an issue."""
    from_incidents: bool = False
    """Whether an incident that was not answered or resolved in time opens an issue."""
    watch_every: timedelta = timedelta(minutes=1)

    @model_validator(mode="after")
    def _pressing_ones_first(self) -> "IssueSettings":
        times = [self.time_to_take_up(priority) for priority in range(1, 6)]
        if times[0] <= timedelta(0) or times != sorted(times):
            raise ValueError("a more pressing issue must not have more time to be taken up than a less pressing one")
        return self

    def time_to_take_up(self, priority: int) -> timedelta:
        return (self.take_up_1, self.take_up_2, self.take_up_3, self.take_up_4, self.take_up_5)[priority - 1]
