"""Alerts of Alertmanager, and the priorities that their severities stand for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ALERT_SOURCE = "alertmanager"
LONGEST_ALERT_TITLE = 200
DEFAULT_PRIORITIES: Mapping[str, int] = {
    "critical": 1,
    "page": 1,
    "error": 2,
    "high": 2,
    "major": 2,
    "warning": 3,
    "minor": 4,
    "low": 4,
    "info": 5,
    "none": 5,
}
"""By the label `severity`, where a service has no priorities of its own."""
FALLBACK_PRIORITY = 3
"""The priority of an alert with another severity, or none."""


class AlertState(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as Alertmanager sends it; repeats of it have the same fingerprint and start."""

    fingerprint: str
    """Of its labels."""
    starts_at: datetime
    ends_at: datetime | None
    """Null as long as it fires."""
    state: AlertState
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"{self.fingerprint}@{self.starts_at.isoformat()}"

    @property
    def title(self) -> str:
        """Return the name in its labels, which stay the same while it fires; annotations may change."""
        return self.labels.get("alertname", "").strip()[:LONGEST_ALERT_TITLE] or self.fingerprint

    def priority_by(self, own: Mapping[str, int]) -> int:
        """`own`: the service's own priorities, by severity."""
        severity = self.labels.get("severity", "").strip().lower()
        return own.get(severity) or DEFAULT_PRIORITIES.get(severity, FALLBACK_PRIORITY)
