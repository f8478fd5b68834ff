"""The priorities that the severities of alerts stand for."""

from collections.abc import Mapping

from common.names import clean_name

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


def priority_of_severity(severity: str, own_priorities: Mapping[str, int]) -> int:
    """Return the priority of an alert; `own_priorities` are those of its service, by severity."""
    severity = clean_name(severity).lower()
    return own_priorities.get(severity) or DEFAULT_PRIORITIES.get(severity, FALLBACK_PRIORITY)
