"""The shapes of alerts over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from common.names.references import Reference, look_up
from common.views import Instant, Name, RequiredText, View
from sla.incidents.model import IncidentPriority


class AlertsAccepted(View):
    firing: int
    resolved: int
    incidents: list[UUID]
    """The incidents that were opened, resolved or otherwise changed."""
    truncated_alerts: int = 0
    """Alerts that the sender itself left out of the notification: raise its `max_alerts`."""


class AlertFiringView(View):
    id: UUID
    version: int
    source: str
    """The kind of tool that reports it, which is the `source` of its incidents."""
    fingerprint: str
    starts_at: datetime
    ends_at: datetime | None
    labels: dict[str, str]
    annotations: dict[str, str]
    links: dict[str, str]
    """Addresses where the sender shows it: `generator`, `dashboard`, `panel`, `silence`, `image`."""
    incident_ids: list[UUID]
    """The incidents that it opened, one for each customer that it concerns."""
    expires_at: datetime | None
    """When it ends, unless it is posted again before; null if its sender reports its end."""
    ended_by: str | None
    """The person who ended it because Alertmanager did not."""
    end_reason: str | None


class AlertEnd(View):
    ended_at: Annotated[Instant, Field(examples=["2026-02-03T11:40:00Z"])]
    reason: Annotated[RequiredText, StringConstraints(max_length=1000)] = Field(
        examples=["The notification was lost while Alertmanager moved."]
    )


Severity = Annotated[Name, StringConstraints(to_lower=True, max_length=50)]


class NewAlertPriorities(View):
    priorities: dict[Severity, IncidentPriority] = Field(max_length=50, examples=[{"critical": 1, "warning": 2}])
    """By the label `severity`; a severity that is not named has the same priority as for every other service."""


class AlertPrioritiesView(View):
    service_id: UUID
    service: Reference = look_up("service")
    priorities: dict[str, int]
