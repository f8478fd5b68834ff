"""The webhook notifications of Alertmanager (version 4), parsed alert by alert: an invalid one is refused alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from common.views import Instant, first_validation_error
from sla.alerts.errors import AlertsUnreadable
from sla.incidents.alert import Alert, AlertState

NO_END = datetime(1, 1, 1, tzinfo=UTC)
"""What Alertmanager writes instead of an end that is not known."""
EARLIEST_START = datetime(2000, 1, 1, tzinfo=UTC)
MAX_CLOCK_SKEW = timedelta(minutes=10)
"""How far a sender's clock may be ahead of ours."""
MAX_ALERTS = 10_000


def _check_no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds U+0000")
    return text


_Value = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_check_no_nul)]
_Texts = Annotated[dict[Annotated[_Value, StringConstraints(max_length=200)], _Value], Field(max_length=200)]


class _WebhookModel(BaseModel):
    """A part of a notification; fields that later versions add are ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class WebhookAlert(_WebhookModel):
    status: AlertState
    labels: _Texts
    annotations: _Texts = Field(default_factory=dict)
    startsAt: Instant  # noqa: N815 - the names are Alertmanager's
    endsAt: Instant = NO_END  # noqa: N815
    fingerprint: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,64}$")]


class WebhookNotification(_WebhookModel):
    version: Literal["4"]
    alerts: Annotated[list[Any], Field(max_length=MAX_ALERTS)]
    truncatedAlerts: Annotated[int, Field(ge=0)] = 0  # noqa: N815


def notification_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body, without references."""
    schema, alert = WebhookNotification.model_json_schema(), WebhookAlert.model_json_schema()
    alert["properties"]["status"] = alert.pop("$defs")[AlertState.__name__]
    schema["properties"]["alerts"]["items"] = alert
    return schema


@dataclass(frozen=True, slots=True)
class ParsedNotification:
    alerts: Sequence[Alert]
    refusals: Sequence[str]
    """Each names the alert's place and field, and what is wrong."""
    truncated: int
    """How many alerts Alertmanager itself left out, for its `max_alerts`."""


def parse_notification(body: bytes, now: datetime) -> ParsedNotification:
    """Parse a notification. Raise AlertsUnreadable when the body is none."""
    try:
        notification = WebhookNotification.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise AlertsUnreadable("The body is not JSON in UTF-8.") from None
    except ValidationError as error:
        field, reason = first_validation_error(error)
        raise AlertsUnreadable(reason, field=field) from None
    alerts, refusals = [], []
    for place, document in enumerate(notification.alerts):
        try:
            alerts.append(_parse_alert(WebhookAlert.model_validate(document), now))
        except ValidationError as error:
            field, reason = first_validation_error(error)
            refusals.append(f"alerts[{place}].{field}: {reason}")
        except _UntimelyAlert as error:
            refusals.append(f"alerts[{place}].{error}")
    return ParsedNotification(alerts, refusals, notification.truncatedAlerts)


class _UntimelyAlert(ValueError):
    """The field of an alert that holds an impossible time, and the problem with it."""


def _parse_alert(alert: WebhookAlert, now: datetime) -> Alert:
    is_resolved = alert.status is AlertState.RESOLVED
    if not EARLIEST_START <= alert.startsAt <= now + MAX_CLOCK_SKEW:
        raise _UntimelyAlert("startsAt: is more than 10 minutes ahead, or before the year 2000")
    if is_resolved and not alert.startsAt <= alert.endsAt <= now + MAX_CLOCK_SKEW:
        raise _UntimelyAlert("endsAt: is before startsAt, missing, or more than 10 minutes ahead")
    starts_at, ends_at = alert.startsAt.astimezone(UTC), alert.endsAt.astimezone(UTC) if is_resolved else None
    return Alert(alert.fingerprint, starts_at, ends_at, alert.status, alert.labels, alert.annotations)
