"""Events of indicators that go silent and resume."""

from datetime import datetime
from uuid import UUID

from published.event import Event


class IndicatorWentSilent(Event, service="sla", aggregate="indicator_id", name="IndicatorWentSilent"):
    indicator_id: UUID
    name: str
    last_seen: datetime | None
    noticed_at: datetime


class IndicatorResumed(Event, service="sla", aggregate="indicator_id", name="IndicatorResumed"):
    indicator_id: UUID
    resumed_at: datetime
