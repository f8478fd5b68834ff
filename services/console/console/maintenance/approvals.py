"""Whether planned maintenance waits for a person's decision. Pure."""

from collections.abc import Mapping
from typing import Any

APPROVAL = "POST /sla/v1/maintenance/{maintenance_id}/approval"


def is_awaited(planned: Mapping[str, Any], side: str, subject: str) -> bool:
    """Tell whether the newest announcement waits for this side, and somebody else made it."""
    if planned["state"] != "announced":
        return False
    newest = max(planned["announcements"], key=lambda announcement: int(announcement["number"]))
    has_decided = any(decision["side"] == side for decision in newest["decisions"])
    return not has_decided and newest["announced_by"] != subject
