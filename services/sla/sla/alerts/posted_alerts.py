"""Alerts as rulers post them to Alertmanager (its API v2): Prometheus, vmalert, the rulers of Mimir and Loki."""

# Alertmanager's rules: an alert without a start begins now, or when it ends; one without an end expires after a time
# in which it is not posted again; labels without a value are none; and labels alone tell alerts apart.

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, PrivateAttr, field_validator

from common.dates import EARLIEST_INSTANT, MAX_CLOCK_SKEW
from common.views import Instant, LongMachineText
from sla.alerts.alert_documents import AlertModel, AlertTexts, parse_each, parse_json
from sla.alerts.alertmanager_webhook import MAX_ALERTS, NO_END
from sla.alerts.errors import AlertsUnreadable
from sla.alerts.reports import ReportedAlert

RESOLVE_TIMEOUT = timedelta(minutes=5)
"""Alertmanager's own default."""
_FNV_OFFSET, _FNV_PRIME, _FNV_MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


class PostedAlert(AlertModel):
    labels: AlertTexts
    annotations: AlertTexts = Field(default_factory=dict)
    starts_at: Instant = Field(default=NO_END, alias="startsAt")
    ends_at: Instant = Field(default=NO_END, alias="endsAt")
    """Until when it is known to fire; in the past, when it is over."""
    generator: LongMachineText = Field(default="", alias="generatorURL")

    _fingerprint: str = PrivateAttr()

    @field_validator("labels")
    @classmethod
    def _drop_empty(cls, labels: dict[str, str]) -> dict[str, str]:
        labels = {name: value for name, value in labels.items() if value}
        if not labels:
            raise ValueError("at least one label has a value")
        return labels

    def model_post_init(self, _context: Any) -> None:
        self._fingerprint = compute_fingerprint(self.labels)

    def to_report(self, now: datetime) -> ReportedAlert:
        """Raise ValueError if its times are impossible."""
        expires_at = now + RESOLVE_TIMEOUT if self.ends_at == NO_END else self.ends_at.astimezone(UTC)
        starts_at = min(now, expires_at) if self.starts_at == NO_END else self.starts_at.astimezone(UTC)
        if not EARLIEST_INSTANT <= starts_at <= now + MAX_CLOCK_SKEW:
            raise ValueError("startsAt: is more than 10 minutes ahead, or before the year 2000")
        if expires_at < starts_at:
            raise ValueError("endsAt: is before startsAt")
        return ReportedAlert(
            fingerprint=self._fingerprint,
            labels=self.labels,
            annotations={name: value for name, value in self.annotations.items() if value},
            links={"generator": self.generator} if self.generator else {},
            starts_at=starts_at,
            ends_at=expires_at if expires_at <= now else None,
            expires_at=expires_at if expires_at > now else None,
        )


def posted_alerts_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body, without references."""
    return {"type": "array", "maxItems": MAX_ALERTS, "items": PostedAlert.model_json_schema()}


def compute_fingerprint(labels: Mapping[str, str]) -> str:
    """Compute the hash of labels as Alertmanager does: FNV-1a over names and values in the order of the names."""
    fingerprint = _FNV_OFFSET
    for text in (text for pair in sorted(labels.items()) for text in pair):
        for byte in (*text.encode(), 0xFF):
            fingerprint = ((fingerprint ^ byte) * _FNV_PRIME) & _FNV_MASK
    return f"{fingerprint:016x}"


def parse_posted_alerts(body: bytes) -> tuple[dict[int, PostedAlert], list[str]]:
    """Parse the alerts of a post, by their places; refusals name the invalid ones. Raise AlertsUnreadable."""
    documents = parse_json(body)
    if not isinstance(documents, list) or len(documents) > MAX_ALERTS:
        raise AlertsUnreadable(f"must be an array of at most {MAX_ALERTS} alerts", field="body")
    return parse_each(enumerate(documents), PostedAlert.model_validate, "")


def build_reports(alerts: Mapping[int, PostedAlert], now: datetime) -> tuple[list[ReportedAlert], list[str]]:
    reports, refusals = parse_each(alerts.items(), lambda alert: alert.to_report(now), "")
    return list(reports.values()), refusals
