"""Azure Monitor's common alert schema: alerts that fire and resolve, and the health of resources."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from common.views import LongMachineText
from sla.alerts.alert_documents import AlertModel
from sla.alerts.states.posted_states import MachineRemark, ThingName
from sla.alerts.states.state_report import StateReport, ThingState, machine_labels, read_instant

_SEVERITIES = {"Sev0": "critical", "Sev1": "error", "Sev2": "warning", "Sev3": "minor", "Sev4": "info"}
_HEALTH = {"available": ThingState.UP, "degraded": ThingState.DEGRADED, "unavailable": ThingState.DOWN}
ACTIVITY_LOG = "Activity Log"
"""The signal of alerts that never resolve, as they say that something was done."""
FIRED, RESOLVED = "Fired", "Resolved"


class Outline(AlertModel):
    """The fields that tell whether a notification says anything of a state, which one of a budget does not."""

    signal: str = Field(default="", alias="signalType")
    condition: str = Field(default="", alias="monitorCondition")


class OutlinedData(AlertModel):
    essentials: Outline


class OutlinedNotification(AlertModel):
    schema_id: Literal["azureMonitorCommonAlertSchema"] = Field(alias="schemaId")
    data: OutlinedData


class Essentials(Outline):
    alert_id: Annotated[LongMachineText, StringConstraints(min_length=1)] = Field(alias="alertId")
    """The alert that fires and resolves; a rule has a new one each time."""
    rule: ThingName = Field(alias="alertRule")
    severity: str = ""
    targets: list[Any] = Field(default_factory=list, alias="alertTargetIDs")
    items: list[Any] = Field(default_factory=list, alias="configurationItems")
    fired_at: str = Field(alias="firedDateTime")
    resolved_at: str | None = Field(default=None, alias="resolvedDateTime")
    description: MachineRemark = ""
    link: MachineRemark = Field(default="", alias="investigationLink")


def _object_or_null(value: Any) -> Any:
    """Leave out what explains an alert but is no object: no alert is lost for it."""
    return value if isinstance(value, dict) else None


Explanation = Annotated[dict[str, Any] | None, BeforeValidator(_object_or_null)]


class HealthEvent(AlertModel):
    """The context of an alert on the health of a resource."""

    at: str = Field(default="", alias="eventTimestamp")
    properties: Explanation = None


class AlertData(AlertModel):
    essentials: Essentials
    context: Annotated[HealthEvent | None, BeforeValidator(_object_or_null)] = Field(default=None, alias="alertContext")
    custom: Explanation = Field(default=None, alias="customProperties")
    """`service` names the service that is concerned, `customer_id` the customer."""


class AzureNotification(AlertModel):
    data: AlertData


def read_azure_notification(document: Any, defaults: Mapping[str, str], now: datetime) -> Sequence[StateReport]:
    """Read a notification; `defaults` are labels that the address gives. Raise ValidationError or ValueError."""
    outline = OutlinedNotification.model_validate(document).data.essentials
    if outline.signal != ACTIVITY_LOG and outline.condition not in (FIRED, RESOLVED):
        return []
    data = AzureNotification.model_validate(document).data
    if outline.signal == ACTIVITY_LOG:
        return _read_health(data, defaults, now)
    essentials = data.essentials
    fired_at = read_instant(essentials.fired_at, now, "data.firedDateTime")
    report = _build_report(data, defaults, {"alert": essentials.alert_id}, ThingState.DOWN, fired_at)
    if essentials.condition == FIRED:
        return [report]
    ended_at = essentials.resolved_at
    resolved_at = read_instant(ended_at, now, "data.resolvedDateTime") if ended_at else now
    return [report, report._replace(state=ThingState.UP, since=max(resolved_at, fired_at))]


def _read_health(data: AlertData, defaults: Mapping[str, str], now: datetime) -> Sequence[StateReport]:
    """Read the health of a resource; other events of the activity log are no states."""
    properties = data.context.properties if data.context and data.context.properties else {}
    state = _HEALTH.get(str(properties.get("currentHealthStatus", "")).lower())
    if state is None or data.context is None:
        return []
    since = read_instant(data.context.at or data.essentials.fired_at, now, "data.eventTimestamp")
    target = "/".join(str(target).lower() for target in data.essentials.targets[:1])
    return [_build_report(data, defaults, {"resource_health": target}, state, since)]


def _build_report(
    data: AlertData, defaults: Mapping[str, str], identity: Mapping[str, str], state: ThingState, since: datetime
) -> StateReport:
    essentials = data.essentials
    own = [("target", next(iter(essentials.targets), "")), ("resource", next(iter(essentials.items), ""))]
    custom = machine_labels((data.custom or {}).items())
    labels = {**defaults, **custom, **machine_labels(own), "alertname": essentials.rule}
    is_health = "resource_health" in identity
    severity = labels.pop("severity", "") or ("" if is_health else _SEVERITIES.get(essentials.severity, ""))
    return StateReport(
        identity=identity,
        labels=labels,
        state=state,
        since=since,
        text=essentials.description,
        link=essentials.link,
        severity=severity,
    )
