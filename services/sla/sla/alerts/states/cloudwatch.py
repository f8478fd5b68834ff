"""Alarms of Amazon CloudWatch, as SNS delivers them: in an envelope, or raw."""

# Nothing is called to confirm a subscription: it is shown as an alert, and a person opens its link.

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import Field

from common.views import ShortMachineText
from sla.alerts.alert_documents import AlertModel
from sla.alerts.states.posted_states import MachineRemark, ThingName
from sla.alerts.states.state_report import StateReport, ThingState, machine_labels, read_instant

_STATES = {"ALARM": ThingState.DOWN, "OK": ThingState.UP}
"""INSUFFICIENT_DATA says nothing: what was known stands."""
CONFIRMATION_ADDRESS = re.compile(
    r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/\?Action=ConfirmSubscription&[\x21-\x7e]{1,2000}"
)
CONFIRMATION_LIFETIME = timedelta(days=2)
"""How long SNS keeps the token."""
NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"


class SnsEnvelope(AlertModel):
    kind: ShortMachineText = Field(alias="Type")
    topic: ShortMachineText = Field(default="", alias="TopicArn")
    message: str = Field(default="", alias="Message")
    """The alarm, as JSON."""
    confirmation: str = Field(default="", alias="SubscribeURL")


class AlarmTrigger(AlertModel):
    metric: ShortMachineText | None = Field(default=None, alias="MetricName")
    namespace: ShortMachineText | None = Field(default=None, alias="Namespace")
    dimensions: Any = Field(default=None, alias="Dimensions")


class CloudWatchAlarm(AlertModel):
    name: ThingName = Field(alias="AlarmName")
    account: ShortMachineText = Field(default="", alias="AWSAccountId")
    region: ShortMachineText = Field(default="", alias="Region")
    state: str = Field(alias="NewStateValue")
    changed_at: str = Field(default="", alias="StateChangeTime")
    reason: MachineRemark = Field(default="", alias="NewStateReason")
    trigger: AlarmTrigger | None = Field(default=None, alias="Trigger")


def read_sns_notification(document: Any, defaults: Mapping[str, str], now: datetime) -> Sequence[StateReport]:
    """Read what SNS delivers; `defaults` are labels that the address gives. Raise ValidationError or ValueError."""
    if isinstance(document, dict) and "AlarmName" in document:
        return _read_alarm(document, defaults, now)
    envelope = SnsEnvelope.model_validate(document)
    if envelope.kind == CONFIRMATION:
        return [_ask_for_confirmation(envelope, now)]
    return _read_alarm(_parse_message(envelope.message), defaults, now) if envelope.kind == NOTIFICATION else []


def _parse_message(message: str) -> Any:
    try:
        document = orjson.loads(message)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict) or "AlarmName" not in document:
        raise ValueError("Message: must be an alarm of CloudWatch as JSON; subscribe this address to no other topic")
    return document


def _read_alarm(document: Any, defaults: Mapping[str, str], now: datetime) -> Sequence[StateReport]:
    alarm = CloudWatchAlarm.model_validate(document)
    if alarm.state not in _STATES:
        return []
    identity = machine_labels([("account", alarm.account), ("region", alarm.region), ("alertname", alarm.name)])
    labels = {**defaults, **_trigger_labels(alarm.trigger), **identity}
    severity = labels.pop("severity", "")
    report = StateReport(
        identity=identity,
        labels=labels,
        state=_STATES[alarm.state],
        since=read_instant(alarm.changed_at, now, "StateChangeTime") if alarm.changed_at else now,
        is_in_time=not alarm.changed_at,
        text=alarm.reason,
        severity=severity,
    )
    return [report]


def _trigger_labels(trigger: AlarmTrigger | None) -> dict[str, str]:
    if trigger is None:
        return {}
    listed = trigger.dimensions if isinstance(trigger.dimensions, list) else []
    dimensions = [(part.get("name", ""), part.get("value", "")) for part in listed if isinstance(part, dict)]
    return machine_labels([*dimensions, ("metric", trigger.metric), ("namespace", trigger.namespace)])


def _ask_for_confirmation(envelope: SnsEnvelope, now: datetime) -> StateReport:
    """Return a report whose alert shows the link until it is of no use any more. It concerns no service."""
    if not CONFIRMATION_ADDRESS.fullmatch(envelope.confirmation):
        raise ValueError("SubscribeURL: must be an address of SNS, as https://sns.eu-central-1.amazonaws.com/…")
    labels = {"alertname": "Subscription to confirm", "topic": envelope.topic}
    return StateReport(
        identity=labels,
        labels=labels,
        state=ThingState.DEGRADED,
        since=now,
        is_in_time=True,
        text="Amazon SNS delivers this topic once somebody who owns it has opened the link.",
        link=envelope.confirmation,
        severity="info",
        expires_at=now + CONFIRMATION_LIFETIME,
    )
