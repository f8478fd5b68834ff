"""The webhook of Uptime Kuma with its default body: `heartbeat`, `monitor` and `msg`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from common.views import LongMachineText, ShortMachineText
from sla.alerts.alert_documents import AlertModel
from sla.alerts.states.posted_states import MachineRemark, ThingName
from sla.alerts.states.state_report import StateReport, ThingState, machine_labels, read_instant

_STATES = {0: ThingState.DOWN, 1: ThingState.UP}
"""The others are pending (2) and under maintenance (3), which say nothing: what was known stands."""


class Heartbeat(AlertModel):
    status: int
    time: str = Field(max_length=40)
    """In UTC, without an offset."""
    last_down_time: str = Field(default="", max_length=40, alias="lastDownTime")
    """When it went down, in the heartbeat with which it is up again; newer versions send it."""
    text: MachineRemark = Field(default="", alias="msg")


class Monitor(AlertModel):
    id: int
    name: ThingName
    url: LongMachineText | None = None
    kind: ShortMachineText | None = Field(default=None, alias="type")
    tags: list[dict[str, Any]] = Field(default_factory=list, max_length=100)
    """A tag `service` names the service that is concerned, `customer_id` the customer, `severity` the severity."""


class KumaNotification(AlertModel):
    heartbeat: Heartbeat | None = None
    monitor: Monitor | None = None
    """Both are null in the test of a notification, and in warnings of certificates."""


def read_kuma_notification(document: Any, defaults: Mapping[str, str], now: datetime) -> Sequence[StateReport]:
    """Read a notification; `defaults` are labels that the address gives. Raise ValidationError or ValueError."""
    notification = KumaNotification.model_validate(document)
    heartbeat, monitor = notification.heartbeat, notification.monitor
    if heartbeat is None or monitor is None or heartbeat.status not in _STATES:
        return []
    identity = {"monitor": str(monitor.id)}
    if instance := defaults.get("instance"):
        identity["instance"] = instance  # monitors of two Kumas have the same ids
    tags = machine_labels((tag.get("name", ""), tag.get("value", "")) for tag in monitor.tags)
    monitor_labels = machine_labels([("type", monitor.kind), ("url", monitor.url)]) | {"alertname": monitor.name}
    labels = {**defaults, **tags, **monitor_labels, **identity}
    severity = labels.pop("severity", "")
    report = StateReport(
        identity=identity,
        labels=labels,
        state=_STATES[heartbeat.status],
        since=_read_utc("heartbeat.time", heartbeat.time, now),
        text=heartbeat.text,
        severity=severity,
    )
    if report.state is not ThingState.UP or not heartbeat.last_down_time:
        return [report]
    went_down = _read_utc("heartbeat.lastDownTime", heartbeat.last_down_time, now)
    outage = report._replace(state=ThingState.DOWN, since=went_down, text="")
    return [outage, report._replace(since=max(report.since, went_down))]


def _read_utc(field: str, text: str, now: datetime) -> datetime:
    return read_instant(f"{text.removesuffix('Z')}Z", now, field)
