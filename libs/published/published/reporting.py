"""What reporting tells: that a scorecard for a period is there to be read."""

from datetime import datetime
from uuid import UUID

from published.event import Event


class ScorecardPublished(Event, service="reporting", aggregate="customer_id"):
    customer_id: UUID
    period: str
    """A calendar month, 2026-11."""
    revision: int
    sha256: str
    published_at: datetime
