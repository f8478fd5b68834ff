"""The webhook notifications of Alertmanager (version 4) and Grafana (version 1): an invalid alert is refused alone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from common.dates import EARLIEST_INSTANT, MAX_CLOCK_SKEW
from common.http.validation_messages import first_validation_error
from common.views import Instant, LongMachineText, Written
from sla.alerts.alert_documents import MAX_LABELS, AlertModel, AlertTexts, parse_each, parse_json
from sla.alerts.errors import AlertsUnreadable
from sla.alerts.reports import ReportedAlert

NO_END = datetime(1, 1, 1, tzinfo=UTC)
"""What Alertmanager writes instead of an end that is not known."""
MAX_ALERTS = 10_000
VALUES_ANNOTATION = "__value_string__"
"""The annotation in which Grafana itself keeps the values for which an alert fired."""

LINKS = ("generator", "dashboard", "panel", "silence", "image")


class AlertState(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


def _latest_instant(info: ValidationInfo) -> datetime:
    now: datetime = (info.context or {})["now"]
    return now + MAX_CLOCK_SKEW


class WebhookAlert(AlertModel):
    """An alert as Alertmanager sends it; repeats of it have the same fingerprint and start."""

    status: AlertState
    labels: AlertTexts
    annotations: AlertTexts = Field(default_factory=dict)
    starts_at: Instant = Field(alias="startsAt")
    written_end: Instant = Field(default=NO_END, alias="endsAt", validate_default=True)
    """Its end when it is resolved. While it fires Alertmanager has none, and others may say until when they know so."""
    fingerprint: Annotated[str, Written(r"^[0-9a-f]{1,64}$", "must be 1 to 64 lower-case hexadecimal digits")]
    """The hash of its labels."""
    generator: LongMachineText = Field(default="", alias="generatorURL")
    dashboard: LongMachineText = Field(default="", alias="dashboardURL")
    panel: LongMachineText = Field(default="", alias="panelURL")
    silence: LongMachineText = Field(default="", alias="silenceURL")
    image: LongMachineText = Field(default="", alias="imageURL")
    value_string: LongMachineText = Field(default="", alias="valueString")
    """By older versions of Grafana; newer ones send `values`."""
    values: Annotated[dict[str, float | None], Field(max_length=MAX_LABELS)] | None = None

    @field_validator("generator", "dashboard", "panel", "silence", "image", "value_string", "values", mode="wrap")
    @classmethod
    def _drop_unreadable(cls, value: Any, parse: ValidatorFunctionWrapHandler) -> Any:
        """Leave out what explains an alert but cannot be read: no alert is lost for it."""
        try:
            return parse(value)
        except ValidationError:
            return ""

    @field_validator("starts_at")
    @classmethod
    def _has_started(cls, starts_at: datetime, info: ValidationInfo) -> datetime:
        if not EARLIEST_INSTANT <= starts_at <= _latest_instant(info):
            raise ValueError("is more than 10 minutes ahead, or before the year 2000")
        return starts_at.astimezone(UTC)

    @field_validator("written_end")
    @classmethod
    def _has_ended(cls, end: datetime, info: ValidationInfo) -> datetime:
        if info.data.get("status") is not AlertState.RESOLVED:
            return end
        if not info.data.get("starts_at", end) <= end <= _latest_instant(info):
            raise ValueError("is before startsAt, missing, or more than 10 minutes ahead")
        return end.astimezone(UTC)

    def to_report(self) -> ReportedAlert:
        is_firing, end = self.status is AlertState.FIRING, self.written_end
        values = self.value_string or ", ".join(f"{name}={value}" for name, value in (self.values or {}).items())
        return ReportedAlert(
            fingerprint=self.fingerprint,
            labels=self.labels,
            annotations=({VALUES_ANNOTATION: values} if values else {}) | self.annotations,
            links={name: link for name in LINKS if (link := getattr(self, name))},
            starts_at=self.starts_at,
            ends_at=None if is_firing else end,
            fires_until=end if is_firing and end > self.starts_at else None,
        )


class WebhookNotification(AlertModel):
    version: Literal["4", "1"]
    """Alertmanager's own is 4, Grafana's is 1."""
    alerts: Annotated[list[Any], Field(max_length=MAX_ALERTS)]
    truncated: Annotated[int, Field(ge=0)] = Field(default=0, alias="truncatedAlerts")
    """How many alerts the sender itself left out, for its `max_alerts`."""

    @property
    def source(self) -> str:
        return "grafana" if self.version == "1" else "alertmanager"


def notification_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body, without references."""
    schema, alert = WebhookNotification.model_json_schema(), WebhookAlert.model_json_schema()
    alert["properties"]["status"] = alert.pop("$defs")[AlertState.__name__]
    schema["properties"]["alerts"]["items"] = alert
    return schema


def parse_notification(body: bytes) -> WebhookNotification:
    """Parse a notification, except for its alerts. Raise AlertsUnreadable when the body is none."""
    try:
        return WebhookNotification.model_validate(parse_json(body))
    except ValidationError as error:
        field, reason = first_validation_error(error)
        raise AlertsUnreadable(reason, field=field) from None


def parse_alerts(documents: Sequence[Any], now: datetime) -> tuple[list[ReportedAlert], list[str]]:
    def parse(document: Any) -> ReportedAlert:
        return WebhookAlert.model_validate(document, context={"now": now}).to_report()

    reports, refusals = parse_each(enumerate(documents), parse, "alerts")
    return list(reports.values()), refusals
