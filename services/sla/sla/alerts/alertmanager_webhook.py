"""What Alertmanager sends to a webhook (version 4), read alert by alert: one that is wrong spoils no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from common.errors import Malformed
from common.views import Instant
from sla.incidents.alert import Alert, AlertState

NO_END = datetime(1, 1, 1, tzinfo=UTC)
"""What Alertmanager writes for none."""
EARLIEST_START = datetime(2000, 1, 1, tzinfo=UTC)
MAX_CLOCK_SKEW = timedelta(minutes=10)
"""How far a sender's clock may be ahead of ours."""
MAX_ALERTS = 10_000
"""Alerts of one notification."""


class AlertsUnreadable(Malformed, slug="alerts-unreadable"):
    """The body is a notification of Alertmanager in version 4, as JSON."""


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds U+0000")
    return text


_Value = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_no_nul)]
_Texts = Annotated[dict[Annotated[_Value, StringConstraints(max_length=200)], _Value], Field(max_length=200)]


class _Sent(BaseModel):
    """Fields that later versions add are none of our business."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class WebhookAlert(_Sent):
    status: AlertState
    labels: _Texts
    annotations: _Texts = Field(default_factory=dict)
    startsAt: Instant  # noqa: N815 - the names are Alertmanager's
    endsAt: Instant = NO_END  # noqa: N815
    fingerprint: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,64}$")]


class WebhookNotification(_Sent):
    version: Literal["4"]
    alerts: Annotated[list[Any], Field(max_length=MAX_ALERTS)]
    truncatedAlerts: Annotated[int, Field(ge=0)] = 0  # noqa: N815


def notification_schema() -> dict[str, Any]:
    """JSON Schema of the body, in one piece."""
    whole, alert = WebhookNotification.model_json_schema(), WebhookAlert.model_json_schema()
    alert["properties"]["status"] = alert.pop("$defs")[AlertState.__name__]
    whole["properties"]["alerts"]["items"] = alert
    return whole


@dataclass(frozen=True, slots=True)
class ParsedNotification:
    alerts: Sequence[Alert]
    refusals: Sequence[str]
    """Each names the alert's place and field, and what is wrong."""
    truncated: int
    """By Alertmanager itself, for its `max_alerts`."""


def parse_notification(body: bytes, now: datetime) -> ParsedNotification:
    """Raise AlertsUnreadable when the notification itself is none."""
    try:
        document = WebhookNotification.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise AlertsUnreadable("The body is not JSON in UTF-8.") from None
    except ValidationError as error:
        field, why = _first(error)
        raise AlertsUnreadable(why, field=field) from None
    alerts, refused = [], []
    for place, sent in enumerate(document.alerts):
        try:
            alerts.append(_alert(WebhookAlert.model_validate(sent), now))
        except ValidationError as error:
            field, why = _first(error)
            refused.append(f"alerts[{place}].{field}: {why}")
        except _Untimely as error:
            refused.append(f"alerts[{place}].{error}")
    return ParsedNotification(alerts, refused, document.truncatedAlerts)


class _Untimely(ValueError):
    """Field and what is wrong with it."""


def _alert(sent: WebhookAlert, now: datetime) -> Alert:
    over = sent.status is AlertState.RESOLVED
    if not EARLIEST_START <= sent.startsAt <= now + MAX_CLOCK_SKEW:
        raise _Untimely("startsAt: is more than 10 minutes ahead, or before the year 2000")
    if over and not sent.startsAt <= sent.endsAt <= now + MAX_CLOCK_SKEW:
        raise _Untimely("endsAt: is before startsAt, missing, or more than 10 minutes ahead")
    starts_at, ends_at = sent.startsAt.astimezone(UTC), sent.endsAt.astimezone(UTC) if over else None
    return Alert(sent.fingerprint, starts_at, ends_at, sent.status, sent.labels, sent.annotations)


def _first(error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_input=False, include_url=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{str(part)[:60]}" for part in first["loc"])
    return place.removeprefix(".") or "body", str(first["msg"]).removeprefix("Value error, ")
